//! The versions of rows in memory: hashes of what they hold, so that a row that was changed back has its old one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use async_trait::async_trait;
use shared::SessionId;

use super::Memory;
use super::tables::Tables;
use crate::store::change::Change;
use crate::store::{
    Accepted, ClientInfo, Remembered, RowVersion, Session, StoreError, User, Versioned,
};

#[async_trait]
impl Versioned for Memory {
    async fn find_versioned(&self, id: SessionId) -> Result<Option<Remembered>, StoreError> {
        Ok(find(&self.tables(), id))
    }

    async fn accept_versioned(
        &self,
        id: SessionId,
        accepted: &Accepted,
        version: RowVersion,
    ) -> Result<Option<RowVersion>, StoreError> {
        let mut tables = self.tables();
        if find(&tables, id).is_none_or(|found| found.version != version) {
            return Ok(None);
        }
        let accept = Change::Accept(id, Box::new(accepted.clone()));
        let took_place = tables.apply(accept).took_place();
        Ok(find(&tables, id).filter(|_| took_place).map(|found| found.version))
    }
}

fn find(tables: &Tables, id: SessionId) -> Option<Remembered> {
    let session = tables.sessions.get(&id)?;
    let user = tables.users.get(&session.user)?;
    let version = RowVersion { session: of_session(session), user: of_user(user) };
    Some(Remembered { session: session.clone(), user: user.clone(), version })
}

fn of_session(session: &Session) -> i64 {
    let mut hasher = DefaultHasher::new();
    let Session { family, client: ClientInfo { address, device }, .. } = session;
    (family.generation, &family.attempt, &family.previous_attempt).hash(&mut hasher);
    (family.accepted_at.0, session.authenticated_at.0).hash(&mut hasher);
    session.step_up_required_at.map(|at| at.0).hash(&mut hasher);
    session.revocation_reason().map(|reason| reason.as_str()).hash(&mut hasher);
    (address, &device.browser, &device.os, device.kind.as_str()).hash(&mut hasher);
    hasher.finish().cast_signed()
}

fn of_user(user: &User) -> i64 {
    let mut hasher = DefaultHasher::new();
    (user.email.as_str(), &user.name, &user.password_hash).hash(&mut hasher);
    user.disabled_at.map(|at| at.0).hash(&mut hasher);
    hasher.finish().cast_signed()
}
