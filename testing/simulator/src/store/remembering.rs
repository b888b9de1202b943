//! What the store is to instances that remember rows (`backend::store::Remembering`): an engine whose rows have
//! versions.

use async_trait::async_trait;
use backend::store::{Accepted, Remembered, RowVersion, Session, StoreError, Versioned};
use shared::SessionId;

use super::{Engine, SimulatedStore, at_once};
use crate::coverage::ACCEPTED_AS_REMEMBERED;

#[async_trait]
impl Versioned for Engine {
    async fn find_versioned(&self, id: SessionId) -> Result<Option<Remembered>, StoreError> {
        self.store().call(None, |store| store.find_versioned(id)).await
    }

    async fn accept_versioned(
        &self,
        id: SessionId,
        accepted: &Accepted,
        version: RowVersion,
    ) -> Result<Option<RowVersion>, StoreError> {
        self.store().call(Some(None), |store| store.accept_versioned(id, accepted, version)).await
    }
}

impl SimulatedStore {
    fn find_versioned(&self, id: SessionId) -> Result<Option<Remembered>, StoreError> {
        at_once(self.memory.find_versioned(id))
    }

    fn accept_versioned(
        &self,
        id: SessionId,
        accepted: &Accepted,
        version: RowVersion,
    ) -> Result<Option<RowVersion>, StoreError> {
        let Some(row) = self.find_versioned(id)? else { return Ok(None) };
        let is_same = row.session.family.generation == accepted.seen;
        if self.compares_generations_alone() && is_same {
            self.put(&Session { family: accepted.family.clone(), ..row.session });
            self.state().version += 1;
            return Ok(Some(version));
        }
        if row.version != version || !self.write_rotation(id, accepted)?.took_place() {
            return Ok(None);
        }
        self.state().counts.add(ACCEPTED_AS_REMEMBERED);
        Ok(self.find_versioned(id)?.map(|row| row.version))
    }
}
