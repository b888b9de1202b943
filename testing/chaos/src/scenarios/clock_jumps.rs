//! Clock jumps: the wall clock of one instance is wrong for a while, by an hour or by more than a session's lifetime,
//! or from its start on, while another instance on the same database has the right time. No session expires or is
//! revoked, and no row is pruned: calls are 503 until the clock is right again, `baton prune` refuses, and afterwards
//! every session is there.
//!
//! The clock is libfaketime's (Debian package `faketime`), which reads the offset from a file that changes while the
//! program runs. Only the wall clock moves; timers are monotonic.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use shared::path;

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::database::Engine;
use crate::http::{self, Request};
use crate::instance::{Instance, Launch};
use crate::test_env::TestEnv;

const CLIENTS: usize = 4;
/// An hour and forty days, in seconds, in each direction.
const JUMPS: [&str; 4] = ["+3600", "+3456000", "-3600", "-3456000"];
/// Offsets at the start of an instance: its first reading is as wrong as all that follow.
const AT_THE_START: [&str; 2] = [JUMPS[1], JUMPS[3]];
/// Debian's paths of the library.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// No client is signed out by a clock jump.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let library = LIBRARIES.iter().find(|library| Path::new(library).is_file());
    let library = library.context("libfaketime is not there: `apt-get install faketime`")?;
    let offset_file = env.folder().join("offset");
    set(&offset_file, "+0")?;
    let launch = with_clock(env.launch(), library, &offset_file);
    let (wrong, right) = (Instance::start(launch.clone()).await?, env.start().await?);
    let at = wrong.address();
    let mut clients = Client::several(&env, at, CLIENTS).await?;
    for _ in 0..env.rounds {
        for jump in JUMPS {
            set(&offset_file, jump)?;
            for client in &mut clients {
                refused_for_now(client, at, jump).await?;
            }
            ready(at, 503).await?;
            prune(&env, &launch, jump)?;
            for client in &mut clients {
                client.refresh(|| right.address()).await?;
            }
            set(&offset_file, "+0")?;
            ready(at, 200).await?;
            for client in &mut clients {
                client.refresh(|| at).await?;
                if client.me(at).await != Some(200) {
                    bail!("a token from after the jump to {jump} is refused");
                }
            }
        }
        for offset in AT_THE_START {
            set(&offset_file, offset)?;
            let started = Instance::start(launch.clone()).await?;
            ready(started.address(), 503).await?;
            for client in &mut clients {
                refused_for_now(client, started.address(), offset).await?;
            }
            set(&offset_file, "+0")?;
            ready(started.address(), 200).await?;
            for client in &mut clients {
                client.refresh(|| started.address()).await?;
            }
        }
    }
    let logged = env.log_lines("clock.untrusted")?;
    if let Some(line) =
        logged.iter().find(|line| !line.contains("error=") && !line.contains("\"error\":"))
    {
        bail!("a log line does not say why the clock is in doubt: {line}");
    }
    let logged = logged.len();
    env.remark(format!("{logged} times the log said that the clock was in doubt"));
    if logged == 0 {
        bail!("the clock did not move: no log line reports it");
    }
    checker::check(&env, at, &mut clients).await
}

async fn refused_for_now(client: &mut Client, at: SocketAddr, jump: &str) -> Result<()> {
    match client.try_refresh(at).await? {
        RefreshOutcome::Unavailable => {}
        other => bail!("a refresh after the jump to {jump} was {other:?}"),
    }
    match client.me(at).await {
        Some(503) => Ok(()),
        other => bail!("a call after the jump to {jump} was answered {other:?}"),
    }
}

async fn ready(at: SocketAddr, status: u16) -> Result<()> {
    let answer = http::call(at, &Request::get(path::HEALTH_READY)).await;
    match answer.map(|answer| answer.status) {
        Ok(said) if said == status => Ok(()),
        Ok(said) => bail!("readiness is {said} instead of {status}"),
        Err(lost) => bail!("readiness: {}", lost.why),
    }
}

/// `baton prune` on the machine whose clock is wrong. SQLite has no clock to compare with, but the file says when a
/// server last worked on it.
fn prune(env: &TestEnv, launch: &Launch, jump: &str) -> Result<()> {
    let words: &[&str] = match env.engine {
        Engine::Sqlite => &["prune"],
        Engine::Postgres => &["prune", "--yes"],
    };
    let mut command = Command::new(&launch.binary);
    command.args(words).args(["--database", &env.database.url()]).env_clear();
    command.envs(launch.environment.iter().cloned()).current_dir(env.folder());
    if command.output()?.status.success() {
        bail!("`baton prune` succeeded with a clock that was set to {jump}");
    }
    Ok(())
}

fn with_clock(launch: Launch, library: &str, offset_file: &Path) -> Launch {
    let environment = vec![
        ("LD_PRELOAD".to_owned(), library.to_owned()),
        ("FAKETIME_TIMESTAMP_FILE".to_owned(), offset_file.display().to_string()),
        ("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()),
        ("DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
        ("NO_FAKE_STAT".to_owned(), "1".to_owned()),
    ];
    Launch { environment, ..launch }
}

/// An atomic rename: the library must not read half an offset.
fn set(offset_file: &PathBuf, offset: &str) -> Result<()> {
    let next = offset_file.with_extension("next");
    std::fs::write(&next, format!("{offset}\n"))?;
    Ok(std::fs::rename(&next, offset_file)?)
}
