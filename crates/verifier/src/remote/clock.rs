//! How old a cached value is, on a machine that may have been suspended: its timers stood still then, and only
//! the wall clock tells. It must not know what is cached.

use std::time::Duration;

use shared::NumericDate;
use tokio::time::Instant;

use super::options::Options;

/// The wall clock is read in whole seconds: two readings tell of this much more than has passed, at most.
const RESOLUTION: Duration = Duration::from_secs(1);

/// Tells how much time has passed.
#[derive(Clone)]
pub(super) struct Clock(Options);

/// An instant, by both clocks.
#[derive(Clone, Copy)]
pub(super) struct Timestamp {
    monotonic: Instant,
    wall: NumericDate,
}

impl Clock {
    pub(super) fn new(options: &Options) -> Self {
        Self(options.clone())
    }

    /// The present instant.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp { monotonic: Instant::now(), wall: self.0.now() }
    }

    /// How long ago `earlier` was: by whichever clock says more. A wall clock that was set forward makes a value
    /// look older than it is, and costs a fetch; one that was set back changes nothing.
    pub(super) fn since(&self, earlier: Timestamp) -> Duration {
        let now = self.now();
        let by_wall = u64::try_from(now.wall.since(earlier.wall)).unwrap_or_default();
        let by_wall = Duration::from_secs(by_wall).saturating_sub(RESOLUTION);
        now.monotonic.saturating_duration_since(earlier.monotonic).max(by_wall)
    }
}
