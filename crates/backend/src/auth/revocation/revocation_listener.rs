//! Keeps the revocation cache fresh with the revocations of other instances. So access tokens are verified without a
//! database read, and are refused within a second after their session's revocation: at the revoking instance at once,
//! by its [event log](crate::auth::security_event_log); at others by this subscription. A session's status is the
//! [cache](super::revocation_cache)'s answer.
//!
//! The order makes it right: subscribe first, then read earlier revocations; the cache is fresh only after both, and
//! then only for [`FRESH_FOR`] after the moment of the last request that the store answered. Why:
//! docs/decisions/0012-revocations-travel-by-a-subscription-whose-answers-prove-freshness.md.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use shared::{NumericDate, RevocationReason, SessionId};
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::revocation_cache::RevocationCache;
use crate::clock::Clock;
use crate::clock::tolerance::SLACK_SECONDS;
use crate::keys::KeyRing;
use crate::lifetimes::Lifetimes;
use crate::pace::rest;
use crate::store::{Notification, Reach, RevokedSession, Store, StoreError};
use crate::telemetry::causes;

/// How long an answer keeps the cache fresh. A revocation committed right after the request arrives before this has
/// passed, or the cache is stale: less than the promised second, which leaves the rest to a request.
const FRESH_FOR: Duration = Duration::from_millis(900);
/// The back-off after a failure, so that a failing storage gets no burst of retries.
const PAUSE: Duration = Duration::from_millis(250);
/// How often revocations are pruned whose access tokens have all expired.
const FORGET_SECONDS: i64 = 10;

/// The listening task, aborted when its handle is dropped.
pub type ListenerTask = AbortOnDropHandle<()>;

/// Keeps a revocation cache fresh.
#[derive(Clone)]
pub struct RevocationListener {
    store: Arc<dyn Store>,
    clock: Clock,
    revocations: Arc<RevocationCache>,
    keys: Arc<KeyRing>,
    lifetimes: Arc<Lifetimes>,
}

/// The state of the subscription.
struct Progress {
    /// The time of the notification that preceded the last change.
    changed_at: NumericDate,
    /// The time of the last notification.
    now: NumericDate,
    forgotten_at: NumericDate,
}

