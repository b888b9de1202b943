//! A store for requests: see [`fail_fast`](crate::fail_fast).

use std::sync::Arc;

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};

use super::{
    Accepted, AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, NativeClient, Outcome,
    Prunable, Remembered, RevokedSession, RowVersion, Service, Session, Store, StoreError,
    StoredKey, Subscription, UsedKey, User,
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
    ($({ $($call:ident($($input:ident: $type:ty),*) -> $answer:ty;)+ })+) => {
        #[async_trait]
        impl Store for FailFast {
            $($(async fn $call(&self, $($input: $type),*) -> Result<$answer, StoreError> {
                let call = self.0.$call($($input),*);
                if is_for_request() {
                    asked(STORAGE_TIME, call).await.unwrap_or(Err(StoreError::TimedOut))
                } else {
                    call.await
                }
            })+)+

            fn session_at_hand(&self, id: SessionId) -> Option<(Session, User)> {
                self.0.session_at_hand(id)
            }

            fn remembered(&self, id: SessionId) -> Option<Remembered> {
                self.0.remembered(id)
            }

            async fn close(&self) {
                self.0.close().await;
            }
        }
    };
}

store_calls!(fail_fast);
