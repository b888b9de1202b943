//! A store for requests: see [`fail_fast`](crate::fail_fast).

use std::sync::Arc;

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};

use super::{
    AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, Outcome, Prunable,
    RevokedSession, Service, Session, Store, StoreError, StoredKey, Subscription, UsedKey, User,
};
use crate::auth::account::email::Email;
use crate::fail_fast::{STORAGE_TIME, asked, is_for_request};

/// An engine that is asked no more for a request that has waited for it in vain.
pub struct FailFast(Arc<dyn Store>);

impl FailFast {
    /// Over this engine.
    #[must_use]
    pub fn over(engine: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Self(engine))
    }
}

macro_rules! fail_fast {
    ($($call:ident($($input:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl Store for FailFast {
            $(async fn $call(&self, $($input: $type),*) -> Result<$answer, StoreError> {
                let call = self.0.$call($($input),*);
                if is_for_request() {
                    asked(STORAGE_TIME, call).await.unwrap_or(Err(StoreError::TimedOut))
                } else {
                    call.await
                }
            })+

            fn session_at_hand(&self, id: SessionId) -> Option<(Session, User)> {
                self.0.session_at_hand(id)
            }

            async fn close(&self) {
                self.0.close().await;
            }
        }
    };
}

fail_fast! {
    commit(change: Change, events: Vec<Event>) -> Outcome;
    find_user(email: &Email) -> Option<User>;
    users(after: Option<UserId>) -> Vec<User>;
    users_beyond_ascii(after: Option<UserId>) -> Vec<User>;
    find_session(id: SessionId) -> Option<(Session, User)>;
    sessions_of(user: UserId) -> Vec<Session>;
    last_session() -> Option<SessionId>;
    end_of_part(after: SessionId, up_to: SessionId) -> Option<SessionId>;
    revoked_per_second(since: NumericDate) -> Vec<(NumericDate, u64)>;
    revoked_in(second: NumericDate, after: Option<SessionId>) -> Vec<RevokedSession>;
    subscribe() -> Box<dyn Subscription>;
    events(query: &EventQuery) -> Vec<Event>;
    last_event(before: Option<NumericDate>) -> Option<NumericDate>;
    last_refresh(before: Option<NumericDate>) -> Option<NumericDate>;
    failures(account: AccountTag) -> Option<Failures>;
    used_key(key_hash: &[u8; 32]) -> Option<UsedKey>;
    keys() -> Vec<StoredKey>;
    lifetimes() -> Vec<HeldLifetime>;
    find_service(id: &str) -> Option<Service>;
    services() -> Vec<Service>;
    is_place_taken(id: SessionId) -> bool;
    clock() -> Option<NumericDate>;
    part_end(of: Prunable, after: [u8; 16], rows: u32) -> Option<[u8; 16]>;
    ping() -> ();
}
