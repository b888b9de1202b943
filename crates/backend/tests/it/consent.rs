//! Commands that cannot be undone ask first: at a terminal, or the command line has to say yes.

use std::path::Path;

use tempfile::TempDir;

use crate::support::PASSWORD;
use crate::support::program::{Serving, folder, run, run_sql, run_with_input};
use crate::support::terminal::run_at_terminal;

/// A folder with a database, a service, and two keys, one of which signs.
fn prepared() -> TempDir {
    let folder = folder();
    drop(Serving::start(folder.path()));
    let add = ["services", "add", "notes", "--audience", "https://notes.example"];
    assert!(run(folder.path(), &add).status.success());
    folder
}

fn signing_key(folder: &Path) -> String {
    let keys = run(folder, &["keys", "list"]).stdout;
    let keys = String::from_utf8(keys).expect("UTF-8");
    keys.split_whitespace().next().expect("a key").to_owned()
}

/// What is left of all that could be destroyed.
fn state(folder: &Path) -> [String; 3] {
    [&["keys", "list"][..], &["services", "list"], &["sessions", "list", "--all"]]
        .map(|list| String::from_utf8(run(folder, list).stdout).expect("UTF-8"))
}

#[test]
fn without_a_terminal_nothing_is_destroyed_unless_the_command_line_says_yes() {
    let folder = prepared();
    let (path, kid) = (folder.path(), signing_key(folder.path()));
    let before = state(path);
    let destructive = [
        &["sessions", "end", "--all"][..],
        &["keys", "retire", &kid],
        &["services", "remove", "notes"],
    ];
    for command in destructive {
        for input in ["", "yes\n"] {
            let refused = run_with_input(path, command, input);
            let text = String::from_utf8(refused.stderr).expect("UTF-8");
            assert_eq!(refused.status.code(), Some(2), "{command:?}: {text}");
            let last = text.lines().last().unwrap_or_default();
            assert!(last.starts_with("baton: ") && last.contains("pass --yes"), "{text}");
            assert!(last.contains("baton.db"), "it says where: {text}");
            assert!(refused.stdout.is_empty());
        }
    }
    assert_eq!(state(path), before);
    for command in destructive {
        let done = run(path, &[command, &["--yes"]].concat());
        assert!(done.status.success(), "{command:?}: {done:?}");
    }
    let [keys, services, _] = state(path);
    assert!(keys.contains("retired 20") && services.is_empty(), "{keys}{services}");
}

#[test]
fn at_a_terminal_only_yes_is_yes() {
    let folder = prepared();
    let (path, before) = (folder.path(), state(folder.path()));
    let remove = ["services", "remove", "notes"];
    for typed in ["no\n", "y\n", "\n", "\u{4}"] {
        let refused = run_at_terminal(path, &remove, typed);
        let text = String::from_utf8(refused.stderr).expect("UTF-8");
        assert_eq!(refused.status.code(), Some(2), "{typed:?}: {text}");
        assert!(
            text.contains("Type yes to go on: ") && text.contains("nothing was changed"),
            "{text}"
        );
    }
    assert_eq!(state(path), before);
    let done = run_at_terminal(path, &remove, "Yes\n");
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        String::from_utf8(done.stdout).expect("UTF-8"),
        "removed notes: it may ask no more\n"
    );
    assert_eq!(state(path)[1], "");
}

/// One user's: in an emergency seconds count, and the user logs in again. Pruning: schedulers do it.
#[test]
fn what_can_be_taken_back_or_is_routine_is_not_asked() {
    let folder = prepared();
    let path = folder.path();
    let add = ["users", "add", "alice@example.com"];
    assert!(run_with_input(path, &add, &format!("{PASSWORD}\n")).status.success());
    for command in [
        &["sessions", "end", "--user", "alice@example.com"][..],
        &["users", "disable", "alice@example.com"],
        &["users", "enable", "alice@example.com"],
        &["keys", "rotate"],
        &["prune"],
    ] {
        let done = run_with_input(path, command, "");
        assert!(done.status.success(), "{command:?}: {done:?}");
    }
}

/// What a machine whose clock is weeks ahead would see, on an engine without a clock of its own.
#[test]
fn pruning_asks_if_the_clock_is_not_near_the_time_a_server_last_worked() {
    let folder = prepared();
    for shift in [
        "UPDATE lifetimes SET held_until = held_until - 40 * 86400",
        "UPDATE lifetimes SET held_until = held_until + 80 * 86400",
    ] {
        run_sql(&folder.path().join("baton.db"), shift);
        let refused = run_with_input(folder.path(), &["prune"], "");
        let text = String::from_utf8(refused.stderr).expect("UTF-8");
        assert_eq!(refused.status.code(), Some(2), "{text}");
        assert!(text.contains("if the clock is wrong") && text.contains("pass --yes"), "{text}");
        assert!(run(folder.path(), &["prune", "--yes"]).status.success());
    }
}

/// A server that believes a clock which was set ahead renews its leases by it.
#[test]
fn pruning_asks_if_nothing_has_happened_in_the_days_before() {
    let folder = prepared();
    let event = "INSERT INTO events (id, kind, at, browser, os, device_kind)
        SELECT unhex(printf('%012x', (unixepoch() - 10 * 86400) * 1000) || '70008000000000000000'),
               'logged_in', unixepoch() - 10 * 86400, 'x', 'x', 'unknown'";
    run_sql(&folder.path().join("baton.db"), event);
    let refused = run_with_input(folder.path(), &["prune"], "");
    let text = String::from_utf8(refused.stderr).expect("UTF-8");
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("if the clock is wrong") && text.contains("pass --yes"), "{text}");
    assert!(run(folder.path(), &["prune", "--yes"]).status.success());
}

/// A mistyped name is not asked about.
#[test]
fn what_is_not_there_is_said_before_it_is_asked_about() {
    let folder = prepared();
    for (command, named) in [
        (["services", "remove", "nots"], "`baton services list` shows all"),
        (["keys", "retire", "nothing"], "`baton keys list` shows those it holds"),
    ] {
        let refused = run_at_terminal(folder.path(), &command, "");
        let text = String::from_utf8(refused.stderr).expect("UTF-8");
        assert!(text.contains(named) && !text.contains("Type yes"), "{text}");
    }
}
