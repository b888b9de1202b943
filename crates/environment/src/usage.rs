//! One-line errors that name a setting's flag and variable, never its value.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command};

/// A setting by both of its names: `--listen / BATON_LISTEN`.
pub(super) fn setting(argument: &Arg, variable: &OsStr) -> String {
    match argument.get_long() {
        Some(flag) => format!("--{flag} / {}", variable.to_string_lossy()),
        None => variable.to_string_lossy().into_owned(),
    }
}

/// `clap`'s message without its usage lines, prefixed with the settings it is about.
pub(super) fn in_one_line(
    error: &clap::Error,
    command: &Command,
    arguments: &[OsString],
) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage"))
        // The message below names the help command itself.
        .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
        .collect();
    let line = lines.join(" ");
    let line = line.trim_start_matches("error: ");
    let running = running(command, arguments);
    let settings = flags_of(error).filter_map(|flag| find(&running, flag));
    let settings: String = settings.map(|setting| format!("{setting}: ")).collect();
    format!("{settings}{line} (see `{} help`)", command.get_name())
}

/// The command with the subcommands that the arguments name, outermost first. If a flag's value looks like a
/// subcommand, the message names no variable.
fn running<'c>(command: &'c Command, arguments: &[OsString]) -> Vec<&'c Command> {
    let mut running = vec![command];
    let mut innermost = command;
    for argument in arguments.iter().skip(1) {
        if let Some(subcommand) = innermost.find_subcommand(argument) {
            running.push(subcommand);
            innermost = subcommand;
        }
    }
    running
}

/// The flags that an error is about, from their usage form: `--listen <ADDRESS:PORT>`.
fn flags_of(error: &clap::Error) -> impl Iterator<Item = &str> {
    let arguments: &[String] = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => std::slice::from_ref(argument),
        Some(ContextValue::Strings(arguments)) => arguments,
        _ => &[],
    };
    arguments.iter().filter_map(|argument| argument.strip_prefix("--")?.split([' ', '=']).next())
}

/// The setting with this flag.
fn find(running: &[&Command], flag: &str) -> Option<String> {
    let mut arguments = running.iter().flat_map(|command| command.get_arguments());
    let argument = arguments.find(|argument| argument.get_long() == Some(flag))?;
    argument.get_env().map(|variable| setting(argument, variable))
}
