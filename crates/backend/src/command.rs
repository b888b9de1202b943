//! What the program does for each command. It must not hold domain logic; `main` prints what comes
//! back as an error.

mod administration;
mod keys;
mod password;
mod services;
mod table;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::app::{App, Doors};
use crate::clock::Clock;
use crate::config::{Command, ConfigError, LifeArgs, MasterKeySource, ServeArgs, Settings};
use crate::entropy::Entropy;
use crate::keys::KeyRing;
use crate::router::router;
use crate::server::{self, ConnectionLimits};
use crate::store;
use crate::upkeep::{Pace, Progress, Removed, Retention};

/// How long the storage may take to let go once the last request is answered.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// How long standard output may take for the one line that says where the server listens.
const ANNOUNCE_TIME: Duration = Duration::from_secs(1);

/// Runs a command to its end.
///
/// # Errors
/// What stopped it, and how to mend it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => serve(args.try_into()?).await,
        Command::Migrate(args) => migrate(&args.database).await,
        Command::Prune(args) => prune(&args.database.database, &args.life).await,
        Command::Check(args) => check(args).await,
        Command::Keys { command } => keys::keys(command).await,
        Command::Users { command } => administration::users(command).await,
        Command::Services { command } => services::services(command).await,
        Command::Sessions { command } => administration::sessions(command).await,
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let doors = open_doors(&settings).await?;
    let store = doors.store.clone();
    let app = App::new(&settings, doors)?;
    let following = app.sessions.follow_endings();
    let clock = &app.sessions.journal.clock;
    let upkeep = settings.retention.keep(&store, clock, &app.entropy);
    let keeping = (app.sessions.keys.keep(&store, clock), clock.keep_comparing(&store));
    if let Ok(now) = clock.trusted_now() {
        app.sessions.lifetimes.hold(&*store, now).await?;
    }
    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!(
            "--listen: {} cannot be listened on: choose another port, or stop what uses it",
            settings.listen
        )
    })?;
    let address = listener.local_addr()?;
    warn_if_unreachable(&settings, address.port());
    let stop = server::told_to_stop()?;
    announce(address).await?;
    let limits = ConnectionLimits::of(&settings);
    server::serve(listener, router(app), limits, stop).await;
    drop((following, upkeep, keeping));
    // A statement that hangs must not keep the process: what it has not committed never was.
    let _ = tokio::time::timeout(CLOSE_TIME, store.close()).await;
    Ok(())
}

/// Standard output may be a pipe that is full and not read. Serving does not depend on it.
async fn announce(address: SocketAddr) -> anyhow::Result<()> {
    let line = format!("listening on http://{address}");
    let said = tokio::task::spawn_blocking(move || say(&line));
    match tokio::time::timeout(ANNOUNCE_TIME, said).await {
        Ok(said) => said?,
        Err(_) => {
            tracing::warn!(event = "stdout.unread", %address, "serving without the line on standard output");
            Ok(())
        }
    }
}

async fn open_doors(settings: &Settings) -> anyhow::Result<Doors> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let store = open_store(&settings.database).await?;
    clock.compare_with(&*store).await?;
    #[cfg(feature = "failpoints")]
    let store = store::failpoint::arm(store, settings.failpoint);
    warn_if_beside(settings);
    let place = (&store, &clock);
    let keys = KeyRing::open(&settings.master_key, settings.key_plan, place, &entropy).await?;
    Ok(Doors { clock, entropy, store, keys: Arc::new(keys) })
}

async fn open_store(url: &str) -> anyhow::Result<Arc<dyn store::Store>> {
    store::open(url).await.with_context(|| {
        format!("--database / BATON_DATABASE: {:?} cannot be used", store::without_credentials(url))
    })
}

/// A browser that comes by another name or port is refused; better said now than found out.
fn warn_if_unreachable(settings: &Settings, port: u16) {
    let is_behind = !settings.trusted_proxies.is_empty();
    if settings.origin.is_loopback() && settings.origin.port() != port && !is_behind {
        tracing::warn!(
            event = "origin.mismatch",
            "browsers are only served at {}, but the port listened on is {port}: pass --origin http://localhost:{port}",
            settings.origin.as_str()
        );
    }
    if settings.site.is_none() {
        tracing::warn!(
            event = "site.missing",
            "no built site was found, so there are no pages: run `cargo xtask build`, or pass --site"
        );
    }
}

/// Good enough for one machine of one's own.
fn warn_if_beside(settings: &Settings) {
    if let MasterKeySource::Folder(folder) = &settings.master_key
        && !settings.origin.is_loopback()
    {
        tracing::warn!(
            event = "master_key.beside",
            "the master key is a plain file in {}: whoever copies it and the database has every key. Keep it in a store of secrets and pass it with BATON_MASTER_KEY or --master-key-file",
            folder.display()
        );
    }
}

async fn migrate(database: &str) -> anyhow::Result<()> {
    let store = open_store(database).await?;
    store.close().await;
    say("the schema is up to date")
}

async fn prune(database: &str, life: &LifeArgs) -> anyhow::Result<()> {
    let retention = Retention::try_from(life)?;
    let store = open_store(database).await?;
    let mut progress = Progress::new(Pace::Foreground);
    let clock = Clock::system();
    clock.compare_with(&*store).await?;
    let now = clock.trusted_now()?;
    let outcome = retention.prune(&*store, now, &mut progress).await;
    store.close().await;
    let Removed { sessions, records } = progress.removed;
    outcome.with_context(|| {
        format!("stopped after {sessions} sessions and {records} records; run it again")
    })?;
    say(&format!("removed {sessions} sessions that were long over"))?;
    say(&format!(
        "removed {records} records that were too old (events, failed logins, deleted accounts)"
    ))
}

async fn check(args: ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::try_from(args)?;
    say(&format!("configuration  ok   origin {}", settings.origin.as_str()))?;
    let entropy = Entropy::system();
    let (clock, store) = (Clock::system(), open_store(&settings.database).await?);
    // A check makes no keys: not for a database that was mistyped.
    let (source, plan) = (&settings.master_key, settings.key_plan);
    let keys = KeyRing::open_existing(source, plan, &store, &entropy).await?;
    let signing = keys.current().signing(clock.now())?.kid().to_owned();
    say(&format!("keys           ok   signing with {signing}"))?;
    let doors = Doors { clock, entropy, store, keys: Arc::new(keys) };
    doors.store.ping().await.context("--database: the storage does not answer")?;
    say("storage        ok   answers, and can be written to")?;
    let store = doors.store.clone();
    App::new(&settings, doors)?;
    match &settings.site {
        Some(folder) => say(&format!("site           ok   {}", folder.display()))?,
        None => {
            return Err(ConfigError::new(
                "--site / BATON_SITE",
                "no built site was found: run `cargo xtask build`",
            )
            .into());
        }
    }
    store.close().await;
    Ok(())
}

/// Standard output is for whoever started the program; logs go to standard error.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
