//! `baton keys`: what it prints. It must not hold a rule; those are in [`keys`](crate::keys).

use std::sync::Arc;

use super::table::instant;
use super::{open_store, say};
use crate::auth::endings::Endings;
use crate::auth::journal::Journal;
use crate::clock::Clock;
use crate::config::{KeysCommand, MasterKeySource, Purpose, RetireArgs, RingArgs, RotateArgs};
use crate::entropy::Entropy;
use crate::keys::{KeyPlan, KeyRing, KeyState, Retirement, Rotation};
use crate::store::{KeyPurpose, StoredKey};

pub(super) async fn keys(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::List(args) => list(&args).await,
        KeysCommand::Rotate(args) => rotate(&args).await,
        KeysCommand::Retire(args) => retire(&args).await,
    }
}

/// Needs no master key: nothing is opened.
async fn list(args: &RingArgs) -> anyhow::Result<()> {
    let plan = KeyPlan::try_from(&args.life)?;
    let store = open_store(&args.database.database).await?;
    let plan = plan.or_longer(&store.lifetimes().await?);
    let keys = store.keys().await?;
    store.close().await;
    anyhow::ensure!(!keys.is_empty(), crate::keys::KeyError::Missing);
    for (key, state) in plan.states(&keys, Clock::system().now()) {
        say(&line(key, state))?;
    }
    Ok(())
}

fn line(key: &StoredKey, state: KeyState) -> String {
    let StoredKey { kid, purpose, published_at, signs_from, retired_at, .. } = key;
    let (published, from) = (instant(*published_at), instant(*signs_from));
    let retired = retired_at.map_or_else(String::new, |at| format!("  retired {}", instant(at)));
    format!(
        "{kid:<43}  {:<7}  {state:<9}  published {published}  used from {from}{retired}",
        purpose.as_str()
    )
}

async fn rotate(args: &RotateArgs) -> anyhow::Result<()> {
    let (ring, journal) = open(&args.ring).await?;
    let purpose = match args.purpose {
        Purpose::Access => KeyPurpose::Access,
        Purpose::Refresh => KeyPurpose::Refresh,
    };
    let rotated = ring.rotate(purpose, &journal.store, journal.now()).await;
    journal.store.close().await;
    let Rotation { kid, signs_from } = rotated?;
    say(&format!("{kid} is published, and used from {} on", instant(signs_from)))
}

async fn retire(args: &RetireArgs) -> anyhow::Result<()> {
    let (ring, journal) = open(&args.ring).await?;
    let retired = ring.retire(&args.kid, &journal).await;
    journal.store.close().await;
    let Retirement { purpose, in_use, sessions } = retired?;
    let kid = &args.kid;
    match purpose {
        KeyPurpose::Access => {
            let seconds = ring.plan().jwks_cache_seconds.max(EDGE_SECONDS);
            say(&format!(
                "{kid} is retired: Baton refuses its tokens within a second, and services within {seconds} s"
            ))?;
        }
        KeyPurpose::Refresh => {
            say(&format!("{kid} is retired, and {sessions} sessions ended with it"))?;
        }
    }
    match in_use {
        Some(in_use) => say(&format!("{in_use} is in use")),
        None => say("no key is in use: a server that runs makes one within seconds"),
    }
}

/// For so long the gateway in `deploy/envoy` keeps the keys, however short their `max-age`.
const EDGE_SECONDS: i64 = 30;

async fn open(args: &RingArgs) -> anyhow::Result<(KeyRing, Journal)> {
    let plan = KeyPlan::try_from(&args.life)?;
    let source = MasterKeySource::try_from(&args.keys)?;
    let store = open_store(&args.database.database).await?;
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let ring = KeyRing::open_existing(&source, plan, &store, &entropy).await?;
    let endings = Arc::new(Endings::new(&clock));
    Ok((ring, Journal { store, clock, entropy, endings }))
}
