//! Token buckets, one for each key, bounded in number: an attacker with ever new addresses cannot exhaust memory.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter, clock};
use parking_lot::{Mutex, MutexGuard};

use super::key::Key;
use super::rate::Rate;
use crate::clock::Clock;

/// How many keys have a bucket of their own, for each limit.
pub const MOST_KEYS: usize = 8_192;
/// How many buckets the overflow keys share. An attacker who fills all places fills one of these; to fill them all
/// takes a thousand more keys.
pub const SHARED: usize = 1_024;
/// How often full buckets are evicted.
const SWEEP_SECONDS: u64 = 10;
/// The same while there is no place for another key: most keys of a busy server are back at their limit at once.
const SWEEP_SECONDS_WHEN_FULL: u64 = 1;

/// The buckets of one rate limit.
pub(super) struct Buckets {
    limiter: RateLimiter<Key, Places, Steady, NoOpMiddleware<Duration>>,
    places: Places,
    /// The time in which one token is added.
    period: Nanos,
    swept_at: Mutex<Duration>,
}

impl Buckets {
    /// Full buckets of this rate.
    pub(super) fn new(rate: Rate, clock: Clock) -> Self {
        let quota = Quota::with_period(rate.period)
            .zip(NonZeroU32::new(rate.at_once))
            .map(|(quota, at_once)| quota.allow_burst(at_once))
            .expect("the bounds of rates are above zero");
        let clock = Steady::over(clock);
        let swept_at = Mutex::new(clock::Clock::now(&clock));
        let places = Places::default();
        let limiter = RateLimiter::new(quota, places.clone(), clock);
        Self { limiter, places, period: rate.period.into(), swept_at }
    }

    /// Takes a token, or returns the seconds until there is one.
    pub(super) fn take(&self, key: Key) -> Result<(), i64> {
        let now = clock::Clock::now(self.limiter.clock());
        self.sweep(now);
        self.limiter.check_key(&key).map_err(|refused| {
            let wait = refused.wait_time_from(now);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            i64::try_from(seconds).unwrap_or(i64::MAX).max(1)
        })
    }

    /// The seconds until there is a token, for a key with a bucket of its own that is empty. Takes no token.
    pub(super) fn wait(&self, key: Key) -> Option<i64> {
        if !self.places.lock().contains_key(&key) {
            return None;
        }
        let wait = self.take(key).err();
        if wait.is_none() {
            self.give_back(key);
        }
        wait
    }

    /// Returns a token: the call was not of the limited kind.
    pub(super) fn give_back(&self, key: Key) {
        let mut places = self.places.lock();
        let key = if places.contains_key(&key) { key } else { self.places.shared(&key) };
        if let Some(state) = places.get_mut(&key) {
            *state = state.saturating_sub(self.period);
        }
    }

    /// How many keys are in memory.
    pub(super) fn keys(&self) -> usize {
        self.limiter.len()
    }

