//! Captures the log of a test in memory: all lines of this thread while the guard lives.

use std::io;
use std::sync::{Arc, Mutex};

use backend::telemetry::{self, LogRateLimit};
use governor::clock::Clock;
use serde_json::Value;
use tracing::Level;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::fmt::MakeWriter;

/// The lines so far. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures every level as text, until the guard is dropped.
    pub(crate) fn of_text() -> (Self, DefaultGuard) {
        let log = Self::default();
        let lines = tracing_subscriber::fmt().with_writer(log.clone());
        let lines = lines.with_max_level(Level::TRACE).with_ansi(false);
        (log, set_default(lines.finish()))
    }

    /// Captures the default level, in the format of `--log-json`.
    pub(crate) fn of_json() -> (Self, DefaultGuard) {
        let log = Self::default();
        let lines = tracing_subscriber::fmt().with_writer(log.clone());
        let lines = lines.with_max_level(Level::INFO).json();
        (log, set_default(lines.finish()))
    }

    /// Captures as the program logs with `--log-json`, its rate limit included.
    pub(crate) fn of_the_program() -> (Self, LogRateLimit, DefaultGuard) {
        let (log, limit) = (Self::default(), LogRateLimit::default());
        let lines = telemetry::subscriber("info", true, limit.clone(), log.clone());
        let listening = tracing::dispatcher::set_default(&lines.expect("a filter"));
        (log, limit, listening)
    }

    /// The same, with a clock of the test's own for the rate limit.
    pub(crate) fn of_the_program_by<C>(clock: C) -> (Self, LogRateLimit<C>, DefaultGuard)
    where
        C: Clock + Clone + Send + Sync + 'static,
    {
        let (log, limit) = (Self::default(), LogRateLimit::with_clock(clock));
        let lines = telemetry::subscriber("info", true, limit.clone(), log.clone());
        let listening = tracing::dispatcher::set_default(&lines.expect("a filter"));
        (log, limit, listening)
    }

    /// Captures as the program logs with `--log-json` and this `--log`.
    pub(crate) fn filtered(filter: &str) -> (Self, DefaultGuard) {
        let log = Self::default();
        let lines = telemetry::subscriber(filter, true, LogRateLimit::default(), log.clone());
        let listening = tracing::dispatcher::set_default(&lines.expect("a filter"));
        (log, listening)
    }

    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().expect("no writer panics").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    /// The lines, each a JSON object.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let text = self.text();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Of the lines of this kind: the number of whole ones, and the counts in the summaries.
    pub(crate) fn whole_and_counted(&self, event: &str) -> (usize, Vec<u64>) {
        let lines = self.objects();
        let of_kind =
            lines.iter().map(|line| &line["fields"]).filter(|said| said["event"] == event);
        let counts: Vec<Option<u64>> = of_kind.map(|said| said["count"].as_u64()).collect();
        let whole = counts.iter().filter(|count| count.is_none()).count();
        (whole, counts.into_iter().flatten().collect())
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
