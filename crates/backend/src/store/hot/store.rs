//! `Store` with hot rows: what does not depend on them is the engine's.

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};

use super::scope::Scope;
use super::{Exclusive, Hot};
use crate::auth::account::email::Email;
use crate::store::{
    AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, NativeClient, Outcome, Prunable,
    RevokedSession, Service, Session, Store, StoreError, StoredKey, Subscription, UsedKey, User,
};
use crate::telemetry::causes;

macro_rules! hot {
    (
        { $($_change:tt)* }
        { $($_session:tt)* }
        { $($_rotated:tt)* }
        { $($call:ident($($input:ident: $type:ty),*) -> $answer:ty;)+ }
    ) => {
        #[async_trait]
        impl<E: Exclusive + 'static> Store for Hot<E> {
            async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
                self.shared.commit(change, events).await
            }

            async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
                self.shared.find_session(id).await
            }

            fn session_at_hand(&self, id: SessionId) -> Option<(Session, User)> {
                self.shared.at_hand(id)
            }

            async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
                self.shared.sessions_of(user).await
            }

            async fn last_refresh(
                &self,
                before: Option<NumericDate>,
            ) -> Result<Option<NumericDate>, StoreError> {
                self.shared.last_refresh(before).await
            }

            $(async fn $call(&self, $($input: $type),*) -> Result<$answer, StoreError> {
                self.shared.engine.$call($($input),*).await
            })+

            async fn close(&self) {
                drop(self.task.lock().take());
                // For good: what comes after the last write is for the engine to refuse.
                let hold = self.shared.rows().hold(Scope::ALL);
                if let Err(error) = self.shared.write().await {
                    let cause = causes(&error);
                    tracing::error!(event = "store.rotations_lost", %error, cause);
                }
                self.shared.rows().leave(hold);
                self.shared.engine.close().await;
            }
        }
    };
}

store_calls!(hot);
