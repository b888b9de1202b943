//! Child processes: started with a clean environment and the workspace's tools on `PATH`, judged by their exit
//! status.

use crate::environment;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

/// A child process failed; carries its exit code up to `main`.
#[derive(Debug)]
pub(crate) struct Failed {
    what: String,
    code: u8,
    /// The error is already printed; printing it again would displace the last lines of output.
    pub(crate) reported: bool,
}

impl Failed {
    /// A failure that was reported where it happened.
    pub(crate) fn reported(what: &str, code: u8) -> Self {
        Self { what: what.to_owned(), code, reported: true }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ended with exit code {}", self.what, self.code)
    }
}

impl std::error::Error for Failed {}

/// The exit code of the child that caused `error`, or 1.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<Failed>().map_or(1, |failed| failed.code)
}

/// `program`, to be run in the workspace's folder.
///
/// `cargo run` describes xtask to itself in variables such as `CARGO_MANIFEST_DIR`. A build script
/// that watches one of them would run again each time a build is started by xtask and not by hand.
pub(crate) fn command(workspace: &Workspace, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&workspace.root);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_xtask) {
            command.env_remove(name);
        }
    }
    let mut folders = vec![workspace.end2end().join("node_modules/.bin")];
    folders.extend(environment::cargo_home().map(|home| home.join("bin")));
    if let Some(path) = environment::variable("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    if let Ok(path) = std::env::join_paths(folders) {
        command.env("PATH", path);
    }
    command.env("CARGO_TARGET_DIR", workspace.target());
    command
}

fn describes_xtask(variable: &str) -> bool {
    let beginnings = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
    beginnings.iter().any(|beginning| variable.starts_with(beginning))
        || ["CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&variable)
}

/// `cargo` with `arguments`, of the toolchain that runs xtask.
pub(crate) fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let program = environment::variable("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(workspace, program);
    command.args(arguments);
    command
}

/// Runs to the end; its output is xtask's own output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    judge(command, status)
}

/// The program's standard output, if it starts and succeeds.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The stream of a child that is copied line by line; the other one is inherited.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Output,
    Error,
}

/// Runs to the end, copies `stream`, and returns those of its lines that `keep` accepts, without colours, beside the
/// result: a failed run has a summary, too.
pub(crate) fn tee(
    command: &mut Command,
    stream: Stream,
    keep: impl Fn(&str) -> bool,
) -> Result<(Vec<String>, Result<()>)> {
    match stream {
        Stream::Output => command.stdout(Stdio::piped()),
        Stream::Error => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    let pipe: Box<dyn Read> = match stream {
        Stream::Output => Box::new(child.stdout.take().context("the pipe was asked for")?),
        Stream::Error => Box::new(child.stderr.take().context("the pipe was asked for")?),
    };
    let kept = copy_lines(BufReader::new(pipe), std::io::stdout(), keep)?;
    let status = child.wait()?;
    Ok((kept, judge(command, status)))
}

/// Copies line by line, and returns the lines that `keep` accepts, without colours.
pub(crate) fn copy_lines(
    mut from: impl BufRead,
    mut to: impl Write,
    keep: impl Fn(&str) -> bool,
) -> Result<Vec<String>> {
    let mut kept = Vec::new();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        let text = without_colours(&String::from_utf8_lossy(&line));
        if keep(text.trim()) {
            kept.push(text.trim().to_owned());
        }
        line.clear();
    }
    Ok(kept)
}

/// Removes the terminal's colour sequences: escape, `[`, parameters, a letter.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            let _sequence = characters.by_ref().skip(1).find(|end| end.is_ascii_alphabetic());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// An error if the child has failed.
pub(crate) fn judge(command: &Command, status: std::process::ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    // A child ended by a signal has no code; 1 stands for any.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failed { what: command_line(command), code, reported: false }.into())
}

/// What to say of a child that does not start.
pub(crate) fn cannot_start(command: &Command) -> String {
    format!("`{}` could not be started; is it installed and on PATH?", command_line(command))
}

/// The command as typed in a shell.
fn command_line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tee_passes_everything_on_and_keeps_what_is_wanted() {
        let from = b"one\n\x1b[32;1mtwo\x1b[0m tests\nthree" as &[u8];
        let mut to = Vec::new();
        let kept = copy_lines(from, &mut to, |line| line.starts_with("two")).expect("memory only");
        assert_eq!(kept, ["two tests"]);
        assert_eq!(to, from);
    }

    #[test]
    fn only_what_cargo_says_about_xtask_itself_is_removed() {
        assert!(describes_xtask("CARGO_PKG_NAME"));
        assert!(describes_xtask("CARGO_MANIFEST_DIR"));
        assert!(!describes_xtask("CARGO_HOME"));
        assert!(!describes_xtask("CARGO_TARGET_DIR"));
    }
}
