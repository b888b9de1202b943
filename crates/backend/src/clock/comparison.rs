//! Compares the machine's clock with the database's, at start and every ten seconds, or, where the database has no
//! clock, once with the data it holds. What a difference means is decided in [`step`](super::step).

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use super::tolerance::STEP_TOLERANCE_SECONDS;
use super::{Clock, LastWork};
use crate::lifetimes::renewals;
use crate::pace::ticks;
use crate::store::{Store, StoreError};

/// Time between two comparisons.
const PERIOD: Duration = Duration::from_secs(10);

/// The comparing task. Dropping the handle aborts it.
pub type Comparing = AbortOnDropHandle<()>;

impl Clock {
    /// Compares this clock with the database's, if that has one of its own.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn compare_with(&self, store: &dyn Store) -> Result<(), StoreError> {
        let asked = self.hands.boot();
        if let Some(database) = store.clock().await? {
            let now = self.hands.reading();
            self.detector().compare(database, now.boot.saturating_sub(asked), now);
        }
        Ok(())
    }

    /// Compares at start. A database without a clock still dates its newest data: on a machine that boots with a
    /// wrong clock, the first reading is as wrong as all later ones.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn begin_with(&self, store: &dyn Store) -> Result<(), StoreError> {
        self.compare_with(store).await?;
        if store.clock().await?.is_none()
            && let Some(last_work) = self.last_work(store).await?
        {
            self.begin(last_work);
        }
        Ok(())
    }

    /// A refresh leaves its date, any other change an event, and a server without calls renews its leases. A lease
    /// that ends later than one begun now is no evidence.
    async fn last_work(&self, store: &dyn Store) -> Result<Option<LastWork>, StoreError> {
        let latest = self.now().plus(STEP_TOLERANCE_SECONDS);
        let held = store.lifetimes().await?;
        let renewed = renewals(&held).filter(|at| *at <= latest).max();
        let newest = store.last_event(None).await?.max(store.last_refresh(None).await?);
        let worked = newest.max(renewed);
        Ok(worked.map(|worked| LastWork { newest: newest.unwrap_or(worked), worked }))
    }

    /// Compares every ten seconds until the handle is dropped. A database that does not answer is no evidence about
    /// clocks.
    pub fn keep_comparing(&self, store: &Arc<dyn Store>) -> Comparing {
        let (clock, store) = (self.clone(), Arc::clone(store));
        Comparing::new(tokio::spawn(async move {
            let mut ticks = ticks(PERIOD, PERIOD);
            loop {
                ticks.tick().await;
                let _ = clock.compare_with(&*store).await;
                // Also without a database clock: a step is detected and logged even if no request comes.
                let _ = clock.trusted_now();
            }
        }))
    }
}