impl RevocationListener {
    /// A listener for the revocations, and the changes to the key ring, of all instances over this store.
    #[must_use]
    pub const fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        revocations: Arc<RevocationCache>,
        keys: Arc<KeyRing>,
        lifetimes: Arc<Lifetimes>,
    ) -> Self {
        Self { store, clock, revocations, keys, lifetimes }
    }

    /// Listens until the handle is dropped. Only speed depends on it: while the cache is stale, calls read the store.
    pub fn listen(&self) -> ListenerTask {
        AbortOnDropHandle::new(tokio::spawn(self.clone().run()))
    }

    async fn run(self) {
        let mut has_failed = false;
        loop {
            let Err(error) = self.follow(&mut has_failed).await;
            self.revocations.invalidate();
            // Once for each outage: the log must not fill the disk.
            if !std::mem::replace(&mut has_failed, true) {
                let cause = causes(&error);
                tracing::warn!(event = "endings.stale", %error, cause, "protected calls ask the store");
            }
            rest(PAUSE).await;
        }
    }

    /// Subscribes, reads earlier revocations, then handles notifications until a failure.
    ///
    /// While the clock is not trusted, no revocation is read, added or pruned: one added at a wrong time would be
    /// pruned at another. The cache then stays stale until all is read again by a trusted clock.
    async fn follow(&self, has_failed: &mut bool) -> Result<Infallible, StoreError> {
        let mut subscription = self.store.subscribe().await?;
        let mut asked = self.clock.boot_instant();
        self.keys.reload(&self.store).await?;
        let mut progress = match self.clock.trusted_now() {
            Ok(now) => Some(self.begin(now).await?),
            Err(_) => None,
        };
        loop {
            if progress.is_some() {
                self.revocations.mark_complete(asked, asked + FRESH_FOR);
                if std::mem::take(has_failed) {
                    tracing::info!(event = "endings.fresh");
                }
            }
            asked = self.clock.boot_instant();
            let notification = timeout(FRESH_FOR, subscription.next())
                .await
                .map_err(|_| StoreError::TimedOut)??;
            if matches!(notification, Notification::Change(_)) {
                self.keys.reload(&self.store).await?;
            }
            progress = match (progress, self.clock.trusted_now()) {
                (Some(progress), Ok(now)) => Some(self.advance(progress, notification, now).await?),
                (None, Ok(now)) => {
                    // The clock may have gone back to before revocations that were pruned.
                    self.revocations.read_again();
                    Some(self.begin(now).await?)
                }
                (_, Err(_)) => {
                    self.revocations.invalidate();
                    None
                }
            };
        }
    }

    /// Adds revocations at the present time.
    fn note(&self, revoked: Vec<(SessionId, RevocationReason)>, now: NumericDate) {
        let revoked = revoked.into_iter();
        self.revocations.note(revoked.map(|(session, reason)| RevokedSession {
            session,
            reason,
            at: now,
        }));
    }

    /// Reads earlier revocations.
    async fn begin(&self, now: NumericDate) -> Result<Progress, StoreError> {
        self.lifetimes.renew_in_time(&self.store, now);
        // A transaction that commits now may have begun at any time.
        let changed_at = now.plus(-self.memory_seconds().await?);
        self.catch_up(changed_at, now).await?;
        Ok(Progress { changed_at, now, forgotten_at: now })
    }

    /// Adds a notification's revocations, and prunes those whose access tokens have all expired.
    async fn advance(
        &self,
        progress: Progress,
        notification: Notification,
        now: NumericDate,
    ) -> Result<Progress, StoreError> {
        let Progress { mut changed_at, now: before, mut forgotten_at } = progress;
        match notification {
            Notification::Revoked(revoked) => self.note(revoked, now),
            Notification::Change(reach) => {
                let since = match reach {
                    Reach::LastChange => Some(changed_at.plus(-SLACK_SECONDS)),
                    Reach::Named { revoked, since } => {
                        self.note(revoked, now);
                        since
                    }
                    Reach::Any => Some(NumericDate(0)),
                };
                changed_at = before;
                if let Some(since) = since {
                    let remembered = now.plus(-self.memory_seconds().await?);
                    self.catch_up(since.max(remembered), now).await?;
                }
            }
        }
        if now < before {
            // Expired tokens are valid again, and the revocations of their sessions were pruned.
            self.revocations.read_again();
            self.catch_up(now.plus(-self.memory_seconds().await?), now).await?;
        }
        if now.since(forgotten_at) >= FORGET_SECONDS || now < forgotten_at {
            forgotten_at = now;
            self.lifetimes.renew_in_time(&self.store, now);
            let before = now.plus(-self.memory_seconds().await?);
            // Not while a step ahead of the clock is unsettled: it may turn out wrong within a second.
            while self.clock.settled_now().is_ok() && self.revocations.forget_some_before(before) {
                yield_now().await;
            }
        }
        Ok(Progress { changed_at, now, forgotten_at })
    }

    /// How long a revocation is cached: the longest life of an access token that any instance has issued, clock skew
    /// included. Read before each pruning: an instance with a longer setting stores it before it issues its first
    /// token.
    async fn memory_seconds(&self) -> Result<i64, StoreError> {
        self.lifetimes.read(&*self.store).await?;
        Ok(self.lifetimes.in_force().access_token.saturating_add(SLACK_SECONDS))
    }

    async fn catch_up(&self, since: NumericDate, now: NumericDate) -> Result<(), StoreError> {
        self.revocations.catch_up(&*self.store, since, now).await
    }
}
