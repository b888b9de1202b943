//! The age of a cached value, on a machine that may have been suspended: its monotonic clock stopped then, and only
//! the wall clock counts.

use std::time::Duration;

use tokio::time::Instant;
use types::NumericDate;

use super::options::Options;

/// The wall clock has whole seconds: two readings overstate the elapsed time by at most this much.
const RESOLUTION: Duration = Duration::from_secs(1);

/// The monotonic clock and the wall clock.
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

    pub(super) fn now(&self) -> Timestamp {
        Timestamp { monotonic: Instant::now(), wall: self.0.now() }
    }

    /// The time elapsed since `earlier`, by the clock that says more. A wall clock that was set forward makes a value
    /// look older, which costs a fetch; one that was set back has no effect.
    pub(super) fn since(&self, earlier: Timestamp) -> Duration {
        let now = self.now();
        let by_wall = u64::try_from(now.wall.since(earlier.wall)).unwrap_or_default();
        let by_wall = Duration::from_secs(by_wall).saturating_sub(RESOLUTION);
        now.monotonic.saturating_duration_since(earlier.monotonic).max(by_wall)
    }
}
