//! The in-memory engine, for tests and simulations, with the same conditional writes as SQL, which are in [`tables`].

mod keys;
mod prune;
mod revocation;
mod tables;
mod versions;

use std::cmp::Reverse;

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use shared::{EventId, NumericDate, SessionId, UserId};
use tokio::sync::watch;
use tokio::time::timeout;

use super::change::{Change, Outcome};
use super::prunable::Prunable;
use super::records::{
    AccountTag, Event, EventQuery, Failures, HeldLifetime, NativeClient, RevokedSession, Service,
    Session, StoredKey, UsedKey, User,
};
use super::{HEARTBEAT, Notification, Reach, Store, StoreError, Subscription};
use crate::auth::account::email::Email;
use crate::entropy::{first_id_at, made_at};
use tables::Tables;

/// The `LIMIT` of the SQL engines.
const AT_ONCE: usize = 1_000;

/// The in-memory engine.
#[derive(Default)]
pub struct Memory {
    tables: Mutex<Tables>,
    /// Changes when sessions were revoked, or keys have changed.
    changes: watch::Sender<()>,
}

impl Memory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock()
    }

    /// Puts a row back as it was, over any that is there: as no SQL of ours could, for simulations of a database
    /// that loses its latest writes.
    pub fn put_back(&self, session: &Session) {
        self.tables().sessions.insert(session.id, session.clone());
    }
}

#[async_trait]
impl Store for Memory {
    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        let mut tables = self.tables();
        let records_only = matches!(change, Change::Record);
        let is_about_keys = matches!(
            change,
            Change::AddKey(_)
                | Change::RevokeKey { .. }
                | Change::ActivateKeyEarly(..)
                | Change::RemoveKey(_)
        );
        let outcome = tables.apply(change);
        if records_only || outcome.took_place() {
            tables.record(events);
        }
        if !outcome.revoked.is_empty() || (is_about_keys && outcome.took_place()) {
            self.changes.send_replace(());
        }
        Ok(outcome)
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.values().find(|user| user.email == *email).cloned())
    }

    async fn users(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        let tables = self.tables();
        let users = tables.users.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let users = users.filter(|(id, _)| !tables.erased.contains(id));
        Ok(users.map(|(_, user)| user.clone()).take(AT_ONCE).collect())
    }

    async fn users_beyond_ascii(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        let tables = self.tables();
        let users = tables.users.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let users = users.filter(|(id, _)| !tables.erased.contains(id)).map(|(_, user)| user);
        let users = users.filter(|user| !user.email.as_str().is_ascii());
        Ok(users.take(AT_ONCE).cloned().collect())
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let tables = self.tables();
        Ok(tables.sessions.get(&id).and_then(|session| {
            let user = tables.users.get(&session.user)?;
            Some((session.clone(), user.clone()))
        }))
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let tables = self.tables();
        let live = tables.sessions.values().filter(|session| session.is_live());
        let mut sessions: Vec<Session> =
            live.filter(|session| session.user == user).cloned().collect();
        sessions.sort_by_key(|session| Reverse((session.family.accepted_at, session.id)));
        sessions.truncate(AT_ONCE);
        Ok(sessions)
    }

    async fn last_session(&self) -> Result<Option<SessionId>, StoreError> {
        Ok(self.tables().sessions.keys().max().copied())
    }

    async fn end_of_part(
        &self,
        after: SessionId,
        up_to: SessionId,
    ) -> Result<Option<SessionId>, StoreError> {
        let tables = self.tables();
        let ids = tables.sessions.keys().filter(|&&id| after < id && id <= up_to);
        let mut ids: Vec<SessionId> = ids.copied().collect();
        ids.sort_unstable();
        ids.truncate(AT_ONCE);
        Ok(ids.pop())
    }

    async fn revoked_per_second(
        &self,
        since: NumericDate,
    ) -> Result<Vec<(NumericDate, u64)>, StoreError> {
        Ok(self.tables().revoked_per_second(since))
    }

    async fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        Ok(self.tables().revoked_in(second, after))
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        Ok(Box::new(Listener(self.changes.subscribe())))
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        let EventQuery { user, before, kinds, limit } = query;
        let tables = self.tables();
        let events = tables.events.values().rev().filter(|event| event.user == Some(*user));
        let events = events.filter(|event| before.is_none_or(|before| event.id < before));
        let events = events.filter(|event| kinds.is_empty() || kinds.contains(&event.kind));
        Ok(events.take(usize::try_from(*limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn last_event(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        let before = EventId::from_bytes(before.map_or([0xff; 16], first_id_at));
        let newest = self.tables().events.range(..before).next_back().map(|(id, _)| *id);
        Ok(newest.map(|id| made_at(*id.as_bytes())))
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        let is_earlier = |at: &NumericDate| before.is_none_or(|before| *at < before);
        let tables = self.tables();
        let mut days = tables.refresh_days.values().rev();
        Ok(days.find_map(|&(first, last)| [last, first].into_iter().find(is_earlier)))
    }

    async fn failures(&self, account: AccountTag) -> Result<Option<Failures>, StoreError> {
        Ok(self.tables().failures.get(&account).copied())
    }

    async fn used_key(&self, key_hash: &[u8; 32]) -> Result<Option<UsedKey>, StoreError> {
        Ok(self.tables().used_keys.get(key_hash).copied())
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        Ok(self.tables().keys.clone())
    }

    async fn lifetimes(&self) -> Result<Vec<HeldLifetime>, StoreError> {
        Ok(self.tables().lifetimes.clone())
    }

    async fn find_service(&self, id: &str) -> Result<Option<Service>, StoreError> {
        Ok(self.tables().services.get(id).cloned())
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        Ok(self.tables().services.values().cloned().collect())
    }

    async fn find_client(&self, id: &str) -> Result<Option<NativeClient>, StoreError> {
        Ok(self.tables().clients.get(id).cloned())
    }

    async fn clients(&self) -> Result<Vec<NativeClient>, StoreError> {
        Ok(self.tables().clients.values().cloned().collect())
    }

    async fn is_place_taken(&self, id: SessionId) -> Result<bool, StoreError> {
        let end = &id.as_bytes()[13..];
        Ok(self.tables().sessions.keys().any(|known| known.as_bytes().ends_with(end)))
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
        Ok(self.tables().part_end(of, after, rows))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) {}
}

/// Notified of every change at once.
struct Listener(watch::Receiver<()>);

#[async_trait]
impl Subscription for Listener {
    async fn next(&mut self) -> Result<Notification, StoreError> {
        match timeout(HEARTBEAT, self.0.changed()).await {
            Ok(Ok(())) => Ok(Notification::Change(Reach::LastChange)),
            Ok(Err(_)) => Err(StoreError::Stopped),
            Err(_) => Ok(Notification::Revoked(Vec::new())),
        }
    }
}
