//! Logging: structured lines on standard error, so that standard output stays for the one line that says where the
//! server listens. Lines pass a rate limit ([`rate_limit`]) and a bounded queue ([`queue`]). Secrets cannot be
//! logged by accident: their types have neither `Debug` nor `Display`.

mod queue;
mod rate_limit;
mod target;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;
use std::io;
use std::panic::PanicHookInfo;
use std::time::Duration;

use governor::clock::Clock;
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

pub use self::queue::{LogQueue, QUEUE_BYTES};
pub use self::rate_limit::{AT_ONCE, Due, LogRateLimit, PERIOD, SUMMARY_PERIOD};
pub use self::target::{AUDIT, REQUEST};

/// Timeout of the last lines at exit: the stop within 10 s of SIGTERM depends on it.
const CLOSE_TIME: Duration = Duration::from_millis(500);

/// The log of the process. Dropping it writes what is queued, for half a second at most.
pub struct Log {
    queue: LogQueue,
    limit: LogRateLimit,
}

impl Log {
    /// The log on standard error. [`Log::start`] starts it; until then only [`Log::say`] writes.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn on_standard_error() -> io::Result<Self> {
        let limit = LogRateLimit::default();
        let of_thread = limit.clone();
        let summarise = move |due| of_thread.summarise(due);
        Ok(Self { queue: LogQueue::start(io::stderr(), summarise)?, limit })
    }

    /// Starts logging, panics included. `filter` is the syntax of `tracing-subscriber`, for example
    /// `info,backend=debug`.
    ///
    /// # Errors
    /// If the filter cannot be read.
    pub fn start(&self, filter: &str, json: bool) -> Result<(), String> {
        subscriber(filter, json, self.limit.clone(), self.queue.clone())?.init();
        log_panics();
        Ok(())
    }

    /// Writes a line outside the log's format, such as the error that stopped a command.
    pub fn say(&self, line: &str) {
        self.queue.push(format!("{}\n", line.replace('\n', " ")).as_bytes());
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.queue.close(CLOSE_TIME);
    }
}

/// Formats events as lines: as text, or each as a JSON object.
///
/// # Errors
/// If the filter cannot be read.
pub fn subscriber<C>(
    filter: &str,
    json: bool,
    limit: LogRateLimit<C>,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Result<Dispatch, String>
where
    C: Clock + Clone + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| format!("the log filter {filter:?} cannot be read: {error}"))?;
    let request = format!("{REQUEST}=error").parse().expect("a target and a level");
    let filter = filter.add_directive(request);
    // Its own error messages would go to standard error past the queue.
    let lines = fmt().with_writer(writer).with_env_filter(filter).log_internal_errors(false);
    Ok(if json {
        Dispatch::new(lines.json().finish().with(limit))
    } else {
        Dispatch::new(lines.with_ansi(false).finish().with(limit))
    })
}

/// Logs panics. The default hook writes to standard error, which blocks while a pipe is full, and writes several
/// lines, which are no JSON.
pub fn log_panics() {
    std::panic::set_hook(Box::new(log_panic));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let (thread, text) = (std::thread::current(), panic.payload_as_str().unwrap_or("no text"));
    let (thread, place) = (thread.name(), panic.location().map(ToString::to_string));
    let place = place.unwrap_or_default();
    // Only with RUST_BACKTRACE. Quoted, as the text is: both may have several lines.
    let backtrace = Some(Backtrace::capture());
    let backtrace = backtrace.filter(|it| it.status() == BacktraceStatus::Captured);
    let backtrace = backtrace.as_ref().map(tracing::field::debug);
    tracing::error!(event = "panicked", thread, ?text, backtrace, "panicked at {place}");
}

/// The sources of an error, the nearest first: the last one is usually the fault to mend.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let behind = std::iter::successors(error.source(), |error| (*error).source());
    behind.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
