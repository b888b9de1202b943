//! The log: lines on standard error, written by a thread of its own. A pipe that is not read blocks no request: lines
//! that do not fit into the queue are dropped and counted, and a later line reports the count. A panic is logged like
//! any other line.

use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// The capacity of the queue, in lines: about 1 MiB.
const LINES: usize = 4_096;
/// A spell of dropped lines ends when this much time passes without another drop.
const QUIET: Duration = Duration::from_secs(1);

/// The process's log. On drop it flushes the queue, for a second at most.
pub struct Log {
    lines: NonBlocking,
    writes_the_rest: Option<WorkerGuard>,
}

/// The count of dropped lines, and how many of them were reported.
#[derive(Debug)]
pub struct Dropped {
    counter: ErrorCounter,
    counted: usize,
    reported: usize,
}

impl Log {
    /// The log on standard error. [`Log::start`] starts it; until then only [`Log::say`] writes.
    #[must_use]
    pub fn on_standard_error() -> Self {
        let builder = NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true);
        let (lines, guard) = builder.finish(std::io::stderr());
        Self { lines, writes_the_rest: Some(guard) }
    }

    /// Starts logging, panics included. `filter` is the syntax of `tracing-subscriber`.
    ///
    /// # Errors
    /// If the filter cannot be read.
    pub fn start(&self, filter: &str) -> Result<(), String> {
        let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
        // The subscriber's complaints about itself would bypass the queue.
        let lines = tracing_subscriber::fmt().with_writer(self.lines.clone());
        lines.with_env_filter(filter).with_ansi(false).log_internal_errors(false).init();
        log_panics();
        Ok(())
    }

    /// Writes a line outside the log's format: the error that stopped the service.
    pub fn say(&self, line: &str) {
        let _ = self.lines.clone().write_all(format!("{}\n", line.replace('\n', " ")).as_bytes());
    }

    /// Counts lines that are dropped from this call on.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        Dropped { counter: self.lines.error_counter(), counted: 0, reported: 0 }
    }
}

impl Drop for Log {
    /// A full queue means that the pipe is not read: the guard would wait in vain, and complain on standard output,
    /// which is reserved for another line and may be closed.
    fn drop(&mut self) {
        let dropped = self.lines.error_counter();
        let before = dropped.dropped_lines();
        let _ = self.lines.write(&[]);
        if dropped.dropped_lines() > before {
            std::mem::forget(self.writes_the_rest.take());
        }
    }
}

impl Dropped {
    /// Reports the count once per spell. It ends with its task.
    pub async fn keep_reporting(mut self) {
        let mut look = interval(QUIET);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            self.report();
        }
    }

    fn report(&mut self) {
        let dropped = self.counter.dropped_lines();
        let is_over = std::mem::replace(&mut self.counted, dropped) == dropped;
        if !is_over || dropped == self.reported {
            return;
        }
        tracing::warn!(event = "log.dropped", lines = dropped - self.reported);
        // If the report itself was dropped, it is retried later and counts as well.
        self.counted = self.counter.dropped_lines();
        if self.counted == dropped {
            self.reported = dropped;
        }
    }
}

/// Logs panics. The default hook writes to standard error itself, which blocks while a pipe is full.
pub fn log_panics() {
    std::panic::set_hook(Box::new(log_panic));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let (thread, text) = (std::thread::current(), panic.payload_as_str().unwrap_or("no text"));
    let (thread, place) = (thread.name(), panic.location().map(ToString::to_string));
    let place = place.unwrap_or_default();
    tracing::error!(event = "panicked", thread, ?text, "panicked at {place}");
}
