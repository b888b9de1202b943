//! Login throttling (NIST SP 800-63B-4 section 3.2.2). An attempt is counted as failed before its password is
//! verified, and the count is reset if it was right. So concurrent attempts, at any number of instances, each have a
//! number of their own, and the hundred-and-first in a row is not verified.

use shared::{LimitedBy, NumericDate};

use super::password_hasher::{HashPermit, Priority};
use crate::auth::AuthError;
use crate::auth::account::accounts::Accounts;
use crate::auth::rate_limit::{Key, RateLimited};
use crate::store::{AccountTag, Change, Failures, FailuresBefore};

/// How many wrong passwords in a row are free of back-off: people mistype.
pub const FREE: u32 = 5;
/// The next ones wait 1 s, 2 s, 4 s and so on, up to this.
pub const LONGEST_WAIT_SECONDS: i64 = 3_600;
/// The lockout: after so many in a row, no password is verified.
pub const MOST_IN_A_ROW: u32 = 100;

/// How long a count is kept after its last wrong password, regardless of the retention of events; a lockout expires
/// with it. SP 800-63B-4 would keep a lockout until the account is recovered; but a count must not reveal whether its
/// address has an account, and strangers can create counts of any number of addresses, so they cannot all be kept for
/// ever. It leaves an attacker one hundred passwords a year.
pub const RETENTION_SECONDS: i64 = 365 * DAY_SECONDS;
/// Smaller counts look like mistyping. Their retention is shorter, because each costs a stranger one login and takes
/// disk space.
pub const MISTYPED: u32 = 10;
/// How long those are kept. It leaves an attacker who tries nine in a row 470 passwords a year.
pub const MISTYPED_RETENTION_SECONDS: i64 = 7 * DAY_SECONDS;
const DAY_SECONDS: i64 = 86_400;

/// How often an attempt that lost a race for its number retries. Only attempts with a permit race.
const ROUNDS: usize = 8;

impl Accounts {
    /// A permit to verify one password, counted by `tag`; or the throttle that refuses it.
    pub(in crate::auth) async fn permit(
        &self,
        tag: AccountTag,
        priority: Priority,
    ) -> Result<Result<HashPermit, RateLimited>, AuthError> {
        let event_log = &self.sessions.event_log;
        if !self.sessions.limits.are_on() {
            return self.hasher.permit(priority).await.map(Ok);
        }
        let limited = |limit| Ok(Err(RateLimited::password_attempt(tag, limit)));
        let mut seen = event_log.store.failures(tag).await?;
        // Before the queue: a throttled attempt must not take a permit or a place in the queue from others.
        if let Some(limit) = wait(seen, event_log.now()) {
            return limited(limit);
        }
        let permit = self.hasher.permit(priority).await?;
        for _ in 0..ROUNDS {
            let count = seen.map_or(0, |seen| seen.count);
            let count_failure =
                Change::CountFailure { account: tag, seen: count, at: event_log.now() };
            if event_log.commit(count_failure, Vec::new()).await?.took_place() {
                return Ok(Ok(permit));
            }
            seen = event_log.store.failures(tag).await?;
            if let Some(limit) = wait(seen, event_log.now()) {
                return limited(limit);
            }
        }
        Err(AuthError::Contended)
    }

    /// The throttle, if `tag` is throttled; counts no attempt.
    pub(in crate::auth) async fn throttled(
        &self,
        tag: AccountTag,
    ) -> Result<Option<RateLimited>, AuthError> {
        if !self.sessions.limits.are_on() {
            return Ok(None);
        }
        let seen = self.sessions.event_log.store.failures(tag).await?;
        let limit = wait(seen, self.sessions.event_log.now());
        Ok(limit.map(|limit| RateLimited::password_attempt(tag, limit)))
    }

    /// Whether the lockout is reached.
    pub(in crate::auth) async fn is_locked_out(&self, tag: AccountTag) -> Result<bool, AuthError> {
        let throttled = self.throttled(tag).await?;
        Ok(throttled.is_some_and(|limit| limit.limited_by == Some(LimitedBy::Lockout)))
    }

