//! What is cleared away because nobody needs it any more: once an hour by a server that runs, or when an
//! operator asks for it. It must not decide what is over; limits are handed in.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use rotation::Policy;
use shared::NumericDate;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::store::{Change, EventsBefore, PruneBefore, Store, StoreError};

/// A session is kept for so long after it is over: its user may still ask why.
const OVER_SECONDS: i64 = 7 * 86_400;
/// Events that tell only that a session went on are kept for so long: most events are.
const ROUTINE_SECONDS: i64 = 7 * 86_400;
/// Events of no account are kept for so long. Anybody can make as many as they like.
const NOBODYS_SECONDS: i64 = 86_400;
const HOUR_SECONDS: u64 = 3_600;
/// How long a running server rests between one thousand rows and the next.
const REST: Duration = Duration::from_millis(200);

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

/// A task that ends with its handle.
pub struct Upkeep(JoinHandle<()>);

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Retention {
    /// Removes all that is not to be kept, in parts, so that others may write in between.
    ///
    /// # Errors
    /// If storage fails. What was removed before stays so, and is in `removed`.
    pub async fn prune(
        self,
        store: &dyn Store,
        now: NumericDate,
        (rest, removed): (Duration, &mut Removed),
    ) -> Result<(), StoreError> {
        let Self { policy, event_seconds } = self;
        let over = now.plus(-OVER_SECONDS);
        let sessions = Change::PruneSessions(PruneBefore {
            created_at: over.plus(-policy.absolute_seconds),
            accepted_at: over.plus(-policy.idle_seconds),
            revoked_at: over,
        });
        let events = Change::PruneEvents(EventsBefore {
            of_users: now.plus(-event_seconds),
            routine: now.plus(-ROUTINE_SECONDS.min(event_seconds)),
            of_nobody: now.plus(-NOBODYS_SECONDS.min(event_seconds)),
        });
        // Sessions first: with its last one goes what was left of a deleted account.
        for (part, count) in [(sessions, &mut removed.sessions), (events, &mut removed.records)] {
            loop {
                let rows = store.commit(part.clone(), Vec::new()).await?.rows;
                if rows == 0 {
                    break;
                }
                *count += rows;
                let _ = timeout(rest, pending::<()>()).await;
            }
        }
        Ok(())
    }

    /// From now on prunes once an hour, until the handle is dropped. The first time is drawn by lot: of
    /// instances that start together, each has a time of its own.
    #[must_use]
    pub fn keep(self, store: &Arc<dyn Store>, clock: &Clock, entropy: &Entropy) -> Upkeep {
        let (store, clock) = (Arc::clone(store), clock.clone());
        let lot = u64::from(u32::from_be_bytes(entropy.bytes()));
        let mut wait = Duration::from_secs(lot % HOUR_SECONDS);
        Upkeep(tokio::spawn(async move {
            loop {
                let _ = timeout(wait, pending::<()>()).await;
                wait = Duration::from_secs(HOUR_SECONDS);
                let mut removed = Removed::default();
                let outcome = self.prune(&*store, clock.now(), (REST, &mut removed)).await;
                let Removed { sessions, records } = removed;
                match outcome {
                    Ok(()) => tracing::info!(event = "pruned", sessions, records),
                    // In an hour it is tried again; nothing depends on it but space.
                    Err(error) => tracing::warn!(event = "prune.failed", %error, sessions, records),
                }
            }
        }))
    }
}
