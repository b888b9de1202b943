//! Keeps the set of ended sessions up to date with what others end. An access token is then verified
//! without asking anybody, and stops within a second of its session all the same: here at once, because
//! the [`event_log`](super::security_event_log) takes note of it; elsewhere because of this. It must not answer for a
//! session; that is [`revocations`](super::revocation_cache).
//!
//! The order is what makes it right. First listen, then read what has ended before; nothing is trusted
//! until both are done, and then only for [`TRUST`] after the moment at which the feed was last asked and
//! answered. Why so: docs/decisions/0012-endings-travel-by-a-feed-that-proves-itself.md.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use shared::{NumericDate, RevocationReason, SessionId};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use super::revocation_cache::RevocationCache;
use super::sessions::Sessions;
use crate::clock::Clock;
use crate::clock::tolerance::SLACK_SECONDS;
use crate::keys::KeyRing;
use crate::lifetimes::Lifetimes;
use crate::store::{Notification, Reach, RevokedSession, Store, StoreError};
use crate::telemetry::causes;

/// For how long an answer of the feed proves that nothing is missing. An end that is committed right after
/// the feed was asked is heard of before this has passed, or the trust runs out: less than the second
/// that is promised, so that a request finds its way within the rest.
const TRUST: Duration = Duration::from_millis(900);
/// How long to rest after trouble, so that a storage in trouble is not asked without a pause.
const PAUSE: Duration = Duration::from_millis(250);
/// How often ends are forgotten of which no token can be alive any more.
const FORGET_SECONDS: i64 = 10;
/// A task that ends with its handle.
pub struct ListenerTask(JoinHandle<()>);

impl Drop for ListenerTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Sessions {
    /// From now on hears of the sessions that others end, until the handle is dropped. Nothing depends
    /// on it but speed: as long as it has not caught up, calls ask the store.
    #[must_use]
    pub fn listen_for_revocations(&self) -> ListenerTask {
        let follower = RevocationListener {
            store: Arc::clone(&self.event_log.store),
            clock: self.event_log.clock.clone(),
            revocations: Arc::clone(&self.event_log.revocations),
            keys: Arc::clone(&self.keys),
            lifetimes: Arc::clone(&self.lifetimes),
        };
        ListenerTask(tokio::spawn(follower.run()))
    }
}

struct RevocationListener {
    store: Arc<dyn Store>,
    clock: Clock,
    revocations: Arc<RevocationCache>,
    keys: Arc<KeyRing>,
    lifetimes: Arc<Lifetimes>,
}

/// How far the ends have been read.
struct Progress {
    /// When something had changed before the last change.
    changed_at: NumericDate,
    /// When something was heard last.
    now: NumericDate,
    forgotten_at: NumericDate,
}

impl RevocationListener {
    async fn run(self) {
        let mut troubled = false;
        loop {
            let Err(error) = self.follow(&mut troubled).await;
            self.revocations.invalidate();
            // Once a spell: a log that fills the disk helps nobody.
            if !std::mem::replace(&mut troubled, true) {
                let cause = causes(&error);
                tracing::warn!(event = "endings.stale", %error, cause, "protected calls ask the store");
            }
            let _ = timeout(PAUSE, pending::<()>()).await;
        }
    }

    /// Listens, reads what there was before, and goes on until there is trouble.
    ///
    /// By a clock that is in doubt nothing is read, noted or forgotten: what was heard of at a wrong instant would be
    /// forgotten at another. Nothing is trusted then either, until all has been read by a clock that is right.
    async fn follow(&self, troubled: &mut bool) -> Result<Infallible, StoreError> {
        let mut subscription = self.store.subscribe().await?;
        let mut asked = self.clock.boot_instant();
        self.keys.reload(&self.store).await?;
        let mut progress = match self.clock.trusted_now() {
            Ok(now) => Some(self.begin(now).await?),
            Err(_) => None,
        };
        loop {
            if progress.is_some() {
                self.revocations.trust(asked, asked + TRUST);
                if std::mem::take(troubled) {
                    tracing::info!(event = "endings.fresh");
                }
            }
            asked = self.clock.boot_instant();
            let notification =
                timeout(TRUST, subscription.next()).await.map_err(|_| StoreError::TimedOut)??;
            if matches!(notification, Notification::Change(_)) {
                self.keys.reload(&self.store).await?;
            }
            progress = match (progress, self.clock.trusted_now()) {
                (Some(progress), Ok(now)) => Some(self.go_on(progress, notification, now).await?),
                (None, Ok(now)) => {
                    // The clock may have gone back to before what was forgotten.
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

    /// These have ended: it counts from now.
    fn note(&self, revoked: Vec<(SessionId, RevocationReason)>, now: NumericDate) {
        let revoked = revoked.into_iter();
        self.revocations.note(revoked.map(|(session, cause)| RevokedSession {
            session,
            cause,
            at: now,
        }));
    }

    /// Reads what has ended before.
    async fn begin(&self, now: NumericDate) -> Result<Progress, StoreError> {
        self.lifetimes.renew_in_time(&self.store, now);
        // Who is committing at this moment may have begun at any time.
        let changed_at = now.plus(-self.memory_seconds().await?);
        self.catch_up(changed_at, now).await?;
        Ok(Progress { changed_at, now, forgotten_at: now })
    }

    /// Takes note of what was heard, and forgets what no token can be alive of.
    async fn go_on(
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
                    Reach::Named { revoked: revoked, since } => {
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
            // Tokens that had expired are valid again, and what ended their sessions was forgotten.
            self.revocations.read_again();
            self.catch_up(now.plus(-self.memory_seconds().await?), now).await?;
        }
        if now.since(forgotten_at) >= FORGET_SECONDS || now < forgotten_at {
            forgotten_at = now;
            self.lifetimes.renew_in_time(&self.store, now);
            let before = now.plus(-self.memory_seconds().await?);
            // Not by a step ahead that is merely believed: it may turn out wrong within a second.
            while self.clock.settled_now().is_ok() && self.revocations.forget_some_before(before) {
                yield_now().await;
            }
        }
        Ok(Progress { changed_at, now, forgotten_at })
    }

    /// For how long an end is remembered: as long as an access token may live that any instance has issued,
    /// its clock considered. Read each time, right before something is forgotten: an instance with a longer
    /// setting writes it down before it issues its first token.
    async fn memory_seconds(&self) -> Result<i64, StoreError> {
        self.lifetimes.read(&*self.store).await?;
        Ok(self.lifetimes.in_force().access_token.saturating_add(SLACK_SECONDS))
    }

    async fn catch_up(&self, since: NumericDate, now: NumericDate) -> Result<(), StoreError> {
        self.revocations.catch_up(&*self.store, since, now).await
    }
}