    /// Resets the counts, because the password was right. Best effort: a storage failure does not undo what the
    /// password has authorized.
    pub(in crate::auth) async fn reset_failures(&self, tags: impl IntoIterator<Item = AccountTag>) {
        if !self.sessions.limits.are_on() {
            return;
        }
        for tag in tags {
            let forget = Change::ForgetFailures(tag);
            if let Err(error) = self.sessions.event_log.commit(forget, Vec::new()).await {
                tracing::error!(event = "failures.kept", %error);
            }
        }
    }
}

impl RateLimited {
    const fn password_attempt(
        tag: AccountTag,
        (retry_after, limited_by): (i64, LimitedBy),
    ) -> Self {
        Self { key: Key::PasswordAttempt(tag), retry_after, limited_by: Some(limited_by) }
    }
}

/// The instants before which counts are pruned.
#[must_use]
pub const fn outdated(now: NumericDate) -> FailuresBefore {
    FailuresBefore {
        all: now.plus(-RETENTION_SECONDS),
        mistyped: now.plus(-MISTYPED_RETENTION_SECONDS),
        mistyped_below: MISTYPED,
    }
}

/// Seconds until the next attempt, and the limit behind it. `None`: now.
fn wait(failures: Option<Failures>, now: NumericDate) -> Option<(i64, LimitedBy)> {
    let Failures { count, last_at } = failures?;
    let (wait, limited_by) = if count >= MOST_IN_A_ROW {
        (RETENTION_SECONDS, LimitedBy::Lockout)
    } else {
        let doublings = count.checked_sub(FREE)?;
        let wait = 2_i64.saturating_pow(doublings).min(LONGEST_WAIT_SECONDS);
        (wait, LimitedBy::WrongPasswords)
    };
    // A clock that was set back prolongs no back-off.
    let left = last_at.plus(wait).since(now).min(wait);
    (left > 0).then_some((left, limited_by))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate(1_800_000_000);

    fn after(count: u32, seconds: i64) -> Option<i64> {
        limit_after(count, seconds).map(|(wait, _)| wait)
    }

    fn limit_after(count: u32, seconds: i64) -> Option<(i64, LimitedBy)> {
        wait(Some(Failures { count, last_at: NOW }), NOW.plus(seconds))
    }

    #[test]
    fn a_few_are_free_and_then_each_costs_twice_the_time() {
        assert_eq!(wait(None, NOW), None);
        for count in 0..FREE {
            assert_eq!(after(count, 0), None, "{count}");
        }
        let waits = (FREE..FREE + 14).map(|count| after(count, 0));
        let doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600];
        assert!(waits.eq(doubled.map(Some)));
        for count in FREE + 14..MOST_IN_A_ROW {
            let hour = Some((LONGEST_WAIT_SECONDS, LimitedBy::WrongPasswords));
            assert_eq!(limit_after(count, 0), hour, "{count}");
        }
    }

    #[test]
    fn whoever_has_waited_may_try_again_unless_it_was_the_hundredth() {
        assert_eq!(after(8, 7), Some(1));
        assert_eq!(after(8, 8), None);
        assert_eq!(after(MOST_IN_A_ROW - 1, 3_599), Some(1));
        assert_eq!(after(MOST_IN_A_ROW - 1, 3_600), None);
    }

    /// `Retry-After` is true: after so many seconds, one more attempt is allowed.
    #[test]
    fn a_lockout_lasts_as_long_as_its_count_is_kept() {
        for count in [MOST_IN_A_ROW, MOST_IN_A_ROW + 1] {
            assert_eq!(limit_after(count, 0), Some((RETENTION_SECONDS, LimitedBy::Lockout)));
            assert_eq!(after(count, 1_000_000), Some(RETENTION_SECONDS - 1_000_000));
            assert_eq!(after(count, RETENTION_SECONDS), None);
        }
        assert!(outdated(NOW.plus(RETENTION_SECONDS)).all <= NOW, "it is there until then");
    }

    #[test]
    fn a_clock_that_was_set_back_prolongs_no_wait() {
        assert_eq!(after(8, -1_000_000), Some(8));
        assert_eq!(after(MOST_IN_A_ROW, -1_000_000), Some(RETENTION_SECONDS));
    }
}
