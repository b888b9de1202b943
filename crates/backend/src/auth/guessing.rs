//! Guessing passwords. Every look at one is paid for before it is taken: it counts as failed until it is
//! known to be right. So however many guesses come at once, at however many instances, each has a number
//! of its own, and the hundred-and-first of a row is not looked at (NIST SP 800-63B-4 section 3.2.2).
//! It must not know what a right password opens.

use shared::NumericDate;

use super::AuthError;
use super::accounts::Accounts;
use super::limits::{Key, TooEarly};
use super::password::{Lane, Turn};
use crate::store::{AccountTag, Change, Failures};

/// So many wrong passwords in a row cost no time: people mistype.
pub const FREE: u32 = 5;
/// The next ones cost 1 s, 2 s, 4 s and so on, and never more than this.
pub const LONGEST_WAIT_SECONDS: i64 = 3_600;
/// After so many in a row, none is looked at any more.
pub const MOST_IN_A_ROW: u32 = 100;

/// How often a guess that lost a race for its number reads again. Only those race that have a turn.
const ROUNDS: usize = 8;

impl Accounts {
    /// A turn to look at one password, counted by `tag`; or why there is none yet.
    pub(super) async fn turn(
        &self,
        tag: AccountTag,
        lane: Lane,
    ) -> Result<Result<Turn, TooEarly>, AuthError> {
        let journal = &self.sessions.journal;
        if !self.sessions.limits.are_on() {
            return self.passwords.turn(lane).await.map(Ok);
        }
        let too_early = |retry_after| Ok(Err(TooEarly { key: Key::Guess(tag), retry_after }));
        let mut seen = journal.store.failures(tag).await?;
        // Who comes too early shall not take others' time: neither a turn nor a place in the queue.
        if let Some(seconds) = wait(seen, journal.now()) {
            return too_early(seconds);
        }
        let turn = self.passwords.turn(lane).await?;
        for _ in 0..ROUNDS {
            let count = seen.map_or(0, |seen| seen.count);
            let pay = Change::CountFailure { account: tag, seen: count, at: journal.now() };
            if journal.commit(pay, Vec::new()).await?.took_place() {
                return Ok(Ok(turn));
            }
            seen = journal.store.failures(tag).await?;
            if let Some(seconds) = wait(seen, journal.now()) {
                return too_early(seconds);
            }
        }
        Err(AuthError::Contended)
    }

    /// Whether so many passwords in a row were wrong that none is looked at any more.
    pub(super) async fn is_spent(&self, tag: AccountTag) -> Result<bool, AuthError> {
        if !self.sessions.limits.are_on() {
            return Ok(false);
        }
        let seen = self.sessions.journal.store.failures(tag).await?;
        Ok(seen.is_some_and(|seen| seen.count >= MOST_IN_A_ROW))
    }

    /// The password was right: nothing is held against anybody. If that cannot be stored, what the
    /// password has opened stays open.
    pub(super) async fn forgive(&self, tags: impl IntoIterator<Item = AccountTag>) {
        if !self.sessions.limits.are_on() {
            return;
        }
        for tag in tags {
            let forget = Change::ForgetFailures(tag);
            if let Err(error) = self.sessions.journal.commit(forget, Vec::new()).await {
                tracing::error!(event = "failures.kept", %error);
            }
        }
    }
}

/// Seconds until the next password may be looked at. `None`: now.
fn wait(failures: Option<Failures>, now: NumericDate) -> Option<i64> {
    let Failures { count, last_at } = failures?;
    if count >= MOST_IN_A_ROW {
        return Some(LONGEST_WAIT_SECONDS);
    }
    let doublings = count.checked_sub(FREE)?;
    let wait = 2_i64.saturating_pow(doublings).min(LONGEST_WAIT_SECONDS);
    // If a clock was set back, nobody waits longer for it than they would have to anyway.
    let left = last_at.plus(wait).since(now).min(wait);
    (left > 0).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate(1_800_000_000);

    fn after(count: u32, seconds: i64) -> Option<i64> {
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
        for count in FREE + 14..=MOST_IN_A_ROW {
            assert_eq!(after(count, 0), Some(LONGEST_WAIT_SECONDS), "{count}");
        }
    }

    #[test]
    fn whoever_has_waited_may_try_again_unless_it_was_the_hundredth() {
        assert_eq!(after(8, 7), Some(1));
        assert_eq!(after(8, 8), None);
        assert_eq!(after(MOST_IN_A_ROW - 1, 3_599), Some(1));
        assert_eq!(after(MOST_IN_A_ROW - 1, 3_600), None);
        assert_eq!(after(MOST_IN_A_ROW, 1_000_000), Some(LONGEST_WAIT_SECONDS));
    }

    #[test]
    fn a_clock_that_was_set_back_prolongs_no_wait() {
        assert_eq!(after(8, -1_000_000), Some(8));
    }
}
