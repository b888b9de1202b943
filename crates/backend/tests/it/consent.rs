//! Destructive commands ask for confirmation: yes at a terminal, or `--yes` on the command line.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use shared::path;
use tempfile::TempDir;

use crate::support::program::{Serving, folder, request, run, run_sql, run_with_input};
use crate::support::terminal::run_at_terminal;
use crate::support::{PASSWORD, commands};

/// The leases of a file without a server for weeks, or as a machine sees them whose clock is weeks ahead.
const WEEKS_AGO: &str = "UPDATE lifetimes SET held_until = held_until - 40 * 86400";

const EVENT_OF_TEN_DAYS_AGO: &str = "INSERT INTO events (id, kind, at, browser, os, device_kind)
    SELECT unhex(printf('%012x', (unixepoch() - 10 * 86400) * 1000) || '70008000000000000000'),
           'logged_in', unixepoch() - 10 * 86400, 'x', 'x', 'unknown'";

/// A folder with a database, a session, a service, a native client, and two keys, one of which signs.
fn prepared() -> TempDir {
    let folder = folder();
    let server = Serving::start(folder.path());
    let body = json!({"email": "bob@example.com", "password": PASSWORD}).to_string();
    let registered = server.ask(&request("POST", path::REGISTER, &[], &body));
    assert!(registered.starts_with("HTTP/1.1 201 "), "{registered}");
    drop(server);
    let add = ["services", "add", "notes", "--audience", "https://notes.example"];
    assert!(run(folder.path(), &add).status.success());
    assert!(run(folder.path(), &["clients", "add", "todo"]).status.success());
    folder
}

/// The same, in a state in which every command that can ask does.
fn prepared_to_ask() -> TempDir {
    let folder = prepared();
    run_sql(&folder.path().join("baton.db"), WEEKS_AGO);
    folder
}

/// Every command that can ask, in an order in which none removes the object of the next.
fn that_ask(kid: &str) -> Vec<Vec<&str>> {
    let all = vec![
        vec!["prune"],
        vec!["sessions", "revoke", "--all"],
        vec!["keys", "revoke", kid],
        vec!["services", "remove", "notes"],
        vec!["clients", "remove", "todo"],
    ];
    let named: BTreeSet<_> = all.iter().map(|words| commands::name_of(words)).collect();
    assert_eq!(named, commands::that_ask(), "each that takes `--yes`");
    all
}

fn signing_key(folder: &Path) -> String {
    let keys = run(folder, &["keys", "list"]).stdout;
    let keys = String::from_utf8(keys).expect("UTF-8");
    keys.split_whitespace().next().expect("a key").to_owned()
}

/// The rows that are left of all that these commands can destroy.
fn state(folder: &Path) -> [String; 4] {
    let all = ["sessions", "list", "--all"];
    [&["keys", "list"][..], &["services", "list"], &["clients", "list"], &all]
        .map(|list| String::from_utf8(run(folder, list).stdout).expect("UTF-8"))
}

#[test]
fn without_a_terminal_nothing_is_destroyed_unless_the_command_line_says_yes() {
    let folder = prepared_to_ask();
    let (path, kid) = (folder.path(), signing_key(folder.path()));
    let before = state(path);
    for command in that_ask(&kid) {
        for input in ["", "yes\n"] {
            let refused = run_with_input(path, &command, input);
            let text = String::from_utf8(refused.stderr).expect("UTF-8");
            assert_eq!(refused.status.code(), Some(2), "{command:?}: {text}");
            let last = text.lines().last().unwrap_or_default();
            assert!(last.starts_with("baton: ") && last.contains("pass --yes"), "{text}");
            assert!(last.contains("baton.db"), "it says where: {text}");
            assert!(refused.stdout.is_empty());
        }
    }
    assert_eq!(state(path), before);
    for command in that_ask(&kid) {
        let done = run(path, &[command.as_slice(), &["--yes"]].concat());
        assert!(done.status.success(), "{command:?}: {done:?}");
    }
    assert_all_is_destroyed(path);
}

fn assert_all_is_destroyed(path: &Path) {
    let [keys, others @ ..] = state(path);
    let is_destroyed = keys.contains("revoked 20") && others.iter().all(String::is_empty);
    assert!(is_destroyed, "{keys}{others:?}");
}

