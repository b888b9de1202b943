//! Compares the machine's clock with the database's, at the start and every few seconds. It must not decide
//! what a difference means; that is [`step`](super::step).

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Clock;
use crate::store::{Store, StoreError};

/// How often they are compared.
const PERIOD: Duration = Duration::from_secs(10);

/// A task that ends with its handle.
pub struct Comparing(JoinHandle<()>);

impl Drop for Comparing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Clock {
    /// Compares this clock with the database's, if that has one of its own.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn compare_with(&self, store: &dyn Store) -> Result<(), StoreError> {
        if let Some(database) = store.clock().await? {
            self.compare(database);
        }
        Ok(())
    }

    /// From now on does so every few seconds, until the handle is dropped. A database that does not answer
    /// says nothing about clocks.
    #[must_use]
    pub fn keep_comparing(&self, store: &Arc<dyn Store>) -> Comparing {
        let (clock, store) = (self.clone(), Arc::clone(store));
        Comparing(tokio::spawn(async move {
            loop {
                let _ = timeout(PERIOD, pending::<()>()).await;
                let _ = clock.compare_with(&*store).await;
                // Also where there is no database to ask: a step is noticed, and told, without a call.
                let _ = clock.trusted_now();
            }
        }))
    }
}
