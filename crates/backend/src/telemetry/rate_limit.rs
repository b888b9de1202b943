//! Rate limit of log lines, by kind: lines that callers can cause at will must not fill the operator's disk. Lines
//! beyond the rate limit are counted, and a summary reports the count. It is a layer of the subscriber, so that it
//! limits new kinds by default.
//!
//! The bound: of each kind [`AT_ONCE`] lines, then one every [`PERIOD`], and a summary every
//! [`SUMMARY_PERIOD`]. Kinds are constants of the program, so their number is bounded, too.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use parking_lot::{Mutex, MutexGuard};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::Context;

use super::target::{AUDIT, SUMMARY};

/// Burst: so many lines of a kind are written at once.
pub const AT_ONCE: u32 = 20;
/// Then one more in each period.
pub const PERIOD: Duration = Duration::from_secs(10);
/// How often a summary reports suppressed lines.
pub const SUMMARY_PERIOD: Duration = Duration::from_secs(60);

/// Which summaries to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Those whose [`SUMMARY_PERIOD`] has elapsed.
    Elapsed,
    /// All of them: the log is being closed.
    Now,
}

/// Rate limit of log lines. Clones share it.
///
/// Exempt are summaries, lines that the operator has asked for (level debug and below), and those of [`AUDIT`].
#[derive(Clone)]
pub struct LogRateLimit<C: Clock = MonotonicClock>(Arc<Shared<C>>);

struct Shared<C: Clock> {
    clock: C,
    kinds: Mutex<BTreeMap<String, Kind<C>>>,
}

struct Kind<C: Clock> {
    limiter: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    suppressed: Option<Suppressed<C::Instant>>,
}

/// Lines that were counted instead of written.
struct Suppressed<I> {
    count: u64,
    /// The level of the first one.
    level: Level,
    /// When it came, and the same in the format of log lines.
    first_at: I,
    since: String,
}

impl Default for LogRateLimit {
    fn default() -> Self {
        Self::with_clock(MonotonicClock)
    }
}

impl<C: Clock + Clone> LogRateLimit<C> {
    /// With a clock of the caller's.
    pub fn with_clock(clock: C) -> Self {
        Self(Arc::new(Shared { clock, kinds: Mutex::default() }))
    }

    /// Writes the summaries that are due: one line for each kind, at its level, with the name of its event.
    pub fn summarise(&self, due: Due) {
        for (kind, suppressed) in self.take(due) {
            summary(&kind, &suppressed);
        }
    }

    fn take(&self, due: Due) -> Vec<(String, Suppressed<C::Instant>)> {
        let now = self.0.clock.now();
        let is_due = |suppressed: &mut Suppressed<C::Instant>| {
            due == Due::Now || now.duration_since(suppressed.first_at) >= SUMMARY_PERIOD.into()
        };
        let mut kinds = self.kinds();
        let due = kinds
            .iter_mut()
            .filter_map(|(name, kind)| Some((name.clone(), kind.suppressed.take_if(is_due)?)));
        due.collect()
    }

    /// Whether to write a line of this kind; if not, counts it.
    fn admit(&self, kind: &str, level: Level) -> bool {
        let Shared { clock, .. } = &*self.0;
        let mut kinds = self.kinds();
        let kind = kinds.entry(kind.to_owned()).or_insert_with(|| Kind {
            limiter: RateLimiter::direct_with_clock(quota(), clock.clone()),
            suppressed: None,
        });
        if kind.limiter.check().is_ok() {
            return true;
        }
        let suppressed = kind.suppressed.get_or_insert_with(|| {
            let (first_at, since) = (clock.now(), instant());
            Suppressed { count: 0, level, first_at, since }
        });
        suppressed.count += 1;
        false
    }

    fn kinds(&self) -> MutexGuard<'_, BTreeMap<String, Kind<C>>> {
        self.0.kinds.lock()
    }
}

impl<S: Subscriber, C: Clock + Clone + Send + Sync + 'static> Layer<S> for LogRateLimit<C> {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let is_asked_for = *metadata.level() > Level::INFO;
        if is_asked_for || [AUDIT, SUMMARY].contains(&metadata.target()) {
            return true;
        }
        let mut name = EventName(None);
        // For a library the module is the kind: its fields are not known here.
        if metadata.target().starts_with("backend") {
            event.record(&mut name);
        }
        self.admit(name.0.as_deref().unwrap_or(metadata.target()), *metadata.level())
    }
}

/// The field `event`: the kind of a line.
struct EventName(Option<String>);

impl Visit for EventName {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

fn quota() -> Quota {
    let at_once = NonZeroU32::new(AT_ONCE).expect("a constant above zero");
    Quota::with_period(PERIOD).expect("a constant above zero").allow_burst(at_once)
}

/// The present instant in the format of log lines.
fn instant() -> String {
    let mut text = String::new();
    // It fails only if writing into the string does.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

/// `tracing` takes the level as a constant.
fn summary<I>(event: &str, Suppressed { count, level, since, .. }: &Suppressed<I>) {
    const TEXT: &str = "lines of this kind were suppressed";
    match *level {
        Level::ERROR => tracing::error!(target: SUMMARY, event, count, since, "{TEXT}"),
        Level::WARN => tracing::warn!(target: SUMMARY, event, count, since, "{TEXT}"),
        _ => tracing::info!(target: SUMMARY, event, count, since, "{TEXT}"),
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn admitted(limit: &LogRateLimit<FakeRelativeClock>, kind: &str, lines: u32) -> usize {
        (0..lines).filter(|_| limit.admit(kind, Level::INFO)).count()
    }

    fn counts(limit: &LogRateLimit<FakeRelativeClock>, due: Due) -> Vec<(String, u64)> {
        limit.take(due).into_iter().map(|(kind, suppressed)| (kind, suppressed.count)).collect()
    }

    #[test]
    fn the_first_lines_of_each_kind_are_written_and_the_others_counted() {
        let limit = LogRateLimit::with_clock(FakeRelativeClock::default());
        assert_eq!(admitted(&limit, "login_failed", 1_000), 20);
        assert_eq!(admitted(&limit, "limited", 5), 5, "each kind has a limit of its own");
        assert_eq!(counts(&limit, Due::Now), [("login_failed".to_owned(), 980)]);
        assert_eq!(counts(&limit, Due::Now), []);
    }

    #[test]
    fn a_summary_is_due_once_a_minute_and_for_a_flood_only() {
        let clock = FakeRelativeClock::default();
        let limit = LogRateLimit::with_clock(clock.clone());
        assert_eq!(admitted(&limit, "login_failed", 30), 20);
        clock.advance(SUMMARY_PERIOD - Duration::from_secs(1));
        assert_eq!(counts(&limit, Due::Elapsed), []);
        clock.advance(Duration::from_secs(1));
        assert_eq!(counts(&limit, Due::Elapsed), [("login_failed".to_owned(), 10)]);
        // A minute has made room for six lines.
        assert_eq!(admitted(&limit, "login_failed", 7), 6);
        clock.advance(SUMMARY_PERIOD);
        assert_eq!(counts(&limit, Due::Elapsed), [("login_failed".to_owned(), 1)]);
    }

    #[test]
    fn an_hour_of_flood_leaves_a_few_hundred_lines() {
        let clock = FakeRelativeClock::default();
        let limit = LogRateLimit::with_clock(clock.clone());
        let (mut written, mut summaries) = (0, 0);
        for _ in 0..3_600 {
            written += admitted(&limit, "login_failed", 100);
            summaries += counts(&limit, Due::Elapsed).len();
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!((written, summaries), (20 + 359, 59));
    }
}
