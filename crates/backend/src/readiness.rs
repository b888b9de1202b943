//! Readiness: whether storage can be read and written. The endpoint is public, so concurrent probes share one ping,
//! and a success is cached for a second: on SQLite each ping takes the one writer, on PostgreSQL two connections.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::{BootInstant, Clock};
use crate::single_flight::SingleFlight;
use crate::store::{Store, StoreError};

/// How long a success is cached. A failure is not: it is over when the next ping succeeds.
const FRESH: Duration = Duration::from_secs(1);
/// Timeout of a ping: 503 comes within 3 s.
const PING_TIME: Duration = Duration::from_millis(2_500);

/// Caches that storage was ready.
pub struct Readiness {
    store: Arc<dyn Store>,
    /// Counts the age of the cached answer.
    pub clock: Clock,
    ready_at: Mutex<Option<BootInstant>>,
    pings: SingleFlight<BootInstant, StoreError>,
}

impl Readiness {
    /// No ping was made yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        let pings = SingleFlight::new(PING_TIME, &clock);
        Self { store, clock, ready_at: Mutex::default(), pings }
    }

    /// Pings storage, unless a cached success is fresh.
    ///
    /// # Errors
    /// If the ping fails or times out.
    pub async fn check(&self) -> Result<(), StoreError> {
        if self.is_fresh() {
            return Ok(());
        }
        let ping = || {
            let (store, clock) = (Arc::clone(&self.store), self.clock.clone());
            async move {
                let asked_at = clock.boot_instant();
                store.ping().await.map(|()| asked_at)
            }
        };
        let asked_at = self.pings.run(FRESH, ping).await?;
        *self.ready_at.lock() = Some(asked_at);
        Ok(())
    }

    fn is_fresh(&self) -> bool {
        let ready_at = *self.ready_at.lock();
        ready_at.is_some_and(|at| self.clock.boot_instant().since(at) < FRESH)
    }
}
