//! The store of an instance with rotations in its memory. Each change yields first: what was read in memory may have
//! been overtaken by then.

use std::sync::Arc;

use async_trait::async_trait;
use backend::auth::account::email::Email;
use backend::store::{
    AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, Hot, NativeClient, Outcome,
    Prunable, RevokedSession, Service, Session, Store, StoreError, StoredKey, Subscription,
    UsedKey, User,
};
use shared::{NumericDate, SessionId, UserId};

use super::engine::Engine;
use super::pause::yield_once;
use crate::setting::Bug;

/// Rows in memory, over an engine.
pub(crate) struct Served {
    pub(crate) hot: Arc<Hot<Engine>>,
    pub(crate) engine: Engine,
    pub(crate) bug: Option<Bug>,
}

macro_rules! served {
    ($($call:ident($($input:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl Store for Served {
            async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
                yield_once().await;
                let is_revocation = matches!(change, Change::RevokeSession(..));
                if is_revocation && self.bug == Some(Bug::RevokedRowStays) {
                    return self.engine.commit(change, events).await;
                }
                self.hot.commit(change, events).await
            }

            $(async fn $call(&self, $($input: $type),*) -> Result<$answer, StoreError> {
                self.hot.$call($($input),*).await
            })+

            fn session_at_hand(&self, id: SessionId) -> Option<(Session, User)> {
                self.hot.session_at_hand(id)
            }

            async fn close(&self) {
                self.hot.close().await;
            }
        }
    };
}

served! {
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
    find_client(id: &str) -> Option<NativeClient>;
    clients() -> Vec<NativeClient>;
    is_place_taken(id: SessionId) -> bool;
    clock() -> Option<NumericDate>;
    part_end(of: Prunable, after: [u8; 16], rows: u32) -> Option<[u8; 16]>;
    ping() -> ();
}
