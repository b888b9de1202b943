//! The program's commands, by the names that `clap` has for them, so that a test which is about all of them leaves none
//! out. It must not run one.

use std::collections::BTreeSet;

use backend::config::CommandLine;
use clap::{Command, CommandFactory as _};

/// Those that are no work on a database that is there: the first two make one, `check` says what would stop the first.
const OTHERS: [&str; 3] = ["serve", "migrate", "check"];

/// Every command that works on a database it has not made. User and service are added by the first that is about them,
/// the key is the caller's; users need a password on standard input.
pub(crate) fn on_a_database(kid: &str) -> Vec<Vec<&str>> {
    let commands = vec![
        vec!["users", "add", "carol@example.com"],
        vec!["users", "list"],
        vec!["users", "disable", "carol@example.com"],
        vec!["users", "enable", "carol@example.com"],
        vec!["sessions", "list", "--all"],
        vec!["sessions", "end", "--user", "carol@example.com"],
        vec!["sessions", "end", "--all", "--yes"],
        vec!["services", "add", "notes", "--audience", "https://notes.example"],
        vec!["services", "list"],
        vec!["services", "remove", "notes", "--yes"],
        vec!["keys", "list"],
        vec!["keys", "rotate"],
        vec!["keys", "revoke", kid, "--yes"],
        vec!["prune"],
    ];
    let listed = commands.iter().map(|words| name_of(words)).chain(OTHERS.map(str::to_owned));
    assert_eq!(listed.collect::<BTreeSet<_>>(), names(|_| true), "a command is missing, or gone");
    commands
}

/// Those that ask before they do what cannot be undone.
pub(crate) fn that_ask() -> BTreeSet<String> {
    names(|command| command.get_arguments().any(|argument| argument.get_long() == Some("yes")))
}

/// The name of the command that these words begin with, such as `users add` or `prune`.
pub(crate) fn name_of(words: &[&str]) -> String {
    let two = words[..words.len().min(2)].join(" ");
    if names(|_| true).contains(&two) { two } else { words[0].to_owned() }
}

/// The names of those commands that are meant.
fn names(is_expected: impl Fn(&Command) -> bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for command in CommandLine::command().get_subcommands() {
        let name = command.get_name();
        if !command.has_subcommands() && is_expected(command) {
            names.insert(name.to_owned());
        }
        let below = command.get_subcommands().filter(|below| is_expected(below));
        names.extend(below.map(|below| format!("{name} {}", below.get_name())));
    }
    names
}
