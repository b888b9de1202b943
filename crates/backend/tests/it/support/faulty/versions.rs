//! The rows of the engine with faults have versions, too.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use backend::store::{Accepted, Remembered, RowVersion, StoreError, Versioned};
use shared::SessionId;

use super::{Faulty, Frozen, sqlx_timeout};

#[async_trait]
impl Versioned for Faulty {
    async fn find_versioned(&self, id: SessionId) -> Result<Option<Remembered>, StoreError> {
        self.check_of(Frozen::Sessions).await?;
        let found = self.inner.find_versioned(id).await;
        let count = || {
            self.sessions_read.fetch_add(1, Ordering::SeqCst);
        };
        self.session_held.pass(count).await;
        found
    }

    async fn accept_versioned(
        &self,
        id: SessionId,
        accepted: &Accepted,
        version: RowVersion,
    ) -> Result<Option<RowVersion>, StoreError> {
        if self.count_down_to_freeze() && self.loses_first.load(Ordering::SeqCst) {
            self.inner.accept_versioned(id, accepted, version).await?;
        }
        self.check_part(Frozen::Changes).await?;
        let new = self.inner.accept_versioned(id, accepted, version).await?;
        self.written.fetch_add(1, Ordering::SeqCst);
        self.wear();
        let (order, one_less) = (Ordering::SeqCst, |many: usize| many.checked_sub(1));
        if self.answers_lost.fetch_update(order, order, one_less).is_ok() {
            return Err(sqlx_timeout());
        }
        self.check_after()?;
        Ok(new)
    }
}
