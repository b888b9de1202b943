//! Login throttling and the lockout (NIST SP 800-63B-4 section 3.2.2). An attempt is counted as failed before its
//! password is verified, and the count is reset if it was right. So concurrent attempts, at any number of instances,
//! each have a number of their own, and the hundred-and-first in a row is not verified. The numbers of back-off and
//! lockout are in [`back_off`].

pub mod back_off;

use shared::LimitedBy;

use super::password_hasher::{HashPermit, PasswordHasher, Priority};
use crate::auth::deadline::within_deadline;
use crate::auth::error::AuthError;
use crate::auth::rate_limit::{Key, RateLimited};
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{AccountTag, Change, Failures, StoreError};
pub use back_off::{FREE, LONGEST_WAIT_SECONDS, MOST_IN_A_ROW};
use back_off::{Wait, wait};

/// How often an attempt that lost a race for its number retries. Only attempts with a permit race.
const ROUNDS: usize = 8;

/// Throttles password attempts by the failures that are counted in the store.
#[derive(Clone)]
pub struct LoginThrottle {
    /// Counts failures.
    pub event_log: SecurityEventLog,
    /// Grants the permits.
    pub hasher: PasswordHasher,
    /// Whether attempts are throttled: off with all rate limits.
    pub is_on: bool,
}

impl LoginThrottle {
    /// A permit to verify one password, or the throttle that refuses it. The attempt is already recorded as failed,
    /// under `tag`. One deadline covers the first read, the queue and the record: a call that has waited in the queue
    /// has less time left for storage.
    pub(in crate::auth) async fn permit(
        &self,
        tag: AccountTag,
        priority: Priority,
    ) -> Result<Result<HashPermit, RateLimited>, AuthError> {
        within_deadline(self.counted_permit(tag, priority)).await
    }

    /// The clock is read after each wait: a back-off counts from the attempt, not from the arrival of its request.
    async fn counted_permit(
        &self,
        tag: AccountTag,
        priority: Priority,
    ) -> Result<Result<HashPermit, RateLimited>, AuthError> {
        if !self.is_on {
            return self.hasher.permit(priority).await.map(Ok);
        }
        let seen = self.event_log.store.failures(tag).await?;
        // Before the queue: a throttled attempt must not take a permit or a place in the queue from others.
        if let Some(limit) = wait(seen, self.event_log.now()) {
            return Ok(Err(RateLimited::password_attempt(tag, limit)));
        }
        let permit = self.hasher.permit(priority).await?;
        Ok(self.record_failure(tag, seen).await?.map(|()| permit))
    }

    /// Records an attempt as failed, before its password is verified; [`reset`](Self::reset) or
    /// [`try_reset`](Self::try_reset) takes it back if the password was right. Recorded afterwards, a thousand guesses
    /// at once would all pass the throttle before the first is counted. Returns the throttle if concurrent attempts
    /// have reached it since `seen` was read.
    async fn record_failure(
        &self,
        tag: AccountTag,
        mut seen: Option<Failures>,
    ) -> Result<Result<(), RateLimited>, AuthError> {
        let event_log = &self.event_log;
        for _ in 0..ROUNDS {
            let count = seen.map_or(0, |seen| seen.count);
            let count_failure =
                Change::CountFailure { account: tag, seen: count, at: event_log.now() };
            if event_log.commit(count_failure, Vec::new()).await?.took_place() {
                return Ok(Ok(()));
            }
            seen = event_log.store.failures(tag).await?;
            if let Some(limit) = wait(seen, event_log.now()) {
                return Ok(Err(RateLimited::password_attempt(tag, limit)));
            }
        }
        Err(AuthError::Contended)
    }

    /// The throttle, if `tag` is throttled; records no attempt.
    pub(in crate::auth) async fn throttled(
        &self,
        tag: AccountTag,
    ) -> Result<Option<RateLimited>, AuthError> {
        if !self.is_on {
            return Ok(None);
        }
        let seen = self.event_log.store.failures(tag).await?;
        let limit = wait(seen, self.event_log.now());
        Ok(limit.map(|limit| RateLimited::password_attempt(tag, limit)))
    }

    /// Whether the lockout is reached.
    pub(in crate::auth) async fn is_locked_out(&self, tag: AccountTag) -> Result<bool, AuthError> {
        let throttled = self.throttled(tag).await?;
        Ok(throttled.is_some_and(|limit| limit.limited_by == Some(LimitedBy::Lockout)))
    }

    /// Resets the counts, because the password was right. Best effort: a storage failure does not undo what the
    /// password has authorized.
    pub(in crate::auth) async fn reset(&self, tags: impl IntoIterator<Item = AccountTag>) {
        if let Err(error) = self.try_reset(tags).await {
            tracing::error!(event = "failures.kept", %error);
        }
    }

    /// As [`reset`](Self::reset), for a password that authorizes a change still to come: if storage fails now, the
    /// change would fail, too, so the call ends here and waits for storage only once.
    ///
    /// # Errors
    /// If storage fails.
    pub(in crate::auth) async fn try_reset(
        &self,
        tags: impl IntoIterator<Item = AccountTag>,
    ) -> Result<(), StoreError> {
        if !self.is_on {
            return Ok(());
        }
        for tag in tags {
            self.event_log.commit(Change::ForgetFailures(tag), Vec::new()).await?;
        }
        Ok(())
    }
}

impl RateLimited {
    const fn password_attempt(tag: AccountTag, wait: Wait) -> Self {
        let Wait { seconds, limited_by } = wait;
        Self { key: Key::PasswordAttempt(tag), retry_after: seconds, limited_by: Some(limited_by) }
    }
}
