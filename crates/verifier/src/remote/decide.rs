//! What a call does about something that is fetched and kept: one pure function. It must not know what is
//! kept, nor read a clock. Next: `cache.rs` carries the answer out.

use std::time::Duration;

/// How long nothing is asked after a failure.
pub(super) const PAUSE: Duration = Duration::from_secs(1);
/// How long at least lies between two fetches for the sake of something unknown.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(10);
/// For how long a failure is taken as a sign that the next try fails, too. It adds to how long an end
/// takes to be known here: a service that is seldom called must not go by what it kept for long.
const OUTAGE_MEMORY: Duration = Duration::from_secs(3);

/// How old a kept value is, and may become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Age {
    pub(super) age: Duration,
    /// Until then nobody needs to ask.
    pub(super) fresh_for: Duration,
    /// Until then it may be used if nobody answers.
    pub(super) usable_for: Duration,
}

/// All that the decision depends on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct View {
    /// The last good value.
    pub(super) good: Option<Age>,
    /// Whether somebody is asking at this moment.
    pub(super) under_way: bool,
    /// How long ago the last try failed, if it did.
    pub(super) since_failure: Option<Duration>,
    /// How long ago the last try began.
    pub(super) since_try: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// Use what is kept.
    Use,
    /// Use what is kept, and ask for something newer meanwhile.
    UseAndAsk,
    /// Ask, or join whoever is asking, and wait for what comes of it.
    Ask,
    /// There is nothing, and it has just turned out that there is nothing to be had.
    GiveUp,
}

/// What a call does that needs a value.
pub(super) fn decide(view: View) -> Move {
    let failed_within = |limit| view.since_failure.is_some_and(|since| since < limit);
    let meanwhile =
        if view.under_way || failed_within(PAUSE) { Move::Use } else { Move::UseAndAsk };
    match view.good {
        // A quarter of its time is enough to fetch the next one before anybody has to wait.
        Some(good) if good.age < good.fresh_for * 3 / 4 => Move::Use,
        Some(good) if good.age < good.fresh_for => meanwhile,
        // In an outage nobody waits for a try that will most likely fail.
        Some(good) if good.age < good.usable_for && in_outage(view) => meanwhile,
        None | Some(_) if failed_within(PAUSE) && !view.under_way && !usable(view) => Move::GiveUp,
        None | Some(_) => Move::Ask,
    }
}

/// Whether the last try failed a moment ago; while another is under way, a moment before that began.
fn in_outage(view: View) -> bool {
    let since_then = if view.under_way { view.since_try } else { None }.unwrap_or_default();
    view.since_failure.is_some_and(|since| since.saturating_sub(since_then) < OUTAGE_MEMORY)
}

/// Whether a call may ask that has a value, and found something in its token that the value does not
/// know: an attacker could send such tokens without end.
pub(super) fn may_ask_for_newer(view: View) -> bool {
    view.under_way || view.since_try.is_none_or(|since| since >= COOL_DOWN)
}

/// Whether the last good value may still be used.
pub(super) fn usable(view: View) -> bool {
    view.good.is_some_and(|good| good.age < good.usable_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A value that is fresh for 100 s and usable for 1000.
    fn aged(age: u64) -> Option<Age> {
        Some(Age { age: seconds(age), fresh_for: seconds(100), usable_for: seconds(1_000) })
    }

    fn failed(since: u64) -> View {
        View { since_failure: Some(seconds(since)), ..View::default() }
    }

    #[test]
    fn what_is_fresh_is_used_and_what_is_old_is_asked_for() {
        for (age, expected) in [
            (0, Move::Use),
            (74, Move::Use),
            (75, Move::UseAndAsk),
            (99, Move::UseAndAsk),
            (100, Move::Ask),
            (999, Move::Ask),
            (1_000, Move::Ask),
        ] {
            assert_eq!(decide(View { good: aged(age), ..View::default() }), expected, "{age}");
        }
        assert_eq!(decide(View::default()), Move::Ask);
    }

    #[test]
    fn nobody_asks_beside_somebody_who_does() {
        for (age, expected) in [(74, Move::Use), (75, Move::Use), (100, Move::Ask)] {
            let view = View { good: aged(age), under_way: true, ..View::default() };
            assert_eq!(decide(view), expected, "{age}");
        }
        assert_eq!(decide(View { under_way: true, ..failed(0) }), Move::Ask);
    }

    #[test]
    fn in_an_outage_the_last_good_value_goes_on_and_somebody_asks_now_and_then() {
        for (age, since, expected) in [
            (80, 0, Move::Use),
            (80, 1, Move::UseAndAsk),
            (100, 0, Move::Use),
            (100, 1, Move::UseAndAsk),
            (100, 2, Move::UseAndAsk),
            (100, 3, Move::Ask),
            (999, 0, Move::Use),
            (999, 1, Move::UseAndAsk),
            (1_000, 0, Move::GiveUp),
            (1_000, 1, Move::Ask),
        ] {
            let view = View { good: aged(age), ..failed(since) };
            assert_eq!(decide(view), expected, "{age}, {since}");
        }
        // The try that is under way began two seconds after the failure, or three.
        for (since_try, expected) in [(5, Move::Use), (4, Move::Ask)] {
            let since_try = Some(seconds(since_try));
            let view = View { good: aged(999), under_way: true, since_try, ..failed(7) };
            assert_eq!(decide(view), expected);
        }
    }

    #[test]
    fn with_nothing_at_all_a_failure_is_believed_for_a_second() {
        assert_eq!(decide(failed(0)), Move::GiveUp);
        assert_eq!(decide(failed(1)), Move::Ask);
    }

    #[test]
    fn what_is_unknown_is_asked_for_once_in_a_while() {
        let tried = |since| View { since_try: Some(seconds(since)), ..View::default() };
        assert!(may_ask_for_newer(View::default()));
        assert!(!may_ask_for_newer(tried(0)));
        assert!(!may_ask_for_newer(tried(9)));
        assert!(may_ask_for_newer(tried(10)));
        assert!(may_ask_for_newer(View { under_way: true, ..tried(0) }));
    }

    #[test]
    fn a_value_is_usable_until_its_limit() {
        let view = |age| View { good: aged(age), ..View::default() };
        assert!(usable(view(999)) && !usable(view(1_000)) && !usable(View::default()));
    }
}
