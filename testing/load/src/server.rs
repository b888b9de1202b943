//! A server as a child process: started, asked what it costs, stopped. It is killed when its handle is dropped.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::procfs;
use crate::timing::{Stopwatch, pause};

/// How long a server may take from SIGTERM to its end: Baton promises ten seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);
/// The first line of a server's standard output.
pub(crate) const GREETING: &str = "listening on http://";

/// A running server.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens. Its standard error is appended to `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let errors = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        // Without its environment, which may hold a password.
        let shown = format!("{:?} {:?}", command.get_program(), command.get_args());
        let mut child = command.spawn().with_context(|| format!("{shown} cannot be started"))?;
        let output = child.stdout.take().context("the pipe was asked for")?;
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix(GREETING) else {
            bail!("{shown} did not start:\n{}", tail(log));
        };
        server.address = address.parse()?;
        Ok(server)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its CPU time so far.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        procfs::cpu_time(self.child.id())
    }

    /// Its memory now, in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        procfs::resident(self.child.id())
    }

    /// Its peak memory, in bytes.
    pub(crate) fn peak(&self) -> Result<u64> {
        procfs::peak(self.child.id())
    }

    /// SIGTERM, and waits for the graceful shutdown, which closes the database.
    pub(crate) fn stop(&mut self) -> Result<()> {
        // The shell's builtin: not every system has a `kill` program.
        let kill = format!("kill -TERM {}", self.child.id());
        let status = Command::new("sh").arg("-c").arg(kill).status()?;
        ensure!(status.success(), "a server cannot be stopped: {status}");
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < STOP_TIMEOUT {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "a server got SIGTERM and exited with {status}");
                return Ok(());
            }
            pause();
        }
        bail!("a server did not stop within {STOP_TIMEOUT:?} of SIGTERM")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only for a process that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a log, for error messages.
fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
