//! The engine that forgets: for tests and simulations, with the very semantics of the conditional
//! writes. It must not be cleverer than SQL.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rotation::Standing;
use shared::{NumericDate, SessionId, UserId};

use super::{Accepted, EndCause, PruneBefore, Registered, Session, Store, StoreError, User};
use crate::auth::email::Email;

/// As many as SQL's `LIMIT`.
const PRUNED_AT_ONCE: usize = 1_000;

/// The in-memory engine.
#[derive(Default)]
pub struct Memory(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    users: HashMap<UserId, User>,
    sessions: HashMap<SessionId, Row>,
}

struct Row {
    session: Session,
    ended: Option<(NumericDate, EndCause)>,
}

impl Memory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // No write below is left half done by a panic, so a poisoned lock guards whole tables.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn insert_session(&mut self, session: &Session) {
        self.sessions.insert(session.id, Row { session: session.clone(), ended: None });
    }
}

#[async_trait]
impl Store for Memory {
    async fn register(&self, user: &User, session: &Session) -> Result<Registered, StoreError> {
        let mut tables = self.tables();
        if tables.users.values().any(|known| known.email == user.email) {
            return Ok(Registered::EmailTaken);
        }
        tables.users.insert(user.id, user.clone());
        tables.insert_session(session);
        Ok(Registered::Yes)
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.values().find(|user| user.email == *email).cloned())
    }

    async fn rehash_password(
        &self,
        user: UserId,
        seen: &str,
        hash: &str,
    ) -> Result<bool, StoreError> {
        match self.tables().users.get_mut(&user) {
            Some(user) if user.password_hash == seen && user.disabled_at.is_none() => {
                hash.clone_into(&mut user.password_hash);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        self.tables().insert_session(session);
        Ok(())
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let tables = self.tables();
        Ok(tables.sessions.get(&id).and_then(|row| {
            let user = tables.users.get(&row.session.user)?;
            Some((row.session.clone(), user.clone()))
        }))
    }

    async fn accept(&self, id: SessionId, accepted: &Accepted) -> Result<bool, StoreError> {
        match self.tables().sessions.get_mut(&id) {
            Some(row) if row.session.family.generation == accepted.seen && row.ended.is_none() => {
                row.session.family = accepted.family.clone();
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn revoke(
        &self,
        id: SessionId,
        cause: EndCause,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        match self.tables().sessions.get_mut(&id) {
            Some(row) if row.ended.is_none() => {
                row.ended = Some((now, cause));
                row.session.family.standing = Standing::Revoked;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn prune(&self, before: PruneBefore) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let is_over = |row: &Row| {
            let family = &row.session.family;
            family.created_at < before.created_at
                || family.accepted_at < before.accepted_at
                || row.ended.is_some_and(|(at, _)| at < before.revoked_at)
        };
        let over = tables.sessions.iter().filter(|(_, row)| is_over(row));
        let over: Vec<SessionId> = over.map(|(&id, _)| id).take(PRUNED_AT_ONCE).collect();
        for id in &over {
            tables.sessions.remove(id);
        }
        Ok(over.len() as u64)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) {}
}
