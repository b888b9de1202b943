//! What is cleared away because nobody needs it any more: once an hour by a server that runs, or when an
//! operator asks for it. It must not decide what is over; limits are handed in. How a table is walked without
//! holding others up is in [`parts`].

mod parts;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use rotation::Policy;
use shared::NumericDate;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::auth::login_throttle;
use crate::clock::Clock;
use crate::entropy::{Entropy, first_id_at};
use crate::lifetimes::{Lifetime, LifetimeSet};
use crate::store::{
    Change, EventsBefore, HeldLifetime, Prunable, PruneBefore, Store, StoreError, UsedKey,
};
pub use parts::Pace;
use parts::Walk;

/// A session is kept for so long after it is over: its user may still ask why.
const OVER_SECONDS: i64 = 7 * 86_400;
/// Events that tell only that a session went on are kept for so long: most events are.
const ROUTINE_SECONDS: i64 = 7 * 86_400;
/// Events of no account are kept for so long. Anybody can make as many as they like.
const NOBODYS_SECONDS: i64 = 86_400;
/// By how much the clocks of instances may differ.
const SLACK_SECONDS: i64 = 300;
/// The row of a revoked session is what an instance learns the revocation from when it starts: it stays as long
/// as a token of the session may.
const _: () = assert!(OVER_SECONDS > LifetimeSet::LONGEST.access_token + SLACK_SECONDS);
const HOUR_SECONDS: u64 = 3_600;

/// What is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// When a session is over.
    pub policy: Policy,
    /// How long events of users are kept.
    pub event_seconds: i64,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Sessions that were long over.
    pub sessions: u64,
    /// Events, counts of failed logins, and what was left of deleted accounts.
    pub records: u64,
}

/// How pruning proceeds, from one pass of this process to the next.
#[derive(Debug)]
pub struct Progress {
    /// What was removed.
    pub removed: Removed,
    pace: Pace,
    clean: Clean,
}

/// Up to which ids the events were pruned by each rule: there is nothing more to remove by it. Each pass
/// looks at what has grown old since the one before, not at the table.
#[derive(Debug, Default)]
struct Clean {
    routine: [u8; 16],
    of_nobody: [u8; 16],
}

impl Progress {
    /// Nothing was pruned yet.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self { removed: Removed::default(), pace, clean: Clean::default() }
    }
}

/// A task that ends with its handle.
pub struct PruneTask(JoinHandle<()>);

impl Drop for PruneTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Retention {
    /// The same with each limit at least as long as those that instances hold: what one of them still counts
    /// as live must not be removed by a command, or by an instance, with a shorter setting.
    fn or_longer(mut self, held: &[HeldLifetime]) -> Self {
        for &HeldLifetime { setting, seconds, .. } in held {
            let own = match setting {
                Lifetime::SessionIdle => &mut self.policy.idle_seconds,
                Lifetime::SessionAbsolute => &mut self.policy.absolute_seconds,
                Lifetime::EventRetention => &mut self.event_seconds,
                Lifetime::AccessToken | Lifetime::JwksCache => continue,
            };
            *own = seconds.max(*own);
        }
        self
    }

    /// Removes all that is not to be kept, in parts, so that others may write in between.
    ///
    /// # Errors
    /// If storage fails. What was removed before stays so, and is in `progress`.
    pub async fn prune(
        self,
        store: &dyn Store,
        now: NumericDate,
        progress: &mut Progress,
    ) -> Result<(), StoreError> {
        let held = store.lifetimes().await?;
        let Self { policy, event_seconds } = self.or_longer(&held);
        let over = now.plus(-OVER_SECONDS);
        let sessions = PruneBefore {
            created_at: over.plus(-policy.absolute_seconds),
            accepted_at: over.plus(-policy.idle_seconds),
            revoked_at: over,
        };
        let events = EventsBefore {
            of_users: now.plus(-event_seconds),
            routine: now.plus(-ROUTINE_SECONDS.min(event_seconds)),
            of_nobody: now.plus(-NOBODYS_SECONDS.min(event_seconds)),
        };
        let Progress { removed: Removed { sessions: of_sessions, records }, pace, clean } =
            progress;
        let mut walk = Walk { store, pace: *pace, removed: of_sessions };
        // Whatever is over was begun before. Sessions first: with its last one goes what was left of a
        // deleted account.
        walk.prune(Prunable::Sessions(sessions), &mut [0; 16], first_id_at(over)).await?;
        let mut walk = Walk { store, pace: *pace, removed: records };
        clean.prune_events(&mut walk, events).await?;
        let failures = Prunable::Failures(login_throttle::outdated(now));
        walk.prune(failures, &mut [0; 16], [0xff; 16]).await?;
        let used_keys = Prunable::UsedKeys(now.plus(-UsedKey::RETENTION_SECONDS));
        walk.prune(used_keys, &mut [0; 16], [0xff; 16]).await?;
        walk.repeat(Change::PruneErased(over)).await
    }

    /// From now on prunes once an hour, until the handle is dropped. The first time is drawn by lot: of
    /// instances that start together, each has a time of its own.
    #[must_use]
    pub fn keep(self, store: &Arc<dyn Store>, clock: &Clock, entropy: &Entropy) -> PruneTask {
        let (store, clock) = (Arc::clone(store), clock.clone());
        let lot = u64::from(u32::from_be_bytes(entropy.bytes()));
        let mut wait = Duration::from_secs(lot % HOUR_SECONDS);
        PruneTask(tokio::spawn(async move {
            let mut progress = Progress::new(Pace::Background);
            loop {
                let _ = timeout(wait, pending::<()>()).await;
                wait = Duration::from_secs(HOUR_SECONDS);
                // Nothing is removed by a clock that is or was in doubt: it says so itself.
                let Ok(now) = clock.settled_now() else { continue };
                let outcome = self.prune(&*store, now, &mut progress).await;
                let Removed { sessions, records } = std::mem::take(&mut progress.removed);
                match outcome {
                    Ok(()) => tracing::info!(event = "pruned", sessions, records),
                    // In an hour it is tried again; nothing depends on it but space.
                    Err(error) => tracing::warn!(event = "prune.failed", %error, sessions, records),
                }
            }
        }))
    }
}

impl Clean {
    /// From the oldest on, where everything goes, to where only events of no account do.
    async fn prune_events(
        &mut self,
        walk: &mut Walk<'_>,
        before: EventsBefore,
    ) -> Result<(), StoreError> {
        let [of_users, routine, of_nobody] =
            [before.of_users, before.routine, before.of_nobody].map(first_id_at);
        let events = Prunable::Events(before);
        walk.prune(events, &mut [0; 16], of_users).await?;
        self.routine = self.routine.max(of_users);
        walk.prune(events, &mut self.routine, routine).await?;
        self.of_nobody = self.of_nobody.max(routine);
        walk.prune(events, &mut self.of_nobody, of_nobody).await
    }
}
