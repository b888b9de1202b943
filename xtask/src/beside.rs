//! A child process beside another one. Its standard output is kept until it ends, so that the two do not mix.

use crate::process;
use crate::report::Stopwatch;
use anyhow::{Context, Result};
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// A running child.
pub(crate) struct Beside<'a> {
    command: &'a Command,
    child: Child,
    output: JoinHandle<std::io::Result<(Vec<u8>, Duration)>>,
}

/// A child that has ended.
pub(crate) struct Ended {
    /// The lines that were to be kept.
    pub(crate) lines: Vec<String>,
    pub(crate) elapsed: Duration,
    pub(crate) verdict: Result<()>,
}

impl<'a> Beside<'a> {
    pub(crate) fn start(command: &'a mut Command) -> Result<Self> {
        let stopwatch = Stopwatch::start();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| process::cannot_start(command))?;
        let mut pipe = child.stdout.take().context("the pipe was asked for")?;
        let output = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes)?;
            Ok((bytes, stopwatch.elapsed()))
        });
        Ok(Self { command, child, output })
    }

    /// Waits for its end and copies its output; keeps the lines that `keep` accepts.
    pub(crate) fn finish(mut self, keep: impl Fn(&str) -> bool) -> Result<Ended> {
        let status = self.child.wait()?;
        let (bytes, elapsed) = self.output.join().ok().context("reading does not panic")??;
        let lines = process::copy_lines(&bytes[..], std::io::stdout(), keep)?;
        Ok(Ended { lines, elapsed, verdict: process::judge(self.command, status) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_judged_and_its_output_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo 2 passed; exit 3"]);
        let beside = Beside::start(&mut command).expect("a shell");
        let ended = beside.finish(|line| line.ends_with("passed")).expect("it ends");
        assert_eq!(ended.lines, ["2 passed"]);
        assert_eq!(process::exit_code(&ended.verdict.expect_err("it failed")), 3);
    }
}
