//! `Store` for an instance over the simulated store: accesses that an invariant depends on yield and may fail; all
//! others call the engine in memory directly.

use std::sync::Arc;

use async_trait::async_trait;
use backend::auth::account::email::Email;
use backend::store::{
    AccountTag, Change, Disturbance, Event, EventQuery, Exclusive, Failures, HeldLifetime,
    NativeClient, Outcome, Prunable, RevokedSession, Service, Session, Standing, Store, StoreError,
    StoredKey, Subscription, UsedKey, User,
};
use shared::{NumericDate, SessionId, UserId};

use super::SimulatedStore;
use super::memory_first::Sent;
use super::pause::at_once;

/// An instance's engine.
#[derive(Clone)]
pub(crate) struct Engine(Arc<SimulatedStore>);

impl Engine {
    pub(crate) fn over(store: &Arc<SimulatedStore>) -> Self {
        Self(Arc::clone(store))
    }

    pub(super) fn store(&self) -> &SimulatedStore {
        &self.0
    }
}

#[async_trait]
impl Store for Engine {
    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        let lost_race = match &change {
            Change::Accept(..) | Change::ChangePassword(_) => Some(Outcome::default()),
            Change::AcceptAll(_)
            | Change::RevokeSession(..)
            | Change::OpenSession { .. }
            | Change::Register(..)
            | Change::Keyed(..) => None,
            // No invariant depends on it.
            _ => return self.0.memory.commit(change, events).await,
        };
        let mut sent = Sent::to(&self.0, change);
        let outcome = self.0.call(lost_race, |_| sent.make()).await;
        sent.answered();
        outcome
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.0.call(None, |store| at_once(store.memory.find_user(email))).await
    }

    async fn users(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.0.memory.users(after).await
    }

    async fn users_beyond_ascii(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.0.memory.users_beyond_ascii(after).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        self.0.call(None, |store| store.read_session(id)).await
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.0.memory.sessions_of(user).await
    }

    async fn last_session(&self) -> Result<Option<SessionId>, StoreError> {
        self.0.memory.last_session().await
    }

    async fn end_of_part(
        &self,
        after: SessionId,
        up_to: SessionId,
    ) -> Result<Option<SessionId>, StoreError> {
        self.0.memory.end_of_part(after, up_to).await
    }

    async fn revoked_per_second(
        &self,
        since: NumericDate,
    ) -> Result<Vec<(NumericDate, u64)>, StoreError> {
        self.0.memory.revoked_per_second(since).await
    }

    async fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        self.0.memory.revoked_in(second, after).await
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        self.0.memory.subscribe().await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        self.0.memory.events(query).await
    }

    async fn last_event(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.0.memory.last_event(before).await
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.0.memory.last_refresh(before).await
    }

    async fn failures(&self, account: AccountTag) -> Result<Option<Failures>, StoreError> {
        self.0.memory.failures(account).await
    }

    async fn used_key(&self, key_hash: &[u8; 32]) -> Result<Option<UsedKey>, StoreError> {
        self.0.call(None, |store| at_once(store.memory.used_key(key_hash))).await
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.0.memory.keys().await
    }

    async fn lifetimes(&self) -> Result<Vec<HeldLifetime>, StoreError> {
        self.0.memory.lifetimes().await
    }

    async fn find_service(&self, id: &str) -> Result<Option<Service>, StoreError> {
        self.0.memory.find_service(id).await
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        self.0.memory.services().await
    }

    async fn find_client(&self, id: &str) -> Result<Option<NativeClient>, StoreError> {
        self.0.memory.find_client(id).await
    }

    async fn clients(&self) -> Result<Vec<NativeClient>, StoreError> {
        self.0.memory.clients().await
    }

    async fn is_place_taken(&self, id: SessionId) -> Result<bool, StoreError> {
        self.0.memory.is_place_taken(id).await
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
        self.0.memory.part_end(of, after, rows).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) {}
}

#[async_trait]
impl Exclusive for Engine {
    fn standing(&self) -> Standing {
        self.0.standing()
    }

    async fn look(&self) -> Result<Disturbance, StoreError> {
        self.0.call(None, |store| Ok(store.look())).await
    }

    fn settle(&self, disturbance: Disturbance) {
        self.0.settle(disturbance);
    }

    fn take_alone(&self) {}
}
