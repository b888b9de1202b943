//! Prunes revoked and expired sessions, old events and other outdated rows: once an hour in a running server, or by
//! an operator's command. How a table is pruned without holding up other writers is in [`parts`].

mod parts;

use std::sync::Arc;
use std::time::Duration;

use rotation::Policy;
use shared::NumericDate;
use tokio_util::task::AbortOnDropHandle;

use crate::auth::login::login_throttle::back_off;
use crate::clock::Clock;
use crate::entropy::{Entropy, first_id_at};
use crate::lifetimes::{Lifetime, LifetimeSet};
use crate::pace::ticks;
use crate::store::{
    Change, EventsBefore, HeldLifetime, Prunable, PruneBefore, Store, StoreError, UsedKey,
};
pub use parts::Pace;
use parts::Walk;

/// How long a revoked or expired session is kept: its user may still ask for the reason.
const OVER_SECONDS: i64 = 7 * 86_400;
/// How long events of retries are kept, and of refreshes, which servers before 0.2 recorded.
const ROUTINE_SECONDS: i64 = 7 * 86_400;
/// How long events without an account are kept. Callers can cause as many as they like.
const ANONYMOUS_SECONDS: i64 = 86_400;
/// How far the clocks of instances may differ.
const SLACK_SECONDS: i64 = 300;
/// An instance that starts learns of a revocation from the session's row, which stays as long as an access token of
/// the session may.
const _: () = assert!(OVER_SECONDS > LifetimeSet::LONGEST.access_token + SLACK_SECONDS);
const HOUR_SECONDS: u64 = 3_600;

/// What is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Determines the expiry of sessions.
    pub policy: Policy,
    /// How long security events of users are kept.
    pub event_seconds: i64,
}

/// Counts of pruned rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Sessions that were revoked or had expired.
    pub sessions: u64,
    /// Events, counts of failed logins, used idempotency keys, and what was left of deleted accounts.
    pub records: u64,
}

/// The state of pruning, from one pass of this process to the next.
#[derive(Debug)]
pub struct Progress {
    /// What was pruned.
    pub removed: Removed,
    pace: Pace,
    clean: Clean,
}

/// Up to which ids each rule has pruned the events. So a pass reads what has grown old since the one before, not
/// the table.
#[derive(Debug, Default)]
struct Clean {
    routine: [u8; 16],
    without_account: [u8; 16],
}

impl Progress {
    /// No pass was made yet.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self { removed: Removed::default(), pace, clean: Clean::default() }
    }
}

/// The pruning task. Dropping the handle aborts it.
pub type PruneTask = AbortOnDropHandle<()>;

impl Retention {
    /// Raises each limit to the longest that instances hold: a command, or an instance, with a shorter setting must
    /// not prune what another instance still counts as live.
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

    /// Prunes in parts, so that other writers get a turn in between.
    ///
    /// # Errors
    /// If storage fails. What was pruned before stays so, and is counted in `progress`.
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
            without_account: now.plus(-ANONYMOUS_SECONDS.min(event_seconds)),
        };
        let Progress { removed: Removed { sessions: of_sessions, records }, pace, clean } =
            progress;
        let mut walk = Walk { store, pace: *pace, removed: of_sessions };
        // Ids date from the beginning of a session, so those before `over` include all to prune. Sessions first:
        // with its last one goes what was left of a deleted account.
        walk.prune(Prunable::Sessions(sessions), &mut [0; 16], first_id_at(over)).await?;
        let mut walk = Walk { store, pace: *pace, removed: records };
        clean.prune_events(&mut walk, events).await?;
        let failures = Prunable::Failures(back_off::outdated(now));
        walk.prune(failures, &mut [0; 16], [0xff; 16]).await?;
        let used_keys = Prunable::UsedKeys(now.plus(-UsedKey::RETENTION_SECONDS));
        walk.prune(used_keys, &mut [0; 16], [0xff; 16]).await?;
        walk.repeat(Change::PruneErased(over)).await
    }

    /// Prunes once an hour until the handle is dropped. The first pass comes at a random moment, so that instances
    /// that start together do not prune together.
    pub fn keep(self, store: &Arc<dyn Store>, clock: &Clock, entropy: &Entropy) -> PruneTask {
        let (store, clock) = (Arc::clone(store), clock.clone());
        let lot = u64::from(u32::from_be_bytes(entropy.bytes()));
        let first = Duration::from_secs(lot % HOUR_SECONDS);
        PruneTask::new(tokio::spawn(async move {
            let mut progress = Progress::new(Pace::Background);
            let mut ticks = ticks(first, Duration::from_secs(HOUR_SECONDS));
            loop {
                ticks.tick().await;
                // No row is pruned by a clock that is or was in doubt, which the clock logs itself.
                let Ok(now) = clock.settled_now() else { continue };
                let outcome = self.prune(&*store, now, &mut progress).await;
                // An hour of rest, however long the pass took.
                ticks.reset();
                let Removed { sessions, records } = std::mem::take(&mut progress.removed);
                match outcome {
                    Ok(()) => tracing::info!(event = "pruned", sessions, records),
                    // An hour later it retries: only disk space depends on it.
                    Err(error) => tracing::warn!(event = "prune.failed", %error, sessions, records),
                }
            }
        }))
    }
}

impl Clean {
    /// From the oldest events, which are all pruned, to those of which only events without an account are.
    async fn prune_events(
        &mut self,
        walk: &mut Walk<'_>,
        before: EventsBefore,
    ) -> Result<(), StoreError> {
        let [of_users, routine, without_account] =
            [before.of_users, before.routine, before.without_account].map(first_id_at);
        let events = Prunable::Events(before);
        walk.prune(events, &mut [0; 16], of_users).await?;
        self.routine = self.routine.max(of_users);
        walk.prune(events, &mut self.routine, routine).await?;
        self.without_account = self.without_account.max(routine);
        walk.prune(events, &mut self.without_account, without_account).await
    }
}
