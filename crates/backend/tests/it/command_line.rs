//! The command line: output, start, stop, exit codes, settings from flags and environment.

use std::fs;
use std::io::{self, BufRead as _, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use crate::support::program::{Serving, baton, folder, request, run, run_sql};

#[test]
fn serve_prints_where_it_is_when_it_is_ready_and_stops_on_sigterm() {
    let folder = folder();
    let mut server = Serving::start(folder.path());
    let answer =
        server.ask("GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    server.terminate();
    assert!(server.child.wait().expect("an end").success());
    let mut rest = String::new();
    server.out.read_to_string(&mut rest).expect("the rest");
    assert_eq!(rest, "open http://localhost:3000\n", "a second line, and nothing else");
}

#[test]
fn the_second_line_of_serve_has_the_origin_and_is_written_with_the_first() {
    let folder = folder();
    let origin = ["--origin", "https://login.example.com", "--trusted-proxies", "127.0.0.1"];
    let mut server = Serving::logging_to(folder.path(), &origin, Stdio::null());
    let mut line = String::new();
    server.out.read_line(&mut line).expect("a line");
    assert_eq!(line, "open https://login.example.com\n");
    drop(server);
    // Of a datagram socket, each write is a message of its own.
    let (out, its_end) = UnixDatagram::pair().expect("sockets");
    out.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    let mut command = baton(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::null());
    let child = command.stdout(OwnedFd::from(its_end)).spawn().expect("the program starts");
    drop(command);
    let mut server = Serving { child, address: String::new(), out: Box::new(io::empty()) };
    let mut written = [0; 512];
    let length = out.recv(&mut written).expect("a write");
    let written = std::str::from_utf8(&written[..length]).expect("UTF-8");
    let lines: Vec<&str> = written.lines().collect();
    let [first, "open http://localhost:3000"] = lines[..] else { panic!("{written:?}") };
    drop(out);
    server.address = first.trim_start_matches("listening on http://").to_owned();
    let live =
        server.ask("GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(live.starts_with("HTTP/1.1 200 OK\r\n"), "{live}");
}

#[test]
fn what_was_stored_survives_a_restart() {
    let folder = folder();
    let body = r#"{"email":"alice@example.com","password":"velvet otter under glass"}"#;
    let post = |path: &str, body: &str, more: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{more}\r\n{body}",
            body.len()
        )
    };
    let mut first = Serving::start(folder.path());
    let registered = first.ask(&post("/api/auth/register", body, ""));
    assert!(registered.starts_with("HTTP/1.1 201 Created\r\n"), "{registered}");
    let cookie = registered
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: __Host-Http-refresh="))
        .expect("a cookie");
    let ticket = cookie.split(';').next().expect("a value");
    first.terminate();
    first.child.wait().expect("an end");

    let second = Serving::start(folder.path());
    let refreshed = second.ask(&post(
        "/api/auth/refresh",
        "",
        &format!("cookie: __Host-Http-refresh={ticket}\r\n"),
    ));
    assert!(refreshed.starts_with("HTTP/1.1 200 OK\r\n"), "{refreshed}");
    let login = second.ask(&post("/api/auth/login", body, ""));
    assert!(login.starts_with("HTTP/1.1 200 OK\r\n"), "{login}");
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_line() {
    let folder = folder();
    for (arguments, named) in [
        (&["serve", "--listen", "nonsense"][..], "--listen"),
        (&["serve", "--access-token-seconds", "soon"], "--access-token-seconds"),
        (&["serve", "--database", "mysql://x"], "--database"),
        (&["serve", "--database", "sqlite:/nowhere/at/all.db"], "--database"),
        (&["serve", "--database", "postgres://u:hunter2@127.0.0.1:1/d"], "is it running"),
        (&["serve", "--nonsense"], "--nonsense"),
        (&["serve", "--limits", "some"], "--limits"),
        (&["serve", "--log", "=x="], "--log"),
        (&["nonsense"], "nonsense"),
    ] {
        let output = run(folder.path(), arguments);
        let text = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text.contains(named)
                && text.trim_end().lines().count() == 1
                && !text.contains("hunter2")
                && text.starts_with("baton: "),
            "{arguments:?}: {text}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_environment_counts_and_a_flag_counts_more() {
    let folder = folder();
    let with_env = |arguments: &[&str]| {
        let output = baton(folder.path())
            .env("BATON_LISTEN", "from-the-environment")
            .args(arguments)
            .output()
            .expect("the program runs");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(with_env(&["serve"]).contains("from-the-environment"));
    assert!(with_env(&["serve", "--listen", "from-the-flag"]).contains("from-the-flag"));
}

/// Environment files keep what a shell removes; see `crates/environment`.
#[test]
fn the_environment_is_cleaned_and_each_error_names_the_variable() {
    let folder = folder();
    let checked = |variables: &[(&str, &str)]| {
        let mut command = baton(folder.path());
        command.args(["check"]).envs(variables.iter().copied());
        String::from_utf8(command.output().expect("the program runs").stderr).expect("UTF-8")
    };
    let unset = checked(&[]);
    assert!(unset.contains("there is no such file"), "{unset}");
    let nothing: Vec<(&str, &str)> = VARIABLES.iter().map(|name| (*name, "")).collect();
    assert_eq!(checked(&nothing), unset);
    let lists = [("BATON_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16\r"), ("BATON_AUDIENCE", "a, b")];
    assert_eq!(checked(&lists), unset);
    for name in VARIABLES {
        for quoted in ["\"hunter2\"", "'hunter2'"] {
            let error = checked(&[(name, quoted)]);
            assert!(error.contains(name) && error.contains("quotation mark"), "{error}");
            assert!(!error.contains("hunter2") && error.lines().count() == 1, "{error}");
        }
    }
    let soon = checked(&[("BATON_REFRESH_IDLE_SECONDS", "soon")]);
    assert!(soon.starts_with("baton: --refresh-idle-seconds / BATON_REFRESH_IDLE_SECONDS: "));
    // A command ignores invalid variables that it does not use.
    let mut migrate = baton(folder.path());
    migrate.args(["migrate"]).env("BATON_ORIGIN", "'https://login.example'");
    assert!(migrate.status().expect("the program runs").success());
}

/// Every variable of `serve` and `check`.
const VARIABLES: [&str; 24] = [
    "BATON_LOG",
    "BATON_LOG_JSON",
    "BATON_LISTEN",
    "BATON_ORIGIN",
    "BATON_DATABASE",
    "BATON_KEYS",
    "BATON_MASTER_KEY",
    "BATON_MASTER_KEY_FILE",
    "BATON_ACCESS_TOKEN_SECONDS",
    "BATON_REFRESH_IDLE_SECONDS",
    "BATON_REFRESH_ABSOLUTE_SECONDS",
    "BATON_RECENT_LOGIN_SECONDS",
    "BATON_EVENT_RETENTION_SECONDS",
    "BATON_KEY_ROTATION_SECONDS",
    "BATON_JWKS_CACHE_SECONDS",
    "BATON_ON_NETWORK_CHANGE",
    "BATON_ON_DEVICE_CHANGE",
    "BATON_ON_IMPOSSIBLE_GAP",
    "BATON_TRUSTED_PROXIES",
    "BATON_AUDIENCE",
    "BATON_SITE",
    "BATON_LIMITS",
    "BATON_RATE_LIMIT",
    "BATON_MAX_CONNECTIONS",
];

#[test]
fn help_does_not_show_what_the_environment_holds() {
    let folder = folder();
    let output = baton(folder.path())
        .env("BATON_DATABASE", "postgres://u:secret@h/d")
        .args(["help", "serve"])
        .output();
    let help = String::from_utf8(output.expect("the program runs").stdout).expect("UTF-8");
    assert!(help.contains("BATON_DATABASE") && !help.contains("secret"), "{help}");
}

#[test]
fn a_port_in_use_is_named() {
    let folder = folder();
    let server = Serving::start(folder.path());
    let output = run(folder.path(), &["serve", "--listen", &server.address]);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        text.lines()
            .any(|line| line.starts_with("baton: --listen") && line.contains(&server.address)),
        "{text}"
    );
}

#[test]
fn migrate_prune_check_and_keys_list_say_what_they_did() {
    let folder = folder();
    let said = |arguments: &[&str]| {
        String::from_utf8(run(folder.path(), arguments).stdout).expect("UTF-8")
    };
    assert_eq!(said(&["migrate"]), "the schema is up to date\n");
    assert_eq!(
        said(&["prune"]),
        "removed 0 sessions that were long over\n\
         removed 0 records that were too old (events, failed logins, deleted accounts)\n"
    );
    // Neither command creates a key ring.
    for asks in [&["keys", "list"][..], &["check"]] {
        assert!(
            String::from_utf8(run(folder.path(), asks).stderr)
                .expect("UTF-8")
                .contains("no key ring yet")
        );
    }
    drop(Serving::start(folder.path()));
    let keys = said(&["keys", "list"]);
    let columns: Vec<Vec<&str>> =
        keys.lines().map(|line| line.split_whitespace().skip(1).take(3).collect()).collect();
    let signing = |purpose| vec![purpose, "active", "published"];
    let waiting = vec!["access", "pending", "published"];
    assert_eq!(columns, [signing("access"), waiting, signing("refresh")], "{keys}");
    // No site was built here: `check` reports it last.
    let check = run(folder.path(), &["check"]);
    assert!(String::from_utf8(check.stdout).expect("UTF-8").contains("storage        ok"));
    assert!(
        !check.status.success()
            && String::from_utf8(check.stderr).expect("UTF-8").contains("--site")
    );
}

/// Pruning by the retention limits that are given.
#[test]
fn prune_removes_what_is_long_over_and_says_how_much() {
    let folder = folder();
    let body = r#"{"email":"alice@example.com","password":"velvet otter under glass"}"#;
    let head = "POST /api/auth/register HTTP/1.1\r\nhost: localhost\r\nconnection: close";
    let length = body.len();
    let register = format!(
        "{head}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let server = Serving::start(folder.path());
    assert!(server.ask(&register).starts_with("HTTP/1.1 201 Created"));
    drop(server);
    let pruned = |flags: &[&str]| {
        let output = run(folder.path(), &[&["prune"], flags].concat());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(pruned(&[]).starts_with("removed 0 sessions"), "it is fresh");
    // Ages the rows, as if the week after the session's expiry had passed long ago.
    let database = folder.path().join("baton.db");
    let aged = "
        UPDATE sessions SET created_at = 1, accepted_at = 1,
                            id = CAST(x'010000000001' || substr(id, 7) AS BLOB);
        UPDATE events SET at = 1, id = CAST(x'010000000001' || substr(id, 7) AS BLOB);
        DELETE FROM refresh_days";
    run_sql(&database, aged);
    // No event is recent, so that pruning asks for confirmation.
    let said = pruned(&["--yes"]);
    assert!(
        said.starts_with("removed 1 sessions that were long over\nremoved 1 records"),
        "{said}"
    );
    assert!(pruned(&[]).starts_with("removed 0 sessions"), "once");
}

/// A running server notices rotated and revoked keys.
#[test]
fn keys_are_rotated_and_revoked_from_the_command_line() {
    let folder = folder();
    let _serving = Serving::start(folder.path());
    let said = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        (String::from_utf8(output.stdout).expect("UTF-8"), error)
    };
    let list = || said(&["keys", "list"]).0;
    let signing = list().split_whitespace().next().expect("a key").to_owned();
    let (rotated, _) = said(&["keys", "rotate"]);
    let next = rotated.split_whitespace().next().expect("a key").to_owned();
    assert!(rotated.contains(" is published, and used from 20"), "{rotated}");
    assert_eq!(said(&["keys", "rotate"]).0, rotated, "once more changes nothing");
    let (revoked, _) = said(&["keys", "revoke", &signing, "--yes"]);
    assert!(revoked.contains("services within 300 s"), "{revoked}");
    assert!(revoked.contains(&format!("{next} is in use")), "{revoked}");
    assert!(list().contains("revoked 20"), "{}", list());
    let by_its_old_name = said(&["keys", "retire", &signing, "--yes"]);
    assert!(by_its_old_name.1.contains("has been revoked already"));
    assert!(said(&["keys", "revoke", "nothing", "--yes"]).1.contains("`baton keys list` shows"));
    let (refresh, _) = said(&["keys", "rotate", "--purpose", "refresh"]);
    assert!(refresh.contains(" is published, and used from 20"), "{refresh}");
}

#[test]
fn services_are_added_listed_and_removed_from_the_command_line() {
    let folder = folder();
    let said = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        (String::from_utf8(output.stdout).expect("UTF-8"), error)
    };
    assert!(run(folder.path(), &["migrate"]).status.success());
    let add = &["services", "add", "notes", "--audience", "https://notes.example"];
    let (secret, log) = said(add);
    assert_eq!(secret.trim().len(), 43, "{secret}");
    assert!(!log.contains(secret.trim()));
    assert!(said(add).1.contains("there is a service \"notes\" already"));
    let (list, _) = said(&["services", "list"]);
    assert!(list.starts_with("notes ") && list.trim_end().ends_with("https://notes.example"));
    assert!(said(&["services", "remove", "notes", "--yes"]).0.contains("removed notes"));
    assert!(said(&["services", "remove", "notes", "--yes"]).1.contains("`baton services list`"));
    let bad = said(&["services", "add", "No Tes", "--audience", "x"]).1;
    assert!(bad.contains("is no id of a service"), "{bad}");
    assert!(said(&["services", "add", "notes", "--audience", ""]).1.contains("--audience"));
}

#[test]
fn native_clients_are_added_listed_and_removed_from_the_command_line() {
    let folder = folder();
    let said = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        (String::from_utf8(output.stdout).expect("UTF-8"), error)
    };
    assert!(run(folder.path(), &["migrate"]).status.success());
    let add = &["clients", "add", "todo", "--name", "To do"];
    assert_eq!(said(add).0, "added todo: it may log users in at /api/native/login\n");
    assert!(said(add).1.contains("the id \"todo\" is taken"));
    assert!(said(&["clients", "add", "mail"]).0.starts_with("added mail"));
    let (list, _) = said(&["clients", "list"]);
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("mail ") && lines[0].ends_with('Z'), "{list}");
    assert!(lines[1].starts_with("todo ") && lines[1].ends_with("Z  To do"), "{list}");
    let remove = &["clients", "remove", "todo", "--yes"];
    assert_eq!(said(remove).0, "removed todo, and revoked 0 sessions\n");
    assert!(said(remove).1.contains("`baton clients list`"));
    assert!(said(&["clients", "add", "To do"]).1.contains("is no id of a client"));
    assert!(said(&["clients", "add", "todo", "--name", "a\nb"]).1.contains("--name"));
}

/// As after a removal that stopped half way.
#[test]
fn a_removal_is_repeated_for_the_sessions_that_it_has_left() {
    let folder = folder();
    let post = |path: &str, body: &str| request("POST", path, &[], body);
    assert!(run(folder.path(), &["migrate"]).status.success());
    assert!(run(folder.path(), &["clients", "add", "todo"]).status.success());
    let mut server = Serving::start(folder.path());
    let user = r#""email":"alice@example.com","password":"velvet otter under glass""#;
    let registered = server.ask(&post("/api/auth/register", &format!("{{{user}}}")));
    assert!(registered.starts_with("HTTP/1.1 201 Created\r\n"), "{registered}");
    let body = format!(r#"{{"client_id":"todo",{user}}}"#);
    let login = server.ask(&post("/api/native/login", &body));
    assert!(login.starts_with("HTTP/1.1 200 OK\r\n"), "{login}");
    server.terminate();
    server.child.wait().expect("an end");
    run_sql(&folder.path().join("baton.db"), "DELETE FROM clients WHERE id = 'todo'");

    let remove = || run(folder.path(), &["clients", "remove", "todo", "--yes"]);
    let again = String::from_utf8(remove().stdout).expect("UTF-8");
    assert_eq!(again, "todo was removed before; revoked 1 sessions\n");
    let unknown = String::from_utf8(remove().stderr).expect("UTF-8");
    assert!(unknown.contains("`baton clients list`"), "{unknown}");
}

#[test]
fn help_lists_every_flag_and_environment_name_of_the_contract() {
    let folder = folder();
    let help = String::from_utf8(run(folder.path(), &["help"]).stdout).expect("UTF-8");
    for name in [
        "--listen",
        "BATON_LISTEN",
        "--origin",
        "BATON_ORIGIN",
        "--database",
        "BATON_DATABASE",
        "--keys",
        "BATON_KEYS",
        "--master-key-file",
        "BATON_MASTER_KEY",
        "--key-rotation-seconds",
        "--jwks-cache-seconds",
        "--access-token-seconds",
        "--refresh-idle-seconds",
        "--refresh-absolute-seconds",
        "--event-retention-seconds",
        "BATON_EVENT_RETENTION_SECONDS",
        "--trusted-proxies",
        "--audience",
        "--site",
        "BATON_SITE",
        "--limits",
        "--rate-limit",
        "BATON_RATE_LIMIT",
        "--max-connections",
        "BATON_MAX_CONNECTIONS",
        "--new-database",
        "--yes",
    ] {
        assert!(help.contains(name), "{name}");
    }
}

#[test]
fn a_database_file_is_made_where_it_was_asked_for() {
    let folder = folder();
    assert!(run(folder.path(), &["migrate", "--database", "sqlite:here.db"]).status.success());
    assert!(fs::exists(folder.path().join("here.db")).expect("the folder"));
}
