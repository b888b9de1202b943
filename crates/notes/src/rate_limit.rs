//! The rate limit of each user: no account takes more than its share of the database. It comes right behind the
//! access token, before a body is read, so that a new call has it without asking.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use shared::UserId;

use crate::dependencies::Dependencies;

/// How much a user may do at once, where a call counts 1.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
/// How long it takes until there is one more.
const REFILL: Duration = Duration::from_millis(50);
/// What a call counts.
pub const CALL: NonZeroU32 = NonZeroU32::new(1).expect("not zero");
/// What a search counts beside the call: it reads up to all that the quota allows, 10 MB in 10 to 70 ms, where
/// other calls read a page.
pub const SEARCH: NonZeroU32 = NonZeroU32::new(4).expect("not zero");
/// How often users who may do everything again are forgotten.
const SWEEP: Duration = Duration::from_secs(10);

/// A call too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// Seconds until it is worth trying again; at least 1.
    pub retry_after: u64,
}

/// A token bucket for each user. A user has one only if an access token was verified, so that invented users take no
/// memory. Clones share the buckets.
#[derive(Clone)]
pub struct RateLimit(Arc<Inner>);

struct Inner {
    limiter:
        RateLimiter<UserId, DefaultKeyedStateStore<UserId>, Monotonic, NoOpMiddleware<Duration>>,
    swept_at: Mutex<Duration>,
}

impl RateLimit {
    /// Full buckets.
    #[must_use]
    pub fn new(dependencies: Dependencies) -> Self {
        let quota = Quota::with_period(REFILL).expect("longer than nothing").allow_burst(AT_ONCE);
        let clock = Monotonic(dependencies);
        let swept_at = Mutex::new(clock.now());
        let limiter = RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock);
        Self(Arc::new(Inner { limiter, swept_at }))
    }

    /// Takes so much of what the user may do.
    ///
    /// # Errors
    /// If that is more than is left.
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

    /// How many users are in memory.
    #[must_use]
    pub fn users(&self) -> usize {
        self.0.limiter.len()
    }

    fn sweep(&self, now: Duration) {
        // An instant is never left half changed.
        let mut swept_at = self.0.swept_at.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*swept_at) >= SWEEP {
            *swept_at = now;
            self.0.limiter.retain_recent();
            self.0.limiter.shrink_to_fit();
        }
    }
}

/// Monotonic time: a wall clock that is set back would keep buckets empty.
#[derive(Clone)]
struct Monotonic(Dependencies);

impl Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
