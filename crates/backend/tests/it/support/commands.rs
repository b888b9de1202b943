//! The program's commands, from `clap`, so that a test of all commands omits none.

use std::collections::BTreeSet;

use backend::config::CommandLine;
use clap::{Command, CommandFactory as _};

/// Commands that do not need an existing database: the first two create one, `check` reports what would stop the
/// first.
const OTHERS: [&str; 3] = ["serve", "migrate", "check"];

/// Every command that needs an existing database. User, service and client are added by the first command about them,
/// the key is the caller's; users need a password on standard input.
pub(crate) fn on_a_database(kid: &str) -> Vec<Vec<&str>> {
    let commands = vec![
        vec!["users", "add", "carol@example.com"],
        vec!["users", "list"],
        vec!["users", "disable", "carol@example.com"],
        vec!["users", "enable", "carol@example.com"],
        vec!["sessions", "list", "--all"],
        vec!["sessions", "revoke", "--user", "carol@example.com"],
        vec!["sessions", "revoke", "--all", "--yes"],
        vec!["services", "add", "notes", "--audience", "https://notes.example"],
        vec!["services", "list"],
        vec!["services", "remove", "notes", "--yes"],
        vec!["clients", "add", "todo", "--name", "To do"],
        vec!["clients", "list"],
        vec!["clients", "remove", "todo", "--yes"],
        vec!["keys", "list"],
        vec!["keys", "rotate"],
        vec!["keys", "revoke", kid, "--yes"],
        vec!["prune"],
    ];
    let listed = commands.iter().map(|words| name_of(words)).chain(OTHERS.map(str::to_owned));
    assert_eq!(listed.collect::<BTreeSet<_>>(), names(|_| true), "a command is missing, or gone");
    commands
}

/// Commands that ask for confirmation before an irreversible change.
pub(crate) fn that_ask() -> BTreeSet<String> {
    names(|command| command.get_arguments().any(|argument| argument.get_long() == Some("yes")))
}

/// The name of the command that these words begin with, such as `users add` or `prune`.
pub(crate) fn name_of(words: &[&str]) -> String {
    let two = words[..words.len().min(2)].join(" ");
    if names(|_| true).contains(&two) { two } else { words[0].to_owned() }
}

/// The names of the commands that match.
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
