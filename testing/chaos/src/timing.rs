//! Waiting and measuring, for the whole suite in one place. A fault needs its moment: a pause here is the experiment,
//! not a way to make a test pass. The only asserted durations are promises in seconds, and the timeouts that keep the
//! suite finite.

use std::time::{Duration, Instant};

/// The timeout of a single step; beyond it, the program is at fault.
pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// The promise: while the database is unreachable, every call is answered with 503 within this time.
pub(crate) const UNAVAILABLE_WITHIN: Duration = Duration::from_secs(3);

/// The promise: once it is back, every client is served within this time.
pub(crate) const SERVED_WITHIN: Duration = Duration::from_secs(2);

/// The promise: a rotation is in the database within this time. It is written after 100 ms.
pub(crate) const WRITTEN_WITHIN: Duration = Duration::from_secs(1);

/// Sleeps.
#[expect(clippy::disallowed_methods, reason = "faults are spread over time on purpose")]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The wall clock, in seconds of Unix time.
#[expect(clippy::disallowed_methods, reason = "tokens are made for the real time")]
pub(crate) fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Measures a duration.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "durations are reported, and bound the suite")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    pub(crate) fn seconds(self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}
