//! The one door through which time enters. It must not decide anything; it tells what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use shared::NumericDate;

/// Tells the time. Clones of a manual clock share its hands.
#[derive(Debug, Clone)]
pub struct Clock(Hands);

#[derive(Debug, Clone)]
enum Hands {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Hands::System)
    }

    /// A clock that stands still until it is moved: for tests, and for simulations.
    #[must_use]
    pub fn manual(start: NumericDate) -> Self {
        Self(Hands::Manual(Arc::new(AtomicI64::new(start.0))))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        match &self.0 {
            Hands::System => NumericDate(system_seconds()),
            Hands::Manual(seconds) => NumericDate(seconds.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock. The machine's clock is not ours to move.
    pub fn advance(&self, seconds: i64) {
        if let Hands::Manual(hands) = &self.0 {
            hands.fetch_add(seconds, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn system_seconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}
