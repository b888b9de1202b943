//! Waiting and measuring, for the whole suite in one place. A fault needs its moment: here waiting
//! is the experiment, not a way to make a test pass. Nothing is asserted about durations but what is
//! promised in seconds, and the bounds that keep the suite finite.

use std::time::{Duration, Instant};

/// The longest a single step of the suite may take before it counts as a fault of the program.
pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// The contract: while the database cannot be reached, everybody is told so within this time.
pub(crate) const UNAVAILABLE_WITHIN: Duration = Duration::from_secs(3);

/// When it is back, everybody is served within this time.
pub(crate) const SERVED_WITHIN: Duration = Duration::from_secs(2);

/// Lets this much time pass.
#[expect(clippy::disallowed_methods, reason = "faults are spread over time on purpose")]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The machine's time, in seconds of Unix time.
#[expect(clippy::disallowed_methods, reason = "tokens are made for the real time")]
pub(crate) fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Measures how long something takes.
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
