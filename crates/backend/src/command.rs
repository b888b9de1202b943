//! The command-line interface (CLI): runs the program's commands, as `config/command_line.rs` parses them. It must
//! not hold domain logic; `main` prints the errors.

mod administration;
mod check;
mod clients;
mod consent;
mod database;
mod keys;
mod output;
mod password;
mod progress;
mod rate_limits;
mod services;
mod spelling;
mod table;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use shared::NumericDate;

use crate::app::{AppState, Dependencies};
use crate::clock::Clock;
use crate::clock::tolerance::{SETTLING_SECONDS, STEADY_SECONDS, STEP_TOLERANCE_SECONDS};
use crate::config::{
    Command, ConsentArgs, DatabaseArgs, MasterKeySource, Origin, PruneArgs, Settings,
};
use crate::entropy::Entropy;
use crate::keys::{FirstRing, KeyError, KeyRing, MasterKey};
use crate::lifetimes::{RENEW_SECONDS, renewals};
use crate::prune::{Pace, Progress, Removed, Retention};
use crate::router::router;
use crate::server::{self, ConnectionLimits};
use crate::store::{self, Database, Opening, Store};
use database::with_database;
use output::{report, say};

/// Timeout of closing the storage once the last request is answered.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// Timeout of the lines on standard output, which say where the server listens, and which address to open.
const ANNOUNCE_TIME: Duration = Duration::from_secs(1);

/// Runs a command to its end.
///
/// # Errors
/// The error that stopped it, and its remedy.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => serve(args.try_into()?).await,
        Command::Migrate(args) => migrate(&args).await,
        Command::Prune(args) => prune(&args).await,
        Command::Check(args) => check::check(args).await,
        Command::Keys { command } => keys::keys(command).await,
        Command::Users { command } => administration::users(command).await,
        Command::Services { command } => services::services(command).await,
        Command::Clients { command } => clients::clients(command).await,
        Command::Sessions { command } => administration::sessions(command).await,
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    rate_limits::log(settings.limits.as_ref());
    let dependencies = open_doors(&settings).await?;
    let store = dependencies.store.clone();
    let app = AppState::new(&settings, dependencies)?;
    let following = app.revocation_listener.listen();
    let clock = &app.clock;
    let prune = settings.retention.keep(&store, clock, &app.entropy);
    let keeping = (app.keys.keep(&store, clock), clock.keep_comparing(&store));
    if let Ok(now) = clock.trusted_now() {
        app.issuer.lifetimes.hold(&store, now).await?;
    }
    let listener = server::listen(settings.listen).with_context(|| {
        format!(
            "--listen / BATON_LISTEN: {} cannot be listened on: choose another port, or stop what uses it",
            settings.listen
        )
    })?;
    let address = listener.local_addr()?;
    warn_if_unreachable(&settings, address.port());
    let stop = server::shutdown_signal()?;
    announce(address, &settings.origin).await?;
    let connections = ConnectionLimits::of(&settings);
    server::serve(listener, router(app), connections, stop).await;
    drop((following, prune, keeping));
    // A statement that hangs must not keep the process: a change that is not committed has not taken place.
    let _ = tokio::time::timeout(CLOSE_TIME, store.close()).await;
    Ok(())
}

/// The first line is for programs; the second has the address to open, which may be another one: pages call under the
/// origin alone. Standard output may be a full pipe without a reader. Serving does not depend on it.
async fn announce(address: SocketAddr, origin: &Origin) -> anyhow::Result<()> {
    let lines = format!("listening on http://{address}\nopen {}", origin.as_str());
    let said = tokio::task::spawn_blocking(move || say(&lines));
    match tokio::time::timeout(ANNOUNCE_TIME, said).await {
        Ok(said) => said?,
        Err(_) => {
            tracing::warn!(event = "stdout.unread", %address, "serving without the line on standard output");
            Ok(())
        }
    }
}

async fn open_doors(settings: &Settings) -> anyhow::Result<Dependencies> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let store = open_own(settings, &entropy).await?;
    begin_clock(&clock, &*store, settings.trust_clock).await?;
    #[cfg(feature = "failpoints")]
    let store = store::failpoint::arm(store, settings.failpoint);
    warn_if_beside(settings);
    warn_if_not_new(settings, &*store).await?;
    let (source, plan, first_ring) =
        (&settings.master_key, settings.key_plan, first_ring(settings));
    let keys = KeyRing::open(source, plan, &store, &clock, &entropy, first_ring).await;
    let keys = keys.with_context(|| database::cannot_be_used(&settings.database))?;
    Ok(Dependencies { clock, entropy, store, keys: Arc::new(keys) })
}

/// The log has the flag: left in every start, it would take a protection away.
async fn begin_clock(clock: &Clock, store: &dyn Store, is_complete: bool) -> anyhow::Result<()> {
    if !is_complete {
        return Ok(clock.begin_with(store).await?);
    }
    clock.compare_with(store).await?;
    tracing::info!(
        event = "clock.not_compared",
        "--trust-clock was given: a clock that is wrong at this start is found out by PostgreSQL alone; leave the flag out of the next"
    );
    Ok(())
}

