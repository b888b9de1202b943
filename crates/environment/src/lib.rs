//! Environment variables as settings, validated before `clap` sees them, for every program of this workspace. It must
//! not know which settings exist; it takes them from the program's own command line.
//!
//! A shell removes quotes and line ends. Environment files, compose files and unit files often keep them. So:
//!
//! - white space around a value, and around each entry of a list, is ignored;
//! - an empty variable counts as unset;
//! - a quotation mark at an end of a value or an entry is refused: whether it belongs to the value cannot be known;
//! - each error names the flag and the variable, and only settings of the command that runs are checked.
#![forbid(unsafe_code)]

mod usage;

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Parser};

/// An invalid variable. The value is not repeated: it may be a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {flaw}")]
pub struct VariableError {
    /// Its flag, if it has one, and the variable.
    pub setting: String,
    /// The error, and how to correct it.
    pub flaw: &'static str,
}

/// Why a command line cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No error: help or the version was requested.
    #[error("{0}")]
    Help(clap::Error),
    /// An argument, or a value that `clap` cannot parse, in one line.
    #[error("{0}")]
    Usage(String),
    /// An invalid variable.
    #[error(transparent)]
    Variable(#[from] VariableError),
}

const QUOTED: &str = "the value, or an entry of it, begins or ends with a quotation mark, which a shell would have removed \
     and what has set the variable has kept: leave it out";
const NOT_UTF_8: &str = "the value is not UTF-8";

/// Parses the process's arguments and environment. A request for help prints it and ends the process.
///
/// # Errors
/// One line that names the setting that is wrong.
pub fn parse<L: Parser>() -> Result<L, String> {
    parse_from(std::env::args_os(), variable).map_err(|error| match error {
        // Help from the original command line: here, the defaults are the environment's values.
        Error::Help(_) => match L::try_parse() {
            Err(help) => help.exit(),
            Ok(_) => error.to_string(),
        },
        error => error.to_string(),
    })
}

/// Parses any arguments and variables.
///
/// # Errors
/// See [`Error`].
pub fn parse_from<L: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&OsStr) -> Option<OsString>,
) -> Result<L, Error> {
    let mut flawed: Vec<(String, VariableError)> = Vec::new();
    let mut command = each_argument(L::command(), &mut |argument| {
        let Some(name) = argument.get_env().map(OsStr::to_owned) else { return argument };
        // Otherwise `clap` would read the variable itself.
        let argument = argument.env(None);
        let delimiter = argument.get_value_delimiter();
        match cleaned(variable(&name), delimiter) {
            Ok(None) => argument,
            Ok(Some(value)) => {
                // A switch shows no default.
                let hides = argument.get_action().takes_values();
                let argument = argument.default_value(value).required(false);
                if hides { argument.hide_default_value(true) } else { argument }
            }
            Err(flaw) => {
                let setting = usage::setting(&argument, &name);
                flawed.push((argument.get_id().to_string(), VariableError { setting, flaw }));
                argument.required(false)
            }
        }
    });
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let refused = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Error::Help(error),
        _ => Error::Usage(usage::in_one_line(&error, &L::command(), &arguments)),
    };
    let matches = command.try_get_matches_from_mut(&arguments).map_err(refused)?;
    match flaw_of_what_runs(&command, &matches, &flawed) {
        Some(error) => Err(error.clone().into()),
        None => L::from_arg_matches(&matches).map_err(refused),
    }
}

/// A secret, which has a variable and no flag: every user of the machine can read command lines.
///
/// # Errors
/// If the value is invalid.
pub fn secret(name: &'static str) -> Result<Option<String>, VariableError> {
    cleaned(variable(OsStr::new(name)), None)
        .map_err(|flaw| VariableError { setting: name.to_owned(), flaw })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads a variable")]
fn variable(name: &OsStr) -> Option<OsString> {
    std::env::var_os(name)
}

/// The validated value of a variable; `None` if it is empty or unset.
fn cleaned(
    value: Option<OsString>,
    delimiter: Option<char>,
) -> Result<Option<String>, &'static str> {
    let Some(value) = value else { return Ok(None) };
    let value = value.into_string().map_err(|_| NOT_UTF_8)?;
    let mut entries: Vec<&str> = match delimiter {
        Some(delimiter) => value.split(delimiter).collect(),
        None => vec![&value],
    };
    for entry in &mut entries {
        *entry = entry.trim();
        if entry.starts_with(['"', '\'']) || entry.ends_with(['"', '\'']) {
            return Err(QUOTED);
        }
    }
    let text = entries.join(&delimiter.map(String::from).unwrap_or_default());
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Applies `change` to each argument of a command and of its subcommands.
fn each_argument(command: Command, change: &mut dyn FnMut(Arg) -> Arg) -> Command {
    let command = command.mut_args(&mut *change);
    command.mut_subcommands(|subcommand| each_argument(subcommand, &mut *change))
}

/// The first invalid variable that the running command would have used. A command for an emergency must not fail
/// because of another command's setting.
fn flaw_of_what_runs<'f>(
    mut command: &Command,
    mut matches: &ArgMatches,
    flawed: &'f [(String, VariableError)],
) -> Option<&'f VariableError> {
    loop {
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            let flaw = flawed.iter().find(|(flawed, _)| flawed == id);
            if flaw.is_some() && matches.value_source(id) != Some(ValueSource::CommandLine) {
                return flaw.map(|(_, error)| error);
            }
        }
        let (name, of_subcommand) = matches.subcommand()?;
        (command, matches) = (command.find_subcommand(name)?, of_subcommand);
    }
}
