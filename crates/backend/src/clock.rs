//! Time enters only here: the wall clock, which decides the expiry of tokens and sessions, and the boot clock,
//! which counts how long a state has lasted, suspension of the machine included.
//!
//! The wall clock can be set wrong. While it disagrees with the clocks it can be compared with ([`step`]),
//! [`Clock::trusted_now`] is an error. A step ahead is believed after ten minutes, for serving: effects that cannot
//! be undone, such as refusing a refresh token as expired or pruning a session, use [`Clock::settled_now`].

mod comparison;
mod step;
pub mod tolerance;

use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::{Mutex, MutexGuard};
use rustix::time::{ClockId, clock_gettime};
use shared::NumericDate;
use tokio::time::Instant;

pub use comparison::Comparing;
pub use step::{ClockError, LastWork};
use step::{Reading, StepDetector, Verdict};

/// The clock. Clones share the hands of a manual one.
#[derive(Debug, Clone)]
pub struct Clock {
    hands: Hands,
    started: Instant,
    detector: Arc<Mutex<StepDetector>>,
}

#[derive(Debug, Clone)]
enum Hands {
    System {
        /// Seconds to add to the machine's clock.
        offset: i64,
    },
    Manual(Arc<ManualHands>),
}

#[derive(Debug)]
struct ManualHands {
    wall: AtomicI64,
    /// Seconds that have passed.
    boot: AtomicI64,
    /// Seconds of them in which the machine was suspended.
    suspended: AtomicI64,
}

/// An instant on the clock that includes suspension of the machine (Linux: `CLOCK_BOOTTIME`). Tokio's and the
/// standard library's instants exclude it, and what seems a second old may be a day old and stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootInstant(Duration);

impl BootInstant {
    /// The time since `earlier`; zero if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for BootInstant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Hands::System { offset: 0 })
    }

    /// The machine's clock, corrected by so many seconds.
    #[must_use]
    pub fn set_right(offset: i64) -> Self {
        Self::new(Hands::System { offset })
    }

    /// A clock that stands still until a test or simulation moves it.
    #[must_use]
    pub fn manual(start: NumericDate) -> Self {
        let (wall, zero) = (AtomicI64::new(start.0), || AtomicI64::new(0));
        Self::new(Hands::Manual(Arc::new(ManualHands { wall, boot: zero(), suspended: zero() })))
    }

    fn new(hands: Hands) -> Self {
        let detector = StepDetector::new(hands.reading());
        Self { started: Instant::now(), detector: Arc::new(Mutex::new(detector)), hands }
    }

    /// The present instant by the wall clock, trusted or not.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        self.hands.wall()
    }

    /// The present instant by a wall clock that agrees with the others.
    ///
    /// # Errors
    /// While it disagrees: then expiry cannot be decided.
    pub fn trusted_now(&self) -> Result<NumericDate, ClockError> {
        match self.judged() {
            (now, Verdict::Settled | Verdict::Unsettled(_)) => Ok(now),
            (_, Verdict::Doubted(error)) => Err(error),
        }
    }

    /// The present instant by a wall clock that has always agreed with the others, or has for a day: for effects
    /// that cannot be undone.
    ///
    /// # Errors
    /// While it disagrees, and until a step ahead has settled.
    pub fn settled_now(&self) -> Result<NumericDate, ClockError> {
        match self.judged() {
            (now, Verdict::Settled) => Ok(now),
            (_, Verdict::Unsettled(error) | Verdict::Doubted(error)) => Err(error),
        }
    }

    fn judged(&self) -> (NumericDate, Verdict) {
        let mut detector = self.detector();
        let now = self.hands.reading();
        (now.wall, detector.judge(now))
    }

    /// The best estimate of the present instant: by the database's clock, which instances share, or else by the
    /// machine's.
    #[must_use]
    pub fn shared_now(&self) -> NumericDate {
        let detector = self.detector();
        detector.best(self.hands.reading())
    }

    /// The instant to date a change with: if the clock was set after the request was admitted, the best estimate.
    #[must_use]
    pub fn dated_now(&self) -> NumericDate {
        self.trusted_now().unwrap_or_else(|_| self.shared_now())
    }

    /// By how many seconds the machine's clock is ahead of the database's (negative: behind), if that is enough for
    /// an operator to look.
    #[must_use]
    pub fn noticed_skew(&self) -> Option<i64> {
        self.detector().noticed()
    }

    /// Records what the database's clock says: it decides which of two clocks is right.
    pub fn compare(&self, database: NumericDate) {
        let now = self.hands.reading();
        self.detector().compare(database, 0, now);
    }

    /// Starts from the database's last activity instead of trusting the first reading.
    pub fn begin(&self, last_work: LastWork) {
        let now = self.hands.reading();
        self.detector().begin(last_work, now);
    }

    /// The present instant by the clock that counts suspension.
    #[must_use]
    pub fn boot_instant(&self) -> BootInstant {
        let awake = Instant::now().saturating_duration_since(self.started);
        BootInstant(awake + self.hands.suspended())
    }

    /// Advances a manual clock. The machine's clock cannot be moved.
    pub fn advance(&self, seconds: i64) {
        self.turn(|hands| [&hands.wall, &hands.boot], seconds);
    }

    /// Sets a manual clock to another time, as an operator or NTP would: no time passes.
    pub fn step(&self, seconds: i64) {
        self.turn(|hands| [&hands.wall], seconds);
    }

    /// Advances a manual clock while the machine is suspended.
    pub fn suspend(&self, seconds: i64) {
        self.turn(|hands| [&hands.wall, &hands.boot, &hands.suspended], seconds);
    }

    fn turn<const N: usize>(&self, which: fn(&ManualHands) -> [&AtomicI64; N], seconds: i64) {
        if let Hands::Manual(hands) = &self.hands {
            for hand in which(hands) {
                hand.fetch_add(seconds, Ordering::SeqCst);
            }
        }
    }

    fn detector(&self) -> MutexGuard<'_, StepDetector> {
        self.detector.lock()
    }
}