#[test]
fn at_a_terminal_only_yes_is_yes() {
    let folder = prepared_to_ask();
    let (path, kid) = (folder.path(), signing_key(folder.path()));
    for command in that_ask(&kid) {
        let before = state(path);
        for typed in ["no\n", "y\n", "\n", "\u{4}"] {
            let refused = run_at_terminal(path, &command, typed);
            let text = String::from_utf8(refused.stderr).expect("UTF-8");
            assert_eq!(refused.status.code(), Some(2), "{command:?} {typed:?}: {text}");
            assert!(
                text.contains("Type yes to go on: ") && text.contains("nothing was changed"),
                "{command:?}: {text}"
            );
            assert!(refused.stdout.is_empty());
        }
        assert_eq!(state(path), before, "{command:?}");
        let done = run_at_terminal(path, &command, "Yes\n");
        assert!(done.status.success() && !done.stdout.is_empty(), "{command:?}: {done:?}");
    }
    assert_all_is_destroyed(path);
}

/// Ending one user's sessions is urgent in an emergency, and the user can log in again; pruning is run by schedulers.
#[test]
fn what_can_be_taken_back_or_is_routine_is_not_asked() {
    let folder = prepared();
    let path = folder.path();
    let add = ["users", "add", "alice@example.com"];
    assert!(run_with_input(path, &add, &format!("{PASSWORD}\n")).status.success());
    for command in [
        &["sessions", "revoke", "--user", "alice@example.com"][..],
        &["users", "disable", "alice@example.com"],
        &["users", "enable", "alice@example.com"],
        &["keys", "rotate"],
        &["prune"],
    ] {
        let done = run_with_input(path, command, "");
        assert!(done.status.success(), "{command:?}: {done:?}");
    }
}

/// The view of a machine whose clock is weeks ahead, on an engine without a clock of its own.
#[test]
fn pruning_asks_if_the_clock_is_not_near_the_time_a_server_last_worked() {
    let folder = prepared();
    for shift in [WEEKS_AGO, "UPDATE lifetimes SET held_until = held_until + 80 * 86400"] {
        run_sql(&folder.path().join("baton.db"), shift);
        let refused = run_with_input(folder.path(), &["prune"], "");
        let text = String::from_utf8(refused.stderr).expect("UTF-8");
        assert_eq!(refused.status.code(), Some(2), "{text}");
        assert!(text.contains("if the clock is wrong") && text.contains("pass --yes"), "{text}");
        assert!(run(folder.path(), &["prune", "--yes"]).status.success());
    }
}

/// A server that trusts a clock which was set ahead renews its leases by it, so the newest event counts, too.
#[test]
fn pruning_asks_if_nothing_has_happened_in_the_days_before() {
    let folder = prepared();
    run_sql(&folder.path().join("baton.db"), EVENT_OF_TEN_DAYS_AGO);
    let refused = run_with_input(folder.path(), &["prune"], "");
    let text = String::from_utf8(refused.stderr).expect("UTF-8");
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("if the clock is wrong") && text.contains("pass --yes"), "{text}");
    assert!(run(folder.path(), &["prune", "--yes"]).status.success());
}

/// A refresh leaves no event. Each day keeps the dates of its first and its last.
#[test]
fn pruning_does_not_ask_if_sessions_were_refreshed_in_the_days_before() {
    let folder = prepared();
    let file = folder.path().join("baton.db");
    run_sql(&file, EVENT_OF_TEN_DAYS_AGO);
    // As of a session that was refreshed before this time yesterday, and again after it.
    let refreshed = "UPDATE sessions SET accepted_at = unixepoch() - 87500;
        UPDATE sessions SET accepted_at = unixepoch() - 86000;
        UPDATE sessions SET accepted_at = unixepoch()";
    run_sql(&file, refreshed);
    let done = run_with_input(folder.path(), &["prune"], "");
    assert!(done.status.success(), "{done:?}");
}

/// A mistyped name is an error before the question.
#[test]
fn what_is_not_there_is_said_before_it_is_asked_about() {
    let folder = prepared();
    for (command, named) in [
        (["services", "remove", "nots"], "`baton services list` shows all"),
        (["clients", "remove", "tod"], "`baton clients list` shows all"),
        (["keys", "revoke", "nothing"], "`baton keys list` shows those it holds"),
    ] {
        let refused = run_at_terminal(folder.path(), &command, "");
        let text = String::from_utf8(refused.stderr).expect("UTF-8");
        assert!(text.contains(named) && !text.contains("Type yes"), "{text}");
    }
}
