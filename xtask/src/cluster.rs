//! A PostgreSQL cluster for one run of the tests: in a temporary folder, on a free port of the loopback interface,
//! with a password of its own. `cluster.sh` runs it; this file starts and stops that script. No other cluster of the
//! machine is touched.

use crate::tools::{debian, postgres};
use crate::workspace::Workspace;
use crate::{environment, process, report};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};

/// The tests' variable: the URL of a maintenance database, or `none`.
pub(crate) const VARIABLE: &str = "BATON_TEST_POSTGRES";

const KEEPER: &str = include_str!("cluster.sh");

/// The PostgreSQL of the tests, until it is dropped.
pub(crate) struct Cluster {
    pub(crate) url: OsString,
    _keeper: Option<Keeper>,
}

/// The process that runs the cluster.
struct Keeper {
    process: Child,
    /// Closing it stops the keeper; the kernel closes it even if xtask is killed.
    lifeline: Option<ChildStdin>,
}

impl Cluster {
    /// The user's cluster, if the variable names one, or a temporary one.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        if let Some(url) = environment::variable(VARIABLE) {
            return Ok(Self { url, _keeper: None });
        }
        Self::own(workspace)
    }

    fn own(workspace: &Workspace) -> Result<Self> {
        let programs = postgres::ensure(workspace)?;
        report::step("Starting a PostgreSQL for the tests, takes a few seconds…", || {
            let (port, password) = (free_port()?, password()?);
            let mut command = unprivileged(workspace);
            command.args(["sh", "-c", KEEPER, "sh"]).arg(&programs).arg(port.to_string());
            let keeper = Keeper::start(&mut command, &password).with_context(|| {
                format!(
                    "PostgreSQL ({}) did not start; its own messages are above. Or set {VARIABLE} to the \
                     URL of a cluster that tests may use, or to `none` to leave PostgreSQL out",
                    programs.display()
                )
            })?;
            let url = format!("postgres://baton:{password}@127.0.0.1:{port}/postgres");
            Ok(Self { url: url.into(), _keeper: Some(keeper) })
        })
    }
}

impl Keeper {
    fn start(command: &mut Command, password: &str) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut lifeline = process.stdin.take().context("the pipe was asked for")?;
        let output = process.stdout.take().context("the pipe was asked for")?;
        let sent = writeln!(lifeline, "{password}");
        let keeper = Self { process, lifeline: Some(lifeline) };
        sent?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if line.trim() != "ready" {
            bail!("it is not ready");
        }
        Ok(keeper)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _gone = self.process.wait();
    }
}

/// PostgreSQL refuses to run as root; Debian's package comes with a user for it.
fn unprivileged(workspace: &Workspace) -> Command {
    let mut command = if debian::is_root(workspace) {
        let mut command = process::command(workspace, "setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]);
        // That user cannot read root's folders.
        command.env_remove("TMPDIR");
        command
    } else {
        process::command(workspace, "env")
    };
    command.current_dir("/");
    command
}

/// Free at this moment; if another process takes it first, the start fails.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn password() -> Result<String> {
    let mut random = [0; 16];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random))?;
    random.iter().try_fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}")?;
        Ok(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(script: &str) -> Result<Keeper> {
        Keeper::start(Command::new("sh").args(["-c", script]), "secret")
    }

    #[test]
    fn a_keeper_is_stopped_and_waited_for() {
        let folder = crate::scratch::Folder::new("cluster");
        folder.write("is", "");
        let file = folder.0.join("stopped");
        let script = format!("read p; echo ready; read _; echo $p > {}", file.display());
        let keeper = keeper(&script).expect("it says that it is ready");
        assert!(!file.exists());
        drop(keeper);
        assert_eq!(folder.read("stopped"), "secret\n");
    }

    #[test]
    fn a_cluster_accepts_connections_until_it_is_dropped() {
        if environment::variable(VARIABLE).is_some_and(|url| url == "none") {
            return;
        }
        let cluster = Cluster::own(&Workspace::here()).expect("a cluster");
        let url = cluster.url.to_str().expect("ASCII").to_owned();
        let (_, rest) = url.split_once('@').expect("a host");
        let address = rest.trim_end_matches("/postgres");
        std::net::TcpStream::connect(address).expect("it listens");
        drop(cluster);
        assert!(std::net::TcpStream::connect(address).is_err(), "{address} still listens");
    }

    #[test]
    fn a_keeper_that_fails_is_an_error() {
        assert!(keeper("exit 1").is_err());
        assert!(keeper("read p; echo something else").is_err());
    }
}
