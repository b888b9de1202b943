//! Fresh or stale (RFC 9111, RFC 5861): one pure function decides whether a call is served from the cache, fetches,
//! or fails. Next: `cache.rs`, which executes the decision.

use std::time::Duration;

/// The back-off after a failed fetch.
pub(super) const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The rate limit for fetches that an unknown key causes.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(10);
/// For how long after a failure the next fetch is expected to fail, too. It adds to the delay of a revocation: a
/// service with few calls must not rely on a stale value for long.
const OUTAGE_WINDOW: Duration = Duration::from_secs(3);
/// The same after a stale answer of a cache on the way. That cache does answer, so a call can wait for it.
const STALE_ANSWER_WINDOW: Duration = RETRY_DELAY;

/// The age of a cached value, and its limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Freshness {
    pub(super) age: Duration,
    /// Below this age the value is fresh (RFC 9111 section 4.2).
    pub(super) fresh_for: Duration,
    /// Below this age a stale value may be served in an outage (stale-if-error, RFC 5861 section 4).
    pub(super) usable_for: Duration,
}

/// The inputs of the decision.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CacheState {
    /// The last good value.
    pub(super) good: Option<Freshness>,
    /// Whether a fetch is in flight.
    pub(super) fetching: bool,
    /// The time since the last fetch failed; `None` if it succeeded.
    pub(super) since_failure: Option<Duration>,
    /// Whether that failure was a stale answer of a cache on the way.
    pub(super) served_stale: bool,
    /// The time since the last fetch began.
    pub(super) since_fetch: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Serve the cached value, fresh or, in an outage, stale (stale-if-error, RFC 5861 section 4).
    Serve,
    /// Serve it, fresh or stale in the same way, and revalidate it in the background.
    ServeAndRevalidate,
    /// Start a fetch, or join the one in flight, and wait for it.
    Fetch,
    /// Fail at once: the cache is empty or too stale, and a fetch has just failed.
    Fail,
}

/// What a call does that needs a value.
pub(super) fn decide(state: CacheState) -> Decision {
    let failed_within = |limit| state.since_failure.is_some_and(|since| since < limit);
    let serve_while_revalidating = if state.fetching || failed_within(RETRY_DELAY) {
        Decision::Serve
    } else {
        Decision::ServeAndRevalidate
    };
    match state.good {
        // The last quarter of its freshness is enough to revalidate it before a call has to wait.
        Some(good) if good.age < good.fresh_for * 3 / 4 => Decision::Serve,
        Some(good) if good.age < good.fresh_for => serve_while_revalidating,
        // In an outage no call waits for a fetch that will most likely fail.
        Some(good) if good.age < good.usable_for && in_outage(state) => serve_while_revalidating,
        None | Some(_) if failed_within(RETRY_DELAY) && !state.fetching && !usable(state) => {
            Decision::Fail
        }
        None | Some(_) => Decision::Fetch,
    }
}

/// Whether the last fetch failed within the window; if a new one is in flight, within the window before that one
/// began.
fn in_outage(state: CacheState) -> bool {
    let window = if state.served_stale { STALE_ANSWER_WINDOW } else { OUTAGE_WINDOW };
    let since_then = if state.fetching { state.since_fetch } else { None }.unwrap_or_default();
    state.since_failure.is_some_and(|since| since.saturating_sub(since_then) < window)
}

/// Whether a call may fetch because its token names a key that the cache does not have. A rate limit: an attacker
/// could send such tokens without end.
pub(super) fn may_refetch(state: CacheState) -> bool {
    state.fetching || state.since_fetch.is_none_or(|since| since >= COOL_DOWN)
}

