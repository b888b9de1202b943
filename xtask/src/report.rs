//! xtask's output: plain lines that suit a log, without colours and without a terminal.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "speaking is this file's purpose")]

use crate::process::Failed;
use std::time::{Duration, Instant};

/// Prints one line.
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Announces a slow step.
pub(crate) fn heading(text: &str) {
    println!("\n==> {text}");
}

/// Prints the error with every cause.
pub(crate) fn failure(error: &anyhow::Error) {
    let already_reported = error.downcast_ref::<Failed>().is_some_and(|failed| failed.reported);
    if !already_reported {
        eprintln!("\nxtask: {error:#}");
    }
}

/// Announces `title`, does `work` and prints how long it took.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    heading(title);
    let stopwatch = Stopwatch::start();
    let outcome = work();
    let verb = if outcome.is_ok() { "done" } else { "failed" };
    say(&format!("    {verb} after {}", duration(stopwatch.elapsed())));
    outcome
}

/// Measures how long a step takes.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the duration is only shown, never decided on")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", elapsed.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        assert_eq!(duration(Duration::from_millis(430)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(12)), "12 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }
}
