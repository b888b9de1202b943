//! Clocks and pauses of the load generator, in one place.

use std::time::{Duration, Instant};

/// Measures a duration.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measuring time is this program's purpose")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The wall clock, in seconds of Unix time: rows are filled in for the real time.
#[expect(clippy::disallowed_methods, reason = "filled sessions must be live")]
pub(crate) fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Blocks the thread: between two looks at a process that is ending.
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}