    fn sweep(&self, now: Duration) {
        let mut swept_at = self.swept_at.lock();
        let is_full = self.limiter.len() >= MOST_KEYS;
        let period = if is_full { SWEEP_SECONDS_WHEN_FULL } else { SWEEP_SECONDS };
        if now.saturating_sub(*swept_at).as_secs() >= period {
            *swept_at = now;
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}

/// The state of each key, in a bounded number of places. Clones share it.
#[derive(Clone, Default)]
struct Places {
    places: Arc<Mutex<HashMap<Key, Nanos>>>,
    /// Random, so that an attacker cannot choose which bucket a key shares.
    hasher: RandomState,
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Nanos>> {
        self.places.lock()
    }

    fn shared(&self, key: &Key) -> Key {
        Key::Shared(self.hasher.hash_one(key) % SHARED as u64)
    }
}

impl StateStore for Places {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut places = self.lock();
        let is_full = places.len() >= MOST_KEYS && !places.contains_key(key);
        let key = if is_full { self.shared(key) } else { *key };
        let (taken, state) = measure(places.get(&key).copied())?;
        places.insert(key, state);
        Ok(taken)
    }
}

impl ShrinkableKeyedStateStore<Key> for Places {
    fn retain_recent(&self, drop_below: Nanos) {
        self.lock().retain(|_, state| *state > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.lock().shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

/// Our clock for governor, made monotonic: if the machine's clock is set back, a bucket must not stay empty for as
/// long.
struct Steady {
    clock: Clock,
    /// The last reading, and the seconds by which the clock was set back in all.
    state: Mutex<(i64, i64)>,
}

impl Steady {
    fn over(clock: Clock) -> Self {
        let now = clock.now().0;
        Self { clock, state: Mutex::new((now, 0)) }
    }
}

impl clock::Clock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut state = self.state.lock();
        let (last, set_back) = *state;
        let now = self.clock.now().0;
        let set_back = set_back.saturating_add(last.saturating_sub(now).max(0));
        *state = (now, set_back);
        Duration::from_secs(u64::try_from(now.saturating_add(set_back)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use shared::NumericDate;

    use super::*;

    fn clock() -> Clock {
        Clock::manual(NumericDate(1_800_000_000))
    }

    fn rate(at_once: u32, milliseconds: u64) -> Rate {
        Rate { at_once, period: Duration::from_millis(milliseconds) }
    }

    fn from(network: u32) -> Key {
        Key::Network(Some(IpAddr::V4(Ipv4Addr::from_bits(network))))
    }

    #[test]
    fn a_bucket_empties_refills_and_says_when() {
        let clock = clock();
        let buckets = Buckets::new(rate(3, 2_500), clock.clone());
        for _ in 0..3 {
            assert_eq!(buckets.take(from(1)), Ok(()));
        }
        assert_eq!(buckets.take(from(1)), Err(3));
        assert_eq!(buckets.take(from(2)), Ok(()));
        clock.advance(2);
        assert_eq!(buckets.take(from(1)), Err(1));
        clock.advance(1);
        assert_eq!(buckets.take(from(1)), Ok(()));
        assert_eq!(buckets.take(from(1)), Err(2));
    }

    /// How many calls a limit admits in a day, as docs/operating.md says.
    #[test]
    fn no_more_pass_within_a_time_than_the_rate_says() {
        for (rate, seconds) in [(rate(3, 2_500), 60), (rate(1, 7_000), 100), (rate(20, 300), 30)] {
            let clock = clock();
            let buckets = Buckets::new(rate, clock.clone());
            let mut passed = 0;
            for _ in 0..=seconds {
                while buckets.take(from(1)).is_ok() {
                    passed += 1;
                }
                clock.advance(1);
            }
            assert_eq!(passed, rate.most_within(Duration::from_secs(seconds)), "{rate}");
        }
    }

    #[test]
    fn what_was_taken_and_given_back_can_be_taken_again_and_no_more() {
        let clock = clock();
        let buckets = Buckets::new(rate(2, 1_000), clock.clone());
        for _ in 0..100 {
            assert_eq!(buckets.take(from(1)), Ok(()));
            buckets.give_back(from(1));
        }
        buckets.give_back(from(1));
        buckets.give_back(from(2));
        for key in [1, 2] {
            assert_eq!((buckets.take(from(key)), buckets.take(from(key))), (Ok(()), Ok(())));
            assert_eq!(buckets.take(from(key)), Err(1));
        }
        // The same for a key that shares a bucket.
        for network in 3..=MOST_KEYS as u32 + SHARED as u32 * 20 {
            let _ = buckets.take(from(network));
        }
        let last = from(u32::MAX);
        assert!(buckets.take(last).is_err());
        buckets.give_back(last);
        assert_eq!(buckets.take(last), Ok(()));
    }

    #[test]
    fn a_question_for_the_wait_takes_nothing_and_no_place() {
        let clock = clock();
        let buckets = Buckets::new(rate(2, 1_500), clock.clone());
        assert_eq!((buckets.wait(from(1)), buckets.keys()), (None, 0));
        assert_eq!(buckets.take(from(1)), Ok(()));
        for _ in 0..10 {
            assert_eq!(buckets.wait(from(1)), None);
        }
        assert_eq!(buckets.take(from(1)), Ok(()));
        assert_eq!((buckets.wait(from(1)), buckets.take(from(1))), (Some(2), Err(2)));
        clock.advance(2);
        assert_eq!((buckets.wait(from(1)), buckets.take(from(1))), (None, Ok(())));
    }

    #[test]
    fn what_finds_no_place_shares_and_memory_stays_bounded() {
        let clock = clock();
        let buckets = Buckets::new(rate(1, 1_000), clock.clone());
        let passed = (0..100_000).filter(|network| buckets.take(from(*network)).is_ok()).count();
        assert_eq!(passed, MOST_KEYS + SHARED);
        assert_eq!(buckets.keys(), MOST_KEYS + SHARED);
        assert!(buckets.take(from(100_001)).is_err());
        // A key with a bucket of its own keeps it, unaffected by others.
        clock.advance(1);
        assert_eq!(buckets.take(from(0)), Ok(()));
        clock.advance(20);
        assert_eq!(buckets.take(from(0)), Ok(()));
        assert_eq!(buckets.keys(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_no_client_out() {
        let clock = clock();
        let buckets = Buckets::new(rate(1, 1_000), clock.clone());
        assert_eq!(buckets.take(from(1)), Ok(()));
        clock.advance(-86_400);
        assert_eq!(buckets.take(from(1)), Err(1));
        clock.advance(1);
        assert_eq!(buckets.take(from(1)), Ok(()));
    }
}
