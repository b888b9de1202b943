//! `baton keys`: consent and output. The rules are in [`keys`](crate::keys).

use std::sync::Arc;

use super::consent;
use super::database::{clock_of, with_database};
use super::output::say;
use super::progress::Progress;
use super::table::instant;
use crate::auth::revocation::key_revocation::{KeyRevocation, revoke_key};
use crate::auth::revocation::revocation_cache::RevocationCache;
use crate::auth::security_event_log::SecurityEventLog;
use crate::clock::Clock;
use crate::config::{KeysCommand, MasterKeySource, Purpose, RevokeArgs, RingArgs, RotateArgs};
use crate::entropy::Entropy;
use crate::keys::{KeyError, KeyPlan, KeyRing, KeyRotation, KeyState};
use crate::store::{Database, KeyPurpose, StoredKey};

pub(super) async fn keys(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::List(args) => list(&args).await,
        KeysCommand::Rotate(args) => rotate(&args).await,
        KeysCommand::Revoke(args) => revoke(&args).await,
    }
}

/// Needs no master key: no key is opened.
async fn list(args: &RingArgs) -> anyhow::Result<()> {
    let plan = KeyPlan::try_from(&args.life)?;
    with_database(&args.database, async |database| {
        let plan = plan.or_longer(&database.store.lifetimes().await?);
        let keys = database.store.keys().await?;
        anyhow::ensure!(!keys.is_empty(), KeyError::Missing);
        for (key, state) in plan.states(&keys, Clock::system().now()) {
            say(&line(key, state))?;
        }
        Ok(())
    })
    .await
}

fn line(key: &StoredKey, state: KeyState) -> String {
    let StoredKey { kid, purpose, published_at, signs_from, revoked_at, .. } = key;
    let (published, from) = (instant(*published_at), instant(*signs_from));
    let revoked = revoked_at.map_or_else(String::new, |at| format!("  revoked {}", instant(at)));
    format!(
        "{kid:<43}  {:<7}  {state:<11}  published {published}  used from {from}{revoked}",
        purpose.as_str()
    )
}

async fn rotate(args: &RotateArgs) -> anyhow::Result<()> {
    let purpose = match args.purpose {
        Purpose::Access => KeyPurpose::Access,
        Purpose::Refresh => KeyPurpose::Refresh,
    };
    with_ring(&args.ring, async |ring, Opened { event_log, .. }| {
        let rotated = ring.rotate(purpose, &event_log.store, event_log.now()).await?;
        let KeyRotation { kid, signs_from } = rotated;
        say(&format!("{kid} is published, and used from {} on", instant(signs_from)))
    })
    .await
}

async fn revoke(args: &RevokeArgs) -> anyhow::Result<()> {
    let RevokeArgs { ring, kid, consent } = args;
    with_ring(ring, async |ring, Opened { event_log, name }| {
        let is_known = ring.current().stored().iter().any(|key| key.kid == *kid);
        anyhow::ensure!(is_known, KeyError::Unknown { kid: kid.clone() });
        let what = format!("revokes the key {kid} in {name}: what was made with it counts no more");
        consent::ask(consent, &what)?;
        let mut revoked = Progress::default();
        let mut progress = |sessions| revoked.so_far(sessions);
        match revoke_key(event_log, ring, kid, &mut progress).await {
            Ok(key_revocation) => report_revoked(kid, ring, key_revocation),
            Err(error @ KeyError::Store(_)) => {
                Err(anyhow::Error::from(error).context(revoked.stopped()))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn report_revoked(kid: &str, ring: &KeyRing, key_revocation: KeyRevocation) -> anyhow::Result<()> {
    let KeyRevocation { purpose, in_use, sessions } = key_revocation;
    match purpose {
        KeyPurpose::Access => {
            let seconds = ring.plan().jwks_cache_seconds.max(EDGE_SECONDS);
            say(&format!(
                "{kid} is revoked: Baton refuses its tokens within a second, and services within {seconds} s"
            ))?;
        }
        KeyPurpose::Refresh => {
            say(&format!("{kid} is revoked, and {sessions} sessions with it"))?;
        }
    }
    match in_use {
        Some(in_use) => say(&format!("{in_use} is in use")),
        None => say("no key is in use: a server that runs makes one within seconds"),
    }
}

/// The gateway in `deploy/envoy` caches the keys for so long, however short their `max-age`.
const EDGE_SECONDS: i64 = 30;

struct Opened {
    event_log: SecurityEventLog,
    /// The name of its database.
    name: String,
}

async fn with_ring<T>(
    args: &RingArgs,
    work: impl AsyncFnOnce(&KeyRing, &Opened) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let plan = KeyPlan::try_from(&args.life)?;
    let source = MasterKeySource::try_from(&args.keys)?;
    with_database(&args.database, async |Database { store, name, .. }| {
        let (clock, entropy) = (clock_of(&**store).await?, Entropy::system());
        let ring = KeyRing::open_existing(&source, plan, store, &clock, &entropy).await?;
        let store = Arc::clone(store);
        let revocations = Arc::new(RevocationCache::new(&clock));
        let event_log = SecurityEventLog::new(store, clock, entropy, revocations);
        work(&ring, &Opened { event_log, name: name.clone() }).await
    })
    .await
}
