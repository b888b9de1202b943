//! Readiness: whether storage can be read and written. Anybody may ask, so it is asked once for all who ask at the same
//! moment, and an answer is good for a second: on SQLite each ping takes the one writer, on PostgreSQL two connections.
//! It must not know who asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{BootInstant, Clock};
use crate::single_flight::SingleFlight;
use crate::store::{Store, StoreError};

/// For how long an answer is good. A failure is not kept: it is over when the next ping succeeds.
const FRESH: Duration = Duration::from_secs(1);
/// How long a ping may take: 503 comes within 3 s.
const PING_TIME: Duration = Duration::from_millis(2_500);

/// Whether storage was ready when it was asked last.
pub struct Readiness {
    store: Arc<dyn Store>,
    /// By which the answer's age is counted.
    pub clock: Clock,
    ready_at: Mutex<Option<BootInstant>>,
    pings: SingleFlight<BootInstant, StoreError>,
}

impl Readiness {
    /// Not asked yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        let pings = SingleFlight::new(PING_TIME, &clock);
        Self { store, clock, ready_at: Mutex::default(), pings }
    }

    /// Whether storage can be read and written, or could a second ago.
    ///
    /// # Errors
    /// If it cannot.
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
        // An instant is never left half written.
        *self.ready_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked_at);
        Ok(())
    }

    fn is_fresh(&self) -> bool {
        let ready_at = *self.ready_at.lock().unwrap_or_else(PoisonError::into_inner);
        ready_at.is_some_and(|at| self.clock.boot_instant().since(at) < FRESH)
    }
}
