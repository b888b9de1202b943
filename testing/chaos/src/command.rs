//! An operator's command (`baton …`) beside the running instances: watched, killed, or waited for.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use tokio::sync::mpsc;

use crate::instance::PATH;
use crate::test_env::TestEnv;
use crate::timing::STEP_TIMEOUT;

/// A running command. Killed when dropped.
pub(crate) struct RunningCommand {
    child: Child,
    /// The lines of its standard error.
    lines: mpsc::UnboundedReceiver<String>,
    said: Vec<String>,
}

impl RunningCommand {
    /// Starts it with the database and in the folder of this test environment.
    pub(crate) fn start(env: &TestEnv, words: &[&str]) -> Result<Self> {
        let mut command = Command::new(&env.programs.binary);
        command.args(words).env_clear().env("PATH", PATH).current_dir(env.folder());
        command.env("BATON_DATABASE", env.database.url());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("the program cannot be started")?;
        let errors = child.stderr.take().context("the pipe was asked for")?;
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                // The receiver may be gone.
                let _ = sender.send(line);
            }
        });
        Ok(Self { child, lines, said: Vec::new() })
    }

    /// Waits for a line that contains `needle`. `false`: the command ended first.
    pub(crate) async fn wait_for_line(&mut self, needle: &str) -> Result<bool> {
        let search = async {
            while let Some(line) = self.lines.recv().await {
                self.said.push(line);
                if self.said.last().is_some_and(|line| line.contains(needle)) {
                    return true;
                }
            }
            false
        };
        tokio::time::timeout(STEP_TIMEOUT, search).await.context("the command is silent")
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// SIGKILL, and waits for the process.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it exits; its standard output.
    ///
    /// # Errors
    /// If it has failed.
    pub(crate) async fn finish(mut self) -> Result<String> {
        while let Some(line) = self.lines.recv().await {
            self.said.push(line);
        }
        let output = self.child.stdout.take().context("it is taken once")?;
        let mut printed = String::new();
        std::io::Read::read_to_string(&mut BufReader::new(output), &mut printed)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the command ended with {status}: {}", self.said.join("\n"));
        }
        Ok(printed)
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
