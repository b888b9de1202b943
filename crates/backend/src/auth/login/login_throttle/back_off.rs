//! The back-off and the lockout after wrong passwords, as numbers: how long the next attempt waits, and how long
//! counts are kept.

use shared::{LimitedBy, NumericDate};

use crate::store::{Failures, FailuresBefore};

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

/// The instants before which counts are pruned.
#[must_use]
pub const fn outdated(now: NumericDate) -> FailuresBefore {
    FailuresBefore {
        all: now.plus(-RETENTION_SECONDS),
        mistyped: now.plus(-MISTYPED_RETENTION_SECONDS),
        mistyped_below: MISTYPED,
    }
}

/// The wait for the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) seconds: i64,
    /// The limit behind it.
    pub(super) limited_by: LimitedBy,
}

/// The wait for the next attempt. `None`: it is allowed now.
pub(super) fn wait(failures: Option<Failures>, now: NumericDate) -> Option<Wait> {
    let Failures { count, last_at } = failures?;
    let (wait, limited_by) = if count >= MOST_IN_A_ROW {
        (RETENTION_SECONDS, LimitedBy::Lockout)
    } else {
        let doublings = count.checked_sub(FREE)?;
        let wait = 2_i64.saturating_pow(doublings).min(LONGEST_WAIT_SECONDS);
        (wait, LimitedBy::WrongPasswords)
    };
    // A clock that was set back prolongs no back-off.
    let seconds = last_at.plus(wait).since(now).min(wait);
    (seconds > 0).then_some(Wait { seconds, limited_by })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate(1_800_000_000);

    fn after(count: u32, seconds: i64) -> Option<i64> {
        wait_after(count, seconds).map(|wait| wait.seconds)
    }

    fn wait_after(count: u32, seconds: i64) -> Option<Wait> {
        wait(Some(Failures { count, last_at: NOW }), NOW.plus(seconds))
    }

    #[test]
    fn a_few_failures_are_free_and_then_the_back_off_doubles() {
        assert_eq!(wait(None, NOW), None);
        for count in 0..FREE {
            assert_eq!(after(count, 0), None, "{count}");
        }
        let waits = (FREE..FREE + 14).map(|count| after(count, 0));
        let doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600];
        assert!(waits.eq(doubled.map(Some)));
        for count in FREE + 14..MOST_IN_A_ROW {
            let limited_by = LimitedBy::WrongPasswords;
            let hour = Wait { seconds: LONGEST_WAIT_SECONDS, limited_by };
            assert_eq!(wait_after(count, 0), Some(hour), "{count}");
        }
    }

    #[test]
    fn after_its_back_off_an_attempt_is_allowed_until_the_lockout() {
        assert_eq!(after(8, 7), Some(1));
        assert_eq!(after(8, 8), None);
        assert_eq!(after(MOST_IN_A_ROW - 1, 3_599), Some(1));
        assert_eq!(after(MOST_IN_A_ROW - 1, 3_600), None);
    }

    /// `Retry-After` is true: after so many seconds, one more attempt is allowed.
    #[test]
    fn a_lockout_lasts_as_long_as_its_count_is_kept() {
        for count in [MOST_IN_A_ROW, MOST_IN_A_ROW + 1] {
            let lockout = Wait { seconds: RETENTION_SECONDS, limited_by: LimitedBy::Lockout };
            assert_eq!(wait_after(count, 0), Some(lockout));
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
