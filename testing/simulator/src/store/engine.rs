//! `Store` for the simulated store: accesses that an invariant depends on yield and may fail; all others call the
//! engine in memory directly.

use async_trait::async_trait;
use backend::auth::account::email::Email;
use backend::store::{
    AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, Outcome, Prunable,
    RevokedSession, Service, Session, Store, StoreError, StoredKey, Subscription, UsedKey, User,
};
use shared::{NumericDate, SessionId, UserId};

use super::SimulatedStore;
use super::pause::at_once;

#[async_trait]
impl Store for SimulatedStore {
    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        match change {
            Change::Accept(id, accepted) => {
                self.call(Some(Outcome::default()), |store| store.write_rotation(id, &accepted))
                    .await
            }
            Change::RevokeSession(id, revocation) => {
                self.call(None, |store| store.write_revocation(id, revocation)).await
            }
            Change::OpenSession { .. } | Change::Register(..) => {
                self.call(None, |store| store.write_session(change)).await
            }
            Change::Keyed(used, change) => {
                self.call(None, |store| store.write_keyed(*used, *change)).await
            }
            Change::ChangePassword(change) => {
                self.call(Some(Outcome::default()), |store| store.write_password(*change)).await
            }
            // No invariant depends on it.
            other => self.memory.commit(other, events).await,
        }
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.call(None, |store| at_once(store.memory.find_user(email))).await
    }

    async fn users(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.memory.users(after).await
    }

    async fn users_beyond_ascii(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.memory.users_beyond_ascii(after).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        self.call(None, |store| store.read_session(id)).await
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.memory.sessions_of(user).await
    }

    async fn last_session(&self) -> Result<Option<SessionId>, StoreError> {
        self.memory.last_session().await
    }

    async fn end_of_part(
        &self,
        after: SessionId,
        up_to: SessionId,
    ) -> Result<Option<SessionId>, StoreError> {
        self.memory.end_of_part(after, up_to).await
    }

    async fn revoked_per_second(
        &self,
        since: NumericDate,
    ) -> Result<Vec<(NumericDate, u64)>, StoreError> {
        self.memory.revoked_per_second(since).await
    }

    async fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        self.memory.revoked_in(second, after).await
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        self.memory.subscribe().await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        self.memory.events(query).await
    }

    async fn last_event(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.memory.last_event(before).await
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.memory.last_refresh(before).await
    }

    async fn failures(&self, account: AccountTag) -> Result<Option<Failures>, StoreError> {
        self.memory.failures(account).await
    }

    async fn used_key(&self, key_hash: &[u8; 32]) -> Result<Option<UsedKey>, StoreError> {
        self.call(None, |store| at_once(store.memory.used_key(key_hash))).await
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.memory.keys().await
    }

    async fn lifetimes(&self) -> Result<Vec<HeldLifetime>, StoreError> {
        self.memory.lifetimes().await
    }

    async fn find_service(&self, id: &str) -> Result<Option<Service>, StoreError> {
        self.memory.find_service(id).await
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        self.memory.services().await
    }

    async fn is_place_taken(&self, id: SessionId) -> Result<bool, StoreError> {
        self.memory.is_place_taken(id).await
    }

    async fn clock(&self) -> Result<Option<NumericDate>, StoreError> {
        Ok(None)
    }

    async fn part_end(
        &self,
        of: Prunable,
        after: [u8; 16],
        rows: u32,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        self.memory.part_end(of, after, rows).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) {}
}
