//! An installation of Baton: a folder with keys and log, a database, one instance or two, and sessions of users who
//! have logged in.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use shared::path;
use tempfile::TempDir;

use crate::caller::Caller;
use crate::cpus::Cpus;
use crate::database::{Database, Engine};
use crate::http::ORIGIN;
use crate::server::Server;
use crate::session::Session;

/// Registering costs a password hash, as a login does: beyond so many, sessions are further logins of the same users.
const USERS: usize = 64;
/// An account has at most 200 sessions: with more than this on average, there are more users.
const SESSIONS_EACH: usize = 100;
/// Callers that log in at a time: a password hash takes a CPU for as long as it takes.
const CALLERS: usize = 4;

/// What every installation needs.
#[derive(Clone)]
pub(crate) struct Programs {
    pub(crate) binary: PathBuf,
    pub(crate) site: Option<PathBuf>,
    pub(crate) scratch: PathBuf,
    pub(crate) postgres: Option<String>,
    pub(crate) cpus: Cpus,
}

/// A running installation. Its fields are dropped in this order: servers before their database.
pub(crate) struct Target {
    pub(crate) server: Server,
    /// The second instance over the same database.
    pub(crate) second: Option<Server>,
    pub(crate) sessions: Vec<Session>,
    installation: Installation,
}

struct Installation {
    programs: Programs,
    database: Database,
    max_connections: usize,
    folder: TempDir,
}

impl Target {
    /// Starts one instance over a new database, and logs in for so many sessions.
    pub(crate) fn start(programs: &Programs, engine: Engine, sessions: usize) -> Result<Self> {
        Self::with_connections(programs, engine, sessions, 2_048)
    }

    /// The same, for up to so many connections.
    pub(crate) fn with_connections(
        programs: &Programs,
        engine: Engine,
        sessions: usize,
        max_connections: usize,
    ) -> Result<Self> {
        let folder = programs.folder()?;
        let database = match engine {
            Engine::Sqlite => Database::sqlite(folder.path()),
            Engine::Postgres => {
                let cluster = programs.postgres.as_deref();
                Database::postgres(cluster.context("no PostgreSQL: --postgres names one")?)?
            }
        };
        let installation =
            Installation { programs: programs.clone(), database, max_connections, folder };
        let server = installation.start(0)?;
        let mut target = Self { server, second: None, sessions: Vec::new(), installation };
        target.sign_in(sessions)?;
        Ok(target)
    }

    pub(crate) fn engine(&self) -> Engine {
        self.installation.database.engine()
    }

    /// Registered users: each has at least one session.
    pub(crate) fn users(&self) -> usize {
        users(self.sessions.len())
    }

    fn sign_in(&mut self, sessions: usize) -> Result<()> {
        let users = users(sessions);
        self.sessions = (0..sessions).map(|it| Session::new(it, it % users)).collect();
        let address = self.server.address();
        let (first, more) = self.sessions.split_at_mut(users);
        sign_in(address, first, path::REGISTER)?;
        std::thread::scope(|scope| {
            let shares = more.chunks_mut(more.len().div_ceil(CALLERS).max(1));
            let work = shares.map(|share| scope.spawn(|| sign_in(address, share, path::LOGIN)));
            let threads: Vec<_> = work.collect();
            let outcomes = threads.into_iter().map(|it| it.join().expect("no caller panics"));
            outcomes.collect()
        })
    }

    /// Refreshes every session once: access tokens expire after a quarter of an hour.
    pub(crate) fn renew(&mut self) -> Result<()> {
        let mut caller = Caller::connect(self.server.address())?;
        for session in &mut self.sessions {
            let mut request = Vec::new();
            session.write_refresh(&mut request);
            caller.call(&request, |answer| session.take(answer)).context("no refresh")?;
        }
        Ok(())
    }

    /// Stops the instance, works on its database, and starts it again.
    pub(crate) fn while_stopped<T>(
        &mut self,
        work: impl FnOnce(&Database) -> Result<T>,
    ) -> Result<T> {
        self.server.stop()?;
        let done = work(&self.installation.database)?;
        self.server = self.installation.start(0)?;
        Ok(done)
    }

    /// Starts the second instance.
    pub(crate) fn start_second(&mut self) -> Result<()> {
        self.second = Some(self.installation.start(1)?);
        Ok(())
    }
}

fn users(sessions: usize) -> usize {
    sessions.min(USERS.max(sessions / SESSIONS_EACH))
}

/// One after the other, over one connection.
fn sign_in(address: SocketAddr, sessions: &mut [Session], path: &str) -> Result<()> {
    let mut caller = Caller::connect(address)?;
    for session in sessions {
        let mut request = Vec::new();
        session.write_sign_in(&mut request, path);
        caller.call(&request, |answer| session.take(answer)).context("no session")?;
    }
    Ok(())
}

impl Installation {
    fn start(&self, number: usize) -> Result<Server> {
        let folder = self.folder.path();
        let mut command = self.programs.cpus.command(&self.programs.binary, number);
        command.args(["serve", "--listen", "127.0.0.1:0", "--origin", ORIGIN, "--limits", "off"]);
        command.args(["--max-connections", &self.max_connections.to_string()]);
        command.arg("--keys").arg(folder.join("keys"));
        // Not an argument: it may hold a password.
        command.env("BATON_DATABASE", self.database.url()?).current_dir(folder);
        if let Some(site) = &self.programs.site {
            command.arg("--site").arg(site);
        }
        Server::start(command, &folder.join("log"))
    }
}

impl Programs {
    /// A temporary folder on the disk to be measured.
    pub(crate) fn folder(&self) -> Result<TempDir> {
        TempDir::with_prefix_in("bench-", &self.scratch).with_context(|| {
            format!(
                "{} cannot be written to; --scratch names another folder",
                self.scratch.display()
            )
        })
    }
}
