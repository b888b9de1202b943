//! Failpoints: the process ends at a named moment of a write, as in a crash, without destructors. Only in builds
//! with the feature `failpoints`, which the fault suite makes for itself (docs/testing.md).

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};

use super::{
    AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, Outcome, Prunable,
    RevokedSession, Service, Session, Store, StoreError, StoredKey, Subscription, UsedKey, User,
};
use crate::auth::account::email::Email;

/// The moment at which the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failpoint {
    write: Write,
    side: Side,
    /// At which of its occurrences the process ends; the first is 1.
    count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Accept,
    Revoke,
}

/// On which side of the engine's commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl FromStr for Failpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "is spelt accept|revoke:before|after, with :N for the Nth time";
        let mut words = text.split(':');
        let write = match words.next() {
            Some("accept") => Write::Accept,
            Some("revoke") => Write::Revoke,
            _ => return Err(SHAPE),
        };
        let side = match words.next() {
            Some("before") => Side::Before,
            Some("after") => Side::After,
            _ => return Err(SHAPE),
        };
        let count = words.next().map_or(Ok(1), str::parse).map_err(|_| SHAPE)?;
        if count == 0 || words.next().is_some() {
            Err(SHAPE)
        } else {
            Ok(Self { write, side, count })
        }
    }
}

/// The store, with a moment at which the process ends if there is one.
#[must_use]
pub fn arm(store: Arc<dyn Store>, failpoint: Option<Failpoint>) -> Arc<dyn Store> {
    match failpoint {
        Some(failpoint) => Arc::new(Armed { store, failpoint, come: AtomicU32::new(0) }),
        None => store,
    }
}

struct Armed {
    store: Arc<dyn Store>,
    failpoint: Failpoint,
    /// How many times the moment has occurred.
    come: AtomicU32,
}

impl Armed {
    fn pass(&self, write: Option<Write>, side: Side) {
        let Failpoint { write: at_write, side: at_side, count } = self.failpoint;
        if (write, side) == (Some(at_write), at_side)
            && self.come.fetch_add(1, Ordering::SeqCst) + 1 == count
        {
            std::process::abort();
        }
    }
}

#[async_trait]
impl Store for Armed {
    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        let change_itself = match &change {
            Change::Keyed(_, change) => change,
            change => change,
        };
        let write = match change_itself {
            Change::Accept(..) => Some(Write::Accept),
            Change::RevokeSession(..) => Some(Write::Revoke),
            _ => None,
        };
        self.pass(write, Side::Before);
        let done = self.store.commit(change, events).await;
        self.pass(write, Side::After);
        done
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.store.find_user(email).await
    }

    async fn users(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.store.users(after).await
    }

    async fn users_beyond_ascii(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.store.users_beyond_ascii(after).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        self.store.find_session(id).await
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.store.sessions_of(user).await
    }

    async fn last_session(&self) -> Result<Option<SessionId>, StoreError> {
        self.store.last_session().await
    }

    async fn end_of_part(
        &self,
        after: SessionId,
        up_to: SessionId,
    ) -> Result<Option<SessionId>, StoreError> {
        self.store.end_of_part(after, up_to).await
    }

    async fn revoked_per_second(
        &self,
        since: NumericDate,
    ) -> Result<Vec<(NumericDate, u64)>, StoreError> {
        self.store.revoked_per_second(since).await
    }

    async fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        self.store.revoked_in(second, after).await
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        self.store.subscribe().await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        self.store.events(query).await
    }

    async fn last_event(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.store.last_event(before).await
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.store.last_refresh(before).await
    }

    async fn failures(&self, account: AccountTag) -> Result<Option<Failures>, StoreError> {
        self.store.failures(account).await
    }

    async fn used_key(&self, key_hash: &[u8; 32]) -> Result<Option<UsedKey>, StoreError> {
        self.store.used_key(key_hash).await
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.store.keys().await
    }

    async fn lifetimes(&self) -> Result<Vec<HeldLifetime>, StoreError> {
        self.store.lifetimes().await
    }

    async fn find_service(&self, id: &str) -> Result<Option<Service>, StoreError> {
        self.store.find_service(id).await
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        self.store.services().await
    }

    async fn is_place_taken(&self, id: SessionId) -> Result<bool, StoreError> {
        self.store.is_place_taken(id).await
    }

    async fn clock(&self) -> Result<Option<NumericDate>, StoreError> {
        self.store.clock().await
    }

    async fn part_end(
        &self,
        of: Prunable,
        after: [u8; 16],
        rows: u32,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        self.store.part_end(of, after, rows).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
