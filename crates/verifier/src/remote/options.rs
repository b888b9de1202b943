//! Options of an issuer's client. The issuer's guarantees, such as how soon a revoked key is refused, are no options.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use types::NumericDate;

use crate::Skew;

/// The default limit on serving stale keys in an outage.
const OUTAGE_LIMIT: Duration = Duration::from_secs(60 * 60);

/// Options of an [`Issuer`](super::Issuer). The defaults suit a service beside a Baton.
#[derive(Clone)]
pub struct Options {
    pub(super) outage_limit: Duration,
    pub(super) skew: Skew,
    clock: Arc<dyn Fn() -> NumericDate + Send + Sync>,
}

impl Options {
    /// For how long after the issuer's answer the last good keys are served stale while it is unreachable; an hour by
    /// default. Time in caches on the way counts (`Age`). At least their freshness lifetime, which is up to 300 s.
    #[must_use]
    pub fn outage_limit(self, outage_limit: Duration) -> Self {
        Self { outage_limit, ..self }
    }

    /// The clock skew between issuer and service; [`Skew::MAX`] by default.
    #[must_use]
    pub fn skew(self, skew: Skew) -> Self {
        Self { skew, ..self }
    }

    /// The clock that judges tokens; the system clock by default.
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

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_clock() -> NumericDate {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    NumericDate(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
}
