//! Failpoints: the process ends at a named moment of a write, as in a crash, without destructors. Only in builds
//! with the feature `failpoints`, which the fault suite makes for itself (docs/testing.md).

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};

use super::{
    Accepted, AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, NativeClient, Outcome,
    Prunable, Remembered, RevokedSession, RowVersion, Service, Session, Store, StoreError,
    StoredKey, Subscription, UsedKey, User,
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

macro_rules! armed {
    ({ $($_change:tt)* } $({ $($call:ident($($input:ident: $type:ty),*) -> $answer:ty;)+ })+) => {
        #[async_trait]
        impl Store for Armed {
            async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
                let write = write(&change);
                self.pass(write, Side::Before);
                let done = self.store.commit(change, events).await;
                self.pass(write, Side::After);
                done
            }

            async fn accept_unchanged(
                &self,
                id: SessionId,
                accepted: &Accepted,
                version: RowVersion,
            ) -> Result<bool, StoreError> {
                self.pass(Some(Write::Accept), Side::Before);
                let done = self.store.accept_unchanged(id, accepted, version).await;
                // Of a row that has changed, none takes place: it is accepted, or not, by the row itself.
                if !matches!(done, Ok(false)) {
                    self.pass(Some(Write::Accept), Side::After);
                }
                done
            }

            $($(async fn $call(&self, $($input: $type),*) -> Result<$answer, StoreError> {
                self.store.$call($($input),*).await
            })+)+

            fn session_at_hand(&self, id: SessionId) -> Option<(Session, User)> {
                self.store.session_at_hand(id)
            }

            fn remembered(&self, id: SessionId) -> Option<Remembered> {
                self.store.remembered(id)
            }

            async fn close(&self) {
                self.store.close().await;
            }
        }
    };
}

store_calls!(armed);

const fn write(change: &Change) -> Option<Write> {
    match change {
        Change::Keyed(_, change) => write(change),
        Change::Accept(..) => Some(Write::Accept),
        Change::RevokeSession(..) => Some(Write::Revoke),
        _ => None,
    }
}
