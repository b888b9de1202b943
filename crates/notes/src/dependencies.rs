//! The service's dependencies on clock and randomness, injected so that tests can replace the clock.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use shared::{NoteId, NumericDate};
use uuid::Builder;

/// Clock and random source. Clones share them.
#[derive(Clone)]
pub struct Dependencies {
    milliseconds: Arc<dyn Fn() -> i64 + Send + Sync>,
    elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Dependencies {
    /// The system's clocks.
    #[must_use]
    pub fn system() -> Self {
        let start = steady();
        let elapsed = move || steady().saturating_duration_since(start);
        Self { milliseconds: Arc::new(system_milliseconds), elapsed: Arc::new(elapsed) }
    }

    /// A test clock, in milliseconds since 1970.
    pub fn with_clock(milliseconds: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let milliseconds: Arc<dyn Fn() -> i64 + Send + Sync> = Arc::new(milliseconds);
        let same = Arc::clone(&milliseconds);
        let elapsed = move || Duration::from_millis(u64::try_from(same()).unwrap_or(0));
        Self { milliseconds, elapsed: Arc::new(elapsed) }
    }

    /// Monotonic time since a fixed instant: setting the wall clock does not change it.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        (self.elapsed)()
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        NumericDate((self.milliseconds)().div_euclid(1_000))
    }

    /// A new note's id: a UUID of version 7, which sorts by the millisecond of its creation.
    #[must_use]
    pub fn note_id(&self) -> NoteId {
        let milliseconds = u64::try_from((self.milliseconds)()).unwrap_or(0);
        let uuid = Builder::from_unix_timestamp_millis(milliseconds, &random()).into_uuid();
        NoteId::from_bytes(uuid.into_bytes())
    }

    /// A new request id: 16 hexadecimal digits.
    #[must_use]
    pub fn request_id(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(random()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the machine has a random source");
    bytes
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the steady clock")]
fn steady() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_milliseconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
