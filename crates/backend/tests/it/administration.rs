//! The administration commands, run beside a live server: users, sessions, revocation.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::PASSWORD;
use crate::support::program::{Serving, baton, folder, request, run, run_with_input};

/// A running server must notice another process's revocation within this time.
const LAG: Duration = Duration::from_secs(1);

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[track_caller]
fn assert_refused(output: &Output, named: &str) {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(last.starts_with("baton: ") && last.contains(named), "{text}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

/// A folder with a migrated database and no users.
fn prepared() -> TempDir {
    let folder = folder();
    said(&run(folder.path(), &["migrate"]));
    folder
}

fn add(folder: &Path, name: &str) -> Output {
    let email = format!("{name}@example.com");
    run_with_input(folder, &["users", "add", &email, "--name", name], &format!("{PASSWORD}\n"))
}

fn login(server: &Serving, name: &str) -> String {
    let body = format!(r#"{{"email":"{name}@example.com","password":"{PASSWORD}"}}"#);
    server.ask(&request("POST", "/api/auth/login", &[], &body))
}

fn access_token(answer: &str) -> String {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    body["access_token"].as_str().expect("a token").to_owned()
}

/// A call that needs only an access token and does not read its session.
fn call(server: &Serving, token: &str) -> String {
    let bearer = format!("Bearer {token}");
    server.ask(&request("GET", "/api/events", &[("authorization", &bearer)], ""))
}

#[expect(clippy::disallowed_methods, reason = "the program runs by the machine's clock")]
fn refused_within(limit: Duration, server: &Serving, token: &str) -> String {
    let begun = Instant::now();
    loop {
        // Taken before the call: a test that was scheduled late must not fail.
        let is_late = begun.elapsed() > limit;
        let answer = call(server, token);
        if answer.starts_with("HTTP/1.1 401 ") {
            return answer;
        }
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(!is_late, "the token is still accepted");
    }
}

#[test]
fn a_user_is_added_with_a_password_that_is_no_argument() {
    let folder = prepared();
    let added = said(&add(folder.path(), "alice"));
    assert!(added.starts_with("added alice@example.com as "), "{added}");
    let server = Serving::start(folder.path());
    assert!(login(&server, "alice").starts_with("HTTP/1.1 200 OK\r\n"));
    // The rules of registration hold here, too.
    assert_refused(&add(folder.path(), "alice"), "a user has this address already");
    let short = run_with_input(folder.path(), &["users", "add", "bob@example.com"], "short\n");
    assert_refused(&short, "password: ");
    let malformed = run_with_input(folder.path(), &["users", "add", "bob"], PASSWORD);
    assert_refused(&malformed, "email: ");
    let silent = run_with_input(folder.path(), &["users", "add", "bob@example.com"], "");
    assert_refused(&silent, "standard input");
    let argument = ["users", "add", "bob@example.com", PASSWORD];
    assert_refused(&run_with_input(folder.path(), &argument, ""), "unexpected argument");
}

#[test]
fn users_are_listed_one_on_each_line_and_found_however_they_are_written() {
    let folder = prepared();
    assert_eq!(said(&run(folder.path(), &["users", "list"])), "");
    for name in ["alice", "bob"] {
        said(&add(folder.path(), name));
    }
    let disabled = run(folder.path(), &["users", "disable", " BOB@Example.com"]);
    assert_eq!(said(&disabled), "disabled bob@example.com, and revoked 0 sessions\n");
    let list = said(&run(folder.path(), &["users", "list"]));
    let mut lines: Vec<Vec<&str>> =
        list.lines().map(|line| line.split_whitespace().collect()).collect();
    // Users of the same second have no defined order.
    lines.sort_by_key(|line| line[4]);
    let seen: Vec<_> = lines.iter().map(|line| [line[1], line[3], line[4]]).collect();
    let expected =
        [["enabled", "alice@example.com", "alice"], ["disabled", "bob@example.com", "bob"]];
    assert_eq!(seen, expected);
    assert!(lines.iter().all(|line| line[0].len() == 36 && line[2].ends_with('Z')), "{list}");
    for command in
        [&["users", "disable"][..], &["users", "enable"], &["sessions", "revoke", "--user"]]
    {
        let unknown = [command, &["carol@example.com"]].concat();
        assert_refused(&run(folder.path(), &unknown), "baton users list");
    }
}

/// A leading hyphen is no flag: otherwise a user could register an address that no command can disable.
#[test]
fn whatever_is_named_may_begin_with_a_hyphen() {
    let folder = prepared();
    let path = folder.path();
    for name in ["-yes", "--yes", "-h"] {
        said(&run_with_input(path, &["users", "add", &format!("{name}@example.com")], PASSWORD));
    }
    let email = "--yes@example.com";
    assert!(said(&run(path, &["users", "disable", email])).starts_with("disabled --yes@"));
    assert!(said(&run(path, &["users", "enable", "-h@example.com"])).starts_with("enabled -h@"));
    assert!(said(&run(path, &["sessions", "revoke", "--user", email])).contains(email));
    assert_eq!(said(&run(path, &["sessions", "list", "--user", "-yes@example.com"])), "");
    said(&run(path, &["services", "add", "-notes", "--audience", "https://notes.example"]));
    assert!(said(&run(path, &["services", "remove", "-notes", "--yes"])).contains("-notes"));
    drop(Serving::start(path));
    let unknown = run(path, &["keys", "revoke", "-unknown", "--yes"]);
    assert_refused(&unknown, "the ring holds no key \"-unknown\"");
}

/// ASVS 5.0.0 V7.4.2: disabling a user revokes all of the user's sessions.
#[test]
fn a_running_server_notices_within_a_second_that_a_user_was_disabled() {
    let folder = prepared();
    said(&add(folder.path(), "alice"));
    let server = Serving::start(folder.path());
    let token = access_token(&login(&server, "alice"));
    assert!(call(&server, &token).starts_with("HTTP/1.1 200 "));

    let disabled = said(&run(folder.path(), &["users", "disable", "alice@example.com"]));
    assert_eq!(disabled, "disabled alice@example.com, and revoked 1 sessions\n");
    let refused = refused_within(LAG, &server, &token);
    assert!(refused.contains(r#""ended_because":"disabled""#), "{refused}");
    assert!(login(&server, "alice").starts_with("HTTP/1.1 401 "));

    let enabled = said(&run(folder.path(), &["users", "enable", "alice@example.com"]));
    assert_eq!(enabled, "enabled alice@example.com\n");
    let again = access_token(&login(&server, "alice"));
    let events = call(&server, &again);
    assert!(events.contains(r#""kind":"disabled""#) && events.contains(r#""kind":"enabled""#));
    // Enabling the user restores no revoked session.
    assert!(call(&server, &token).starts_with("HTTP/1.1 401 "));
}

/// ASVS 5.0.0 V7.4.5: an administrator revokes the sessions of one user or of all users.
#[test]
fn a_running_server_notices_within_a_second_that_sessions_were_revoked() {
    let folder = prepared();
    for name in ["alice", "bob"] {
        said(&add(folder.path(), name));
    }
    let server = Serving::start(folder.path());
    let tokens = ["alice", "alice", "bob"].map(|name| access_token(&login(&server, name)));
    let list = said(&run(folder.path(), &["sessions", "list", "--user", "alice@example.com"]));
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.lines().all(|line| line.matches('Z').count() >= 3), "{list}");

    let ended = run(folder.path(), &["sessions", "revoke", "--user", "alice@example.com"]);
    assert_eq!(said(&ended), "revoked 2 sessions of alice@example.com\n");
    for token in &tokens[..2] {
        let refused = refused_within(LAG, &server, token);
        assert!(refused.contains(r#""ended_because":"administrator""#), "{refused}");
    }
    assert!(call(&server, &tokens[2]).starts_with("HTTP/1.1 200 "));
    assert_eq!(said(&run(folder.path(), &["sessions", "list", "--user", "alice@example.com"])), "");

    let again = access_token(&login(&server, "alice"));
    let all = run(folder.path(), &["sessions", "revoke", "--all", "--yes"]);
    assert_eq!(said(&all), "revoked 2 sessions of all users\n");
    for token in [&tokens[2], &again] {
        refused_within(LAG, &server, token);
    }
    let events = call(&server, &access_token(&login(&server, "bob")));
    assert_eq!(events.matches(r#""kind":"session_ended""#).count(), 1, "{events}");
    // `--all` or `--user`, and exactly one of them.
    assert_refused(&run(folder.path(), &["sessions", "revoke"]), "--all");
    let both = ["sessions", "revoke", "--all", "--user", "alice@example.com"];
    assert_refused(&run(folder.path(), &both), "--all");
}

/// One line for each session, with its user.
#[test]
fn sessions_are_listed_of_one_user_or_of_all() {
    let folder = prepared();
    for name in ["alice", "bob", "carol"] {
        said(&add(folder.path(), name));
    }
    let server = Serving::start(folder.path());
    for name in ["alice", "bob", "alice"] {
        assert!(login(&server, name).starts_with("HTTP/1.1 200 OK\r\n"));
    }
    let list = |arguments: &[&str]| {
        said(&run(folder.path(), &[&["sessions", "list"], arguments].concat()))
    };
    let sorted = |list: &str| {
        let mut lines: Vec<String> = list.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    let [alices, bobs] =
        ["alice", "bob"].map(|name| list(&["--user", &format!("{name}@example.com")]));
    assert_eq!((alices.lines().count(), bobs.lines().count()), (2, 1), "{alices}{bobs}");
    for (lines, whose) in [(&alices, "alice@example.com"), (&bobs, "bob@example.com")] {
        for line in lines.lines() {
            let columns: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(
                (columns[0].len(), columns[4], columns[5]),
                (36, whose, "127.0.0.1"),
                "{line}"
            );
        }
    }
    assert_eq!(sorted(&list(&["--all"])), sorted(&(alices + &bobs)));

    // `revoke` by its old name.
    said(&run(folder.path(), &["sessions", "end", "--user", "alice@example.com"]));
    assert_eq!(list(&["--all"]), bobs);
    assert_eq!(list(&["--user", "carol@example.com"]), "");
    assert_refused(&run(folder.path(), &["sessions", "list"]), "--all");
    let both = ["sessions", "list", "--all", "--user", "alice@example.com"];
    assert_refused(&run(folder.path(), &both), "--all");
    let unknown = ["sessions", "list", "--user", "dave@example.com"];
    assert_refused(&run(folder.path(), &unknown), "baton users list");
}

#[test]
fn help_names_every_command_of_administration() {
    let folder = folder();
    let help = said(&baton(folder.path()).arg("help").output().expect("the program runs"));
    for name in [
        "keys list",
        "keys rotate",
        "keys revoke",
        "users add",
        "users list",
        "users disable",
        "users enable",
        "services add",
        "services list",
        "services remove",
        "sessions list",
        "sessions revoke",
    ] {
        assert!(help.contains(&format!("baton {name} ")), "{name}: {help}");
    }
}
