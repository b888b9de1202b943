//! The rate limit of each user, so that no account takes more than its share of the database. It is checked right
//! after the access token, before the body is read, and covers new endpoints by default.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;
use shared::UserId;

use crate::dependencies::Dependencies;

/// The burst: how many calls a user may make at once.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
/// The time in which a bucket regains one call.
const REFILL: Duration = Duration::from_millis(50);
/// The cost of a call.
pub const CALL: NonZeroU32 = NonZeroU32::new(1).expect("not zero");
/// The cost of a search, in addition to the call: it reads up to all that the quota allows, 10 MB in 10 to 70 ms,
/// where other calls read a page.
pub const SEARCH: NonZeroU32 = NonZeroU32::new(4).expect("not zero");
/// How often full buckets are evicted.
const SWEEP: Duration = Duration::from_secs(10);

/// The rate limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// Seconds until a retry can succeed; at least 1.
    pub retry_after: u64,
}

/// A token bucket for each user. Only a verified access token creates one, so invented users take no memory. Clones
/// share the buckets.
#[derive(Clone)]
pub struct RateLimit(Arc<Inner>);

struct Inner {
    limiter:
        RateLimiter<UserId, DefaultKeyedStateStore<UserId>, Monotonic, NoOpMiddleware<Duration>>,
    swept_at: Mutex<Duration>,
}

impl RateLimit {
    /// With full buckets.
    #[must_use]
    pub fn new(dependencies: Dependencies) -> Self {
        let quota = Quota::with_period(REFILL).expect("longer than nothing").allow_burst(AT_ONCE);
        let clock = Monotonic(dependencies);
        let swept_at = Mutex::new(clock.now());
        let limiter = RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock);
        Self(Arc::new(Inner { limiter, swept_at }))
    }

    /// Takes `count` from the user's bucket.
    ///
    /// # Errors
    /// If the bucket holds less.
    pub fn take(&self, user: UserId, count: NonZeroU32) -> Result<(), RateLimited> {
        let limiter = &self.0.limiter;
        let now = limiter.clock().now();
        self.sweep(now);
        let taken = limiter.check_key_n(&user, count).expect("every count is below a full bucket");
        taken.map_err(|refused| {
            let wait = refused.wait_time_from(now);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            RateLimited { retry_after: seconds.max(1) }
        })
    }

    /// How many users have a bucket.
    #[must_use]
    pub fn users(&self) -> usize {
        self.0.limiter.len()
    }

    fn sweep(&self, now: Duration) {
        let mut swept_at = self.0.swept_at.lock();
        if now.saturating_sub(*swept_at) >= SWEEP {
            *swept_at = now;
            self.0.limiter.retain_recent();
            self.0.limiter.shrink_to_fit();
        }
    }
}

/// A monotonic clock: with a wall clock that is set back, buckets would stay empty.
#[derive(Clone)]
struct Monotonic(Dependencies);

impl Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
