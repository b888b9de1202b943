//! A PostgreSQL cluster of the suite's own: in a temporary folder, on loopback, with `fsync` as in production. It can
//! be frozen, crashed and restarted, and stops when it is dropped.

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tempfile::TempDir;

use crate::instance::signal;

/// Where Debian installs PostgreSQL: one folder per version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The account for PostgreSQL when the suite runs as root, which PostgreSQL refuses.
const USER: &str = "postgres";
/// Retries with another free port: another process may bind it first.
const TRIES: usize = 5;

/// A cluster, running unless it was crashed.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    as_root: bool,
    frozen: AtomicBool,
}

impl Cluster {
    /// Creates a cluster and starts it.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs();
        let folder = TempDir::with_prefix("baton-chaos-postgres-")?;
        let as_root = is_root()?;
        if as_root {
            run_checked(Command::new("chown").arg(USER).arg(folder.path()))?;
        }
        let mut cluster =
            Self { programs, folder, port: 0, as_root, frozen: AtomicBool::new(false) };
        let data = cluster.data();
        let arguments = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--username=postgres"];
        run_checked(cluster.program("initdb").arg("-D").arg(data).args(arguments)).context(
            "PostgreSQL cannot make a cluster; `apt-get install postgresql` installs it",
        )?;
        for _ in 0..TRIES {
            cluster.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            if cluster.run().is_ok() {
                return Ok(cluster);
            }
        }
        bail!("PostgreSQL did not start: {}", cluster.folder.path().join("log").display())
    }

    /// Starts or restarts it, and waits until it accepts connections.
    pub(crate) fn run(&self) -> Result<()> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on",
            self.port
        );
        let log = self.folder.path().join("log");
        let mut start = self.program("pg_ctl");
        start.args(["start", "-w", "-t", "30", "-o", &options]).arg("-D").arg(self.data());
        run_checked(start.arg("-l").arg(log))
    }

    /// Stops it as a crash would: no checkpoint, no clean shutdown.
    pub(crate) fn crash(&self) -> Result<()> {
        run_checked(
            self.program("pg_ctl")
                .args(["stop", "-w", "-m", "immediate"])
                .arg("-D")
                .arg(self.data()),
        )
    }

    /// Stops all of its processes (SIGSTOP), the postmaster first: it forks the others.
    pub(crate) fn freeze(&self) -> Result<()> {
        let first = self.postmaster_id()?;
        self.frozen.store(true, Ordering::Relaxed);
        signal("STOP", &[first])?;
        signal("STOP", &children(first)?)
    }

    /// Resumes them (SIGCONT).
    pub(crate) fn thaw(&self) -> Result<()> {
        let first = self.postmaster_id()?;
        let mut processes = children(first)?;
        processes.push(first);
        self.frozen.store(false, Ordering::Relaxed);
        signal("CONT", &processes)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// A database's URL, through a proxy at `address`.
    pub(crate) fn url_by(address: SocketAddr, name: &str) -> String {
        format!("postgres://{USER}@{address}/{name}?sslmode=disable")
    }

    /// A database's URL.
    pub(crate) fn url(&self, name: &str) -> String {
        Self::url_by(self.address(), name)
    }

    /// A direct connection.
    pub(crate) async fn connect(&self, name: &str) -> Result<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .database(name)
            .ssl_mode(PgSslMode::Disable);
        tokio::time::timeout(Duration::from_secs(10), options.connect())
            .await
            .context("PostgreSQL does not answer")?
            .context("PostgreSQL cannot be connected to")
    }

    /// Replaces `name` with a copy of `template`, which must have no open connection.
    pub(crate) async fn replace(&self, name: &str, template: &str) -> Result<()> {
        self.remove(name).await?;
        self.execute(format!("CREATE DATABASE {name} TEMPLATE {template}")).await
    }

    /// Drops a database: crash recovery reads every one that is left.
    pub(crate) async fn remove(&self, name: &str) -> Result<()> {
        self.execute(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    /// The names in the statement are the suite's own: letters, digits and underscores.
    async fn execute(&self, statement: String) -> Result<()> {
        let mut connection = self.connect("postgres").await?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn postmaster_id(&self) -> Result<u32> {
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(file).context("PostgreSQL does not run")?;
        Ok(text.lines().next().unwrap_or_default().trim().parse()?)
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.frozen.load(Ordering::Relaxed) {
            let _ = self.thaw();
        }
        // It may have crashed already.
        let _ = self.crash();
    }
}

/// The folder of the newest version. Empty if there is none: then `PATH` decides.
fn programs() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("initdb").is_file().then_some((version, programs))
        })
        .collect();
    versions.sort();
    versions.pop().map(|(_, programs)| programs).unwrap_or_default()
}

pub(crate) fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// The child processes of `parent`, from `/proc`.
fn children(parent: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if parent_of(&entry.path()) == Some(parent) {
            found.push(id);
        }
    }
    Ok(found)
}

/// The field after the state, which follows the name in parentheses. `None` if the process has ended.
fn parent_of(process: &Path) -> Option<u32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Runs a command to its end; its output is dropped, a failure is an error.
fn run_checked(command: &mut Command) -> Result<()> {
    // A server that stays running inherits its streams: no pipe of the suite.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let name = command.get_args().find(|word| *word != OsStr::new("--"));
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{command:?} ended with {status}"),
        Err(error) => bail!("{name:?} cannot be started: {error}"),
    }
}