/// The server's own database. A missing one is created, but not for a master key that has been used: its database
/// is elsewhere, and on an empty one every browser would be signed out.
async fn open_own(settings: &Settings, entropy: &Entropy) -> anyhow::Result<Arc<dyn Store>> {
    let is_known = first_ring(settings) == FirstRing::WithNewMasterKey
        && MasterKey::is_used(&settings.master_key);
    let opening = if is_known { Opening::Migrate } else { Opening::Create };
    if is_known {
        // A master key that cannot be read is reported first.
        MasterKey::find(&settings.master_key, true, entropy)?;
    }
    let opened = database::open(&settings.database, opening).await;
    let opened = opened.map_err(|error| match database::absent(&error) {
        Some(found) => {
            let master_key = settings.master_key.place();
            let why = format!("{}: {found}", database::cannot_be_used(&settings.database));
            anyhow::Error::from(KeyError::NoRing { master_key }).context(why)
        }
        None => error,
    })?;
    tracing::info!(event = "database.opened", database = opened.name);
    spelling::canonicalise_and_log(&opened.store).await?;
    Ok(opened.store)
}

fn first_ring(settings: &Settings) -> FirstRing {
    if settings.new_database || store::is_forgetful(&settings.database) {
        FirstRing::Always
    } else {
        FirstRing::WithNewMasterKey
    }
}

/// Left in a start that is not the first, the flag takes a protection away.
async fn warn_if_not_new(settings: &Settings, store: &dyn Store) -> anyhow::Result<()> {
    if settings.new_database && !store.keys().await?.is_empty() {
        tracing::warn!(
            event = "database.not_new",
            "--new-database was given, but the database has a key ring already: leave the flag out, or a mistyped --database will make an empty one"
        );
    }
    Ok(())
}

/// A browser that comes by another name or port is refused: warn at start.
fn warn_if_unreachable(settings: &Settings, port: u16) {
    // TLS ends at a proxy, on a port of its own.
    let is_behind = !settings.trusted_proxies.is_empty() || settings.origin.is_tls();
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

/// A plain file suffices on a loopback origin alone.
fn warn_if_beside(settings: &Settings) {
    if let MasterKeySource::Folder(folder) = &settings.master_key
        && !settings.origin.is_loopback()
    {
        tracing::warn!(
            event = "master_key.beside",
            "the master key is a plain file in {}: a copy of it and of the database gives every key away. Keep it in a store of secrets and pass it with BATON_MASTER_KEY or --master-key-file",
            folder.display()
        );
    }
}

async fn migrate(args: &DatabaseArgs) -> anyhow::Result<()> {
    let database = database::open(&args.database, Opening::Create).await?;
    report(&format!("database: {}", database.name));
    let found = spelling::canonicalise_and_report(&database.store).await;
    database.store.close().await;
    found?;
    say("the schema is up to date")
}

async fn prune(args: &PruneArgs) -> anyhow::Result<()> {
    let retention = Retention::try_from(&args.life)?;
    with_database(&args.database, async |database| {
        let mut progress = Progress::new(Pace::Foreground);
        let clock = Clock::system();
        clock.compare_with(&*database.store).await?;
        let now = clock.settled_now()?;
        ask_if_in_doubt(&args.consent, database, now).await?;
        let outcome = retention.prune(&*database.store, now, &mut progress).await;
        let Removed { sessions, records } = progress.removed;
        outcome.with_context(|| {
            format!("stopped after {sessions} sessions and {records} records; run it again")
        })?;
        say(&format!("removed {sessions} sessions that were long over"))?;
        say(&format!(
            "removed {records} records that were too old (events, failed logins, deleted accounts)"
        ))
    })
    .await
}

/// A SQLite file has no clock to compare with, only the date when a server last worked on it: a clock that is weeks
/// ahead would prune live sessions.
async fn ask_if_in_doubt(
    consent: &ConsentArgs,
    Database { store, name, .. }: &Database,
    now: NumericDate,
) -> anyhow::Result<()> {
    if store.clock().await?.is_some() {
        return Ok(());
    }
    let Some(served) = work_before_doubt(&**store, now).await? else { return Ok(()) };
    consent::ask(
        consent,
        &format!(
            "removes what is over by this machine's clock ({}), and a server last worked on {name} at {}; if the clock is wrong, sessions that stand are removed",
            table::instant(now),
            table::instant(served)
        ),
    )
}

/// When a server last worked on the database, unless one does now, and one did a day or two ago: a server that
/// believes a clock which was set ahead works by it, too, but has left no trace in the time that was skipped.
async fn work_before_doubt(
    store: &dyn Store,
    now: NumericDate,
) -> anyhow::Result<Option<NumericDate>> {
    let held = store.lifetimes().await?;
    let past = renewals(&held).filter(|at| now.since(*at) >= -STEP_TOLERANCE_SECONDS).max();
    let Some(served) = past.or_else(|| renewals(&held).min()) else { return Ok(None) };
    if !(-STEP_TOLERANCE_SECONDS..=RENEW_SECONDS + STEP_TOLERANCE_SECONDS)
        .contains(&now.since(served))
    {
        return Ok(Some(served));
    }
    let yesterday = now.plus(-SETTLING_SECONDS - STEADY_SECONDS);
    let event = store.last_event(Some(yesterday)).await?;
    let before = event.max(store.last_refresh(Some(yesterday)).await?);
    Ok(before.filter(|before| yesterday.since(*before) > SETTLING_SECONDS))
}