/// Whether the last good value may still be served, fresh or stale.
pub(super) fn usable(state: CacheState) -> bool {
    state.good.is_some_and(|good| good.age < good.usable_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A value that is fresh for 100 s and usable for 1000.
    fn aged(age: u64) -> Option<Freshness> {
        Some(Freshness { age: seconds(age), fresh_for: seconds(100), usable_for: seconds(1_000) })
    }

    fn failed(since: u64) -> CacheState {
        CacheState { since_failure: Some(seconds(since)), ..CacheState::default() }
    }

    #[test]
    fn a_fresh_value_is_served_and_a_stale_one_is_fetched() {
        for (age, expected) in [
            (0, Decision::Serve),
            (74, Decision::Serve),
            (75, Decision::ServeAndRevalidate),
            (99, Decision::ServeAndRevalidate),
            (100, Decision::Fetch),
            (999, Decision::Fetch),
            (1_000, Decision::Fetch),
        ] {
            assert_eq!(
                decide(CacheState { good: aged(age), ..CacheState::default() }),
                expected,
                "{age}"
            );
        }
        assert_eq!(decide(CacheState::default()), Decision::Fetch);
    }

    #[test]
    fn a_call_starts_no_fetch_beside_one_under_way() {
        for (age, expected) in
            [(74, Decision::Serve), (75, Decision::Serve), (100, Decision::Fetch)]
        {
            let state = CacheState { good: aged(age), fetching: true, ..CacheState::default() };
            assert_eq!(decide(state), expected, "{age}");
        }
        assert_eq!(decide(CacheState { fetching: true, ..failed(0) }), Decision::Fetch);
    }

    #[test]
    fn in_an_outage_the_stale_value_is_served_and_revalidated_now_and_then() {
        for (age, since, expected) in [
            (80, 0, Decision::Serve),
            (80, 1, Decision::ServeAndRevalidate),
            (100, 0, Decision::Serve),
            (100, 1, Decision::ServeAndRevalidate),
            (100, 2, Decision::ServeAndRevalidate),
            (100, 3, Decision::Fetch),
            (999, 0, Decision::Serve),
            (999, 1, Decision::ServeAndRevalidate),
            (1_000, 0, Decision::Fail),
            (1_000, 1, Decision::Fetch),
        ] {
            let state = CacheState { good: aged(age), ..failed(since) };
            assert_eq!(decide(state), expected, "{age}, {since}");
        }
        // The fetch in flight began two seconds after the failure, or three.
        for (since_fetch, expected) in [(5, Decision::Serve), (4, Decision::Fetch)] {
            let since_fetch = Some(seconds(since_fetch));
            let state = CacheState { good: aged(999), fetching: true, since_fetch, ..failed(7) };
            assert_eq!(decide(state), expected);
        }
    }

    #[test]
    fn after_a_stale_answer_of_a_cache_the_next_one_is_waited_for() {
        for (age, since, expected) in [
            (80, 1, Decision::ServeAndRevalidate),
            (100, 0, Decision::Serve),
            (100, 1, Decision::Fetch),
            (1_000, 0, Decision::Fail),
            (1_000, 1, Decision::Fetch),
        ] {
            let state = CacheState { good: aged(age), served_stale: true, ..failed(since) };
            assert_eq!(decide(state), expected, "{age}, {since}");
        }
    }

    #[test]
    fn without_a_value_a_failure_is_cached_for_a_second() {
        assert_eq!(decide(failed(0)), Decision::Fail);
        assert_eq!(decide(failed(1)), Decision::Fetch);
    }

    #[test]
    fn an_unknown_key_is_fetched_once_in_each_cool_down() {
        let fetched =
            |since| CacheState { since_fetch: Some(seconds(since)), ..CacheState::default() };
        assert!(may_refetch(CacheState::default()));
        assert!(!may_refetch(fetched(0)));
        assert!(!may_refetch(fetched(9)));
        assert!(may_refetch(fetched(10)));
        assert!(may_refetch(CacheState { fetching: true, ..fetched(0) }));
    }

    #[test]
    fn a_value_is_usable_until_its_limit() {
        let state = |age| CacheState { good: aged(age), ..CacheState::default() };
        assert!(usable(state(999)) && !usable(state(1_000)) && !usable(CacheState::default()));
    }
}
