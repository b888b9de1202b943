//! What may be chosen about an issuer, beyond its URL. It must not hold what is a promise to the issuer,
//! such as how soon a retired key is let go.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared::NumericDate;

use crate::Skew;

/// For how long the last good keys are used while the issuer cannot be asked.
const OUTAGE_LIMIT: Duration = Duration::from_secs(60 * 60);

/// How an [`Issuer`](super::Issuer) is treated. The defaults suit a service beside a Baton.
#[derive(Clone)]
pub struct Options {
    pub(super) outage_limit: Duration,
    pub(super) skew: Skew,
    clock: Arc<dyn Fn() -> NumericDate + Send + Sync>,
}

impl Options {
    /// For how long after they were fetched the last good keys are used when the issuer cannot be
    /// asked; an hour by default. At least as long as keys are fresh, which is up to 300 s.
    #[must_use]
    pub fn outage_limit(self, outage_limit: Duration) -> Self {
        Self { outage_limit, ..self }
    }

    /// How far the issuer's clock may be from ours; [`Skew::MAX`] by default.
    #[must_use]
    pub fn skew(self, skew: Skew) -> Self {
        Self { skew, ..self }
    }

    /// The clock that tokens are judged by; the machine's by default.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> NumericDate + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(now), ..self }
    }

    pub(super) fn now(&self) -> NumericDate {
        (self.clock)()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { outage_limit: OUTAGE_LIMIT, skew: Skew::MAX, clock: Arc::new(system_clock) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("outage_limit", &self.outage_limit)
            .field("skew", &self.skew)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn system_clock() -> NumericDate {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    NumericDate(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
}