impl Hands {
    fn reading(&self) -> Reading {
        Reading { wall: self.wall(), boot: self.boot() }
    }

    fn wall(&self) -> NumericDate {
        match self {
            Self::System { offset } => NumericDate(system_seconds()).plus(*offset),
            Self::Manual(hands) => NumericDate(hands.wall.load(Ordering::SeqCst)),
        }
    }

    /// Seconds since some fixed instant.
    fn boot(&self) -> i64 {
        match self {
            Self::System { .. } => clock_gettime(ClockId::Boottime).tv_sec,
            Self::Manual(hands) => hands.boot.load(Ordering::SeqCst),
        }
    }

    fn suspended(&self) -> Duration {
        match self {
            Self::System { .. } => system_suspended(),
            Self::Manual(hands) => {
                let seconds = hands.suspended.load(Ordering::SeqCst);
                Duration::from_secs(seconds.unsigned_abs())
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_seconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

/// How long the machine was suspended since boot: the difference of its two clocks. Read again if the thread was
/// interrupted between the two readings.
fn system_suspended() -> Duration {
    const INTERRUPTED: Duration = Duration::from_millis(1);
    const READINGS: usize = 8;
    let monotonic = || duration(clock_gettime(ClockId::Monotonic));
    let mut shortest = (Duration::MAX, Duration::ZERO);
    for _ in 0..READINGS {
        let before = monotonic();
        let boot = duration(clock_gettime(ClockId::Boottime));
        let took = monotonic().saturating_sub(before);
        if took < shortest.0 {
            shortest = (took, boot.saturating_sub(before));
        }
        if took < INTERRUPTED {
            break;
        }
    }
    shortest.1
}

fn duration(time: rustix::time::Timespec) -> Duration {
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanoseconds)
}

#[cfg(test)]
mod tests;
