//! Remembered rows: the sessions in use, as this process read or wrote them last, for an engine that other processes
//! write to as well. A rotation that is decided on one costs a single round trip: the write that accepts it says which
//! version it was decided on, and takes place if the database still has that one (optimistic concurrency control). So
//! a remembered row may be stale without harm: nothing but such a write relies on it, and no change of another process
//! has to be noticed in time. docs/decisions/0046-a-rotation-is-decided-on-a-remembered-row.md.

use async_trait::async_trait;
use quick_cache::sync::Cache;
use shared::{NumericDate, SessionId, UserId};

use super::{
    Accepted, AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, NativeClient, Outcome,
    Prunable, Remembered, RevokedSession, RowVersion, Service, Session, Store, StoreError,
    StoredKey, Subscription, UsedKey, User,
};
use crate::auth::account::email::Email;

/// How many rows are remembered. Each takes about a kilobyte.
const MOST_ROWS: usize = 16_384;

/// An engine whose rows have versions.
#[async_trait]
pub trait Versioned: Store {
    /// As [`Store::find_session`].
    async fn find_versioned(&self, id: SessionId) -> Result<Option<Remembered>, StoreError>;

    /// As [`Store::accept_unchanged`]; the new version, if it took place.
    async fn accept_versioned(
        &self,
        id: SessionId,
        accepted: &Accepted,
        version: RowVersion,
    ) -> Result<Option<RowVersion>, StoreError>;
}

/// The store that remembers rows.
pub struct Remembering<E> {
    engine: E,
    rows: Cache<SessionId, Remembered>,
}

impl<E: Versioned> Remembering<E> {
    /// Over this engine.
    #[must_use]
    pub fn over(engine: E) -> Self {
        Self { engine, rows: Cache::new(MOST_ROWS) }
    }

    /// The engine.
    pub const fn engine(&self) -> &E {
        &self.engine
    }
}

macro_rules! remembering {
    (
        { $($_change:tt)* }
        { $($_session:tt)* }
        $({ $($call:ident($($input:ident: $type:ty),*) -> $answer:ty;)+ })+
    ) => {
        #[async_trait]
        impl<E: Versioned> Store for Remembering<E> {
            async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
                // Of a row that was read, a moment ago as a rule: so the new version is known, too.
                if let Change::Accept(id, accepted) = &change
                    && events.is_empty()
                    && let Some(row) = self.rows.get(id)
                    && row.session.family.generation == accepted.seen
                    && self.accept_unchanged(*id, accepted, row.version).await?
                {
                    return Ok(Outcome { rows: 1, revoked: Vec::new() });
                }
                let outcome = self.engine.commit(change, events).await?;
                for id in &outcome.revoked {
                    self.rows.remove(id);
                }
                Ok(outcome)
            }

            async fn accept_unchanged(
                &self,
                id: SessionId,
                accepted: &Accepted,
                version: RowVersion,
            ) -> Result<bool, StoreError> {
                // Forgotten until the outcome is known: whatever it is, this version is the past.
                let remembered = self.rows.remove(&id).map(|(_, remembered)| remembered);
                let new = self.engine.accept_versioned(id, accepted, version).await?;
                if let (Some(mut row), Some(new)) = (remembered, new)
                    && row.version == version
                {
                    row.session.family = accepted.family.clone();
                    row.session.client = accepted.client.clone();
                    row.version = new;
                    self.rows.insert(id, row);
                }
                Ok(new.is_some())
            }

            async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
                let found = self.engine.find_versioned(id).await?;
                match &found {
                    Some(row) if row.session.is_live() => self.rows.insert(id, row.clone()),
                    _ => drop(self.rows.remove(&id)),
                }
                Ok(found.map(|Remembered { session, user, .. }| (session, user)))
            }

            fn remembered(&self, id: SessionId) -> Option<Remembered> {
                self.rows.get(&id)
            }

            $($(async fn $call(&self, $($input: $type),*) -> Result<$answer, StoreError> {
                self.engine.$call($($input),*).await
            })+)+

            async fn close(&self) {
                self.engine.close().await;
            }
        }
    };
}

store_calls!(remembering);
