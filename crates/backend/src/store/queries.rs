//! The store over any SQL engine: queries as statements, rows as domain values. It must not know which engine
//! answers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use shared::{EventKind, NumericDate, SessionId, UserId};

use super::change::{Change, Outcome};
use super::prunable::Prunable;
use super::records::{
    AccountTag, Event, EventQuery, Failures, HeldLifetime, NativeClient, RevokedSession, Service,
    Session, StoredKey, UsedKey, User,
};
use super::row::{self, Columns};
use super::schema::Schema;
use super::script::Script;
use super::statement::Statement;
use super::{REVOKED_PAGE, REVOKED_PART, Store, StoreError, Subscription, sql};
use crate::auth::account::email::Email;
use crate::entropy::{first_id_at, made_at};

/// An SQL engine.
#[async_trait]
pub(super) trait Engine: Send + Sync {
    /// Executes all steps of a script, or none.
    async fn execute(&self, script: Script) -> Result<Outcome, StoreError>;

    /// Runs a query and reads each of its rows.
    async fn fetch<T: Send>(&self, query: Statement, read: Read<T>) -> Result<Vec<T>, StoreError>;

    /// Subscribes to all revocations from now on.
    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError>;

    /// The time by the clock of the database's machine. `None` if that is this one.
    async fn clock(&self) -> Result<Option<NumericDate>, StoreError>;

    /// Whether storage can be read and written, and is still the one that was opened.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes the calls under way and closes the storage.
    async fn close(&self);
}

/// Reads a row.
pub(super) type Read<T> = fn(&dyn Columns) -> Result<T, StoreError>;

/// The migration that made the table of lifetimes.
const LIFETIMES_SINCE: i64 = 4;
/// The one that made the table of idempotency keys.
const USED_KEYS_SINCE: i64 = 9;
/// The one that made the table of days with refreshes.
const REFRESH_DAYS_SINCE: i64 = 11;
/// The one that made the table of native clients.
const CLIENTS_SINCE: i64 = 12;

/// The store over an engine, and the schema that it was opened with.
pub(super) struct Sql<E>(E, Schema);

impl<E> Sql<E> {
    pub(super) const fn new(engine: E, schema: Schema) -> Self {
        Self(engine, schema)
    }

    /// The engine.
    pub(super) const fn engine(&self) -> &E {
        &self.0
    }

    /// Whether the table of this migration exists. Commands work on an older schema.
    const fn has_since(&self, migration: i64) -> bool {
        !matches!(self.1, Schema::Older { version, .. } if version < migration)
    }
}

#[async_trait]
impl<E: Engine> Store for Sql<E> {
    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        let is_about_used_keys = matches!(change, Change::Prune(Prunable::UsedKeys(_), _));
        if is_about_used_keys && !self.has_since(USED_KEYS_SINCE) {
            return Ok(Outcome::default());
        }
        self.0.execute(Script::of(&change, &events)).await
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let query = Statement::new(sql::FIND_USER).bind(email.as_str());
        Ok(self.0.fetch(query, row::user).await?.pop())
    }

    async fn users(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        let after = after.unwrap_or(UserId::from_bytes([0; 16]));
        self.0.fetch(Statement::new(sql::USERS).bind(after.as_bytes()), row::user).await
    }

    async fn users_beyond_ascii(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        let after = after.unwrap_or(UserId::from_bytes([0; 16]));
        let query = Statement::new(sql::USERS_BEYOND_ASCII).bind(after.as_bytes());
        self.0.fetch(query, row::user).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let query = Statement::new(sql::FIND_SESSION).bind(id.as_bytes());
        let both: Read<_> = |columns| Ok((row::session(columns)?, row::user(columns)?));
        Ok(self.0.fetch(query, both).await?.pop())
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let has_clients = self.has_since(CLIENTS_SINCE);
        let sql = if has_clients { sql::SESSIONS_OF } else { sql::SESSIONS_OF_BEFORE_CLIENTS };
        self.0.fetch(Statement::new(sql).bind(user.as_bytes()), row::session).await
    }

    async fn last_session(&self) -> Result<Option<SessionId>, StoreError> {
        Ok(self.0.fetch(Statement::new(sql::LAST_SESSION), row::session_id).await?.pop())
    }

    async fn end_of_part(
        &self,
        after: SessionId,
        up_to: SessionId,
    ) -> Result<Option<SessionId>, StoreError> {
        let query = Statement::new(sql::LAST_OF_PART).bind(after.as_bytes()).bind(up_to.as_bytes());
        Ok(self.0.fetch(query, row::session_id).await?.pop())
    }

    async fn revoked_per_second(
        &self,
        since: NumericDate,
    ) -> Result<Vec<(NumericDate, u64)>, StoreError> {
        let (mut counts, mut after) = (BTreeMap::new(), (since, [0; 16]));
        loop {
            let (at, id) = after;
            let query = Statement::new(sql::PART_OF_REVOKED).bind(at).bind(&id);
            let end = self.0.fetch(query.bind(REVOKED_PART - 1), row::revoked_at).await?.pop();
            let (last, last_id) = end.unwrap_or((NumericDate(i64::MAX), [0xff; 16]));
            let query = Statement::new(sql::REVOKED_PER_SECOND).bind(at).bind(&id);
            let query = query.bind(last).bind(&last_id);
            for (second, sessions) in self.0.fetch(query, row::revoked_count).await? {
                *counts.entry(second).or_default() += sessions;
            }
            match end {
                Some(end) => after = end,
                None => return Ok(counts.into_iter().collect()),
            }
        }
    }

    async fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        let after = after.unwrap_or(SessionId::from_bytes([0; 16]));
        let query = Statement::new(sql::REVOKED_IN).bind(second).bind(after.as_bytes());
        self.0.fetch(query.bind(REVOKED_PAGE), row::revoked).await
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        self.0.subscribe().await
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        let EventQuery { user, before, kinds, limit } = query;
        // Ids are UUIDs of version 7: none is this large.
        let before = before.map_or([0xff; 16], |before| *before.as_bytes());
        let kinds = if kinds.is_empty() { EventKind::ALL } else { kinds };
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let kinds = serde_json::to_string(&kinds).expect("names are strings");
        let query = Statement::new(sql::EVENTS_OF_KINDS).bind(user.as_bytes());
        let query = query.bind(kinds.as_str()).bind(&before).bind(*limit);
        self.0.fetch(query, row::event).await
    }

    async fn last_event(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        // Ids are UUIDs of version 7: none is this large.
        let before = before.map_or([0xff; 16], first_id_at);
        let query = Statement::new(sql::LAST_EVENT).bind(&before);
        Ok(self.0.fetch(query, row::id).await?.pop().map(made_at))
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        // Servers from before that migration leave an event of each refresh.
        if !self.has_since(REFRESH_DAYS_SINCE) {
            return Ok(None);
        }
        let query = Statement::new(sql::LAST_REFRESH).bind(before.unwrap_or(NumericDate(i64::MAX)));
        Ok(self.0.fetch(query, row::refreshed_at).await?.pop())
    }

    async fn failures(&self, account: AccountTag) -> Result<Option<Failures>, StoreError> {
        let query = Statement::new(sql::FAILURES).bind(&account.0);
        Ok(self.0.fetch(query, row::failures).await?.pop())
    }

    async fn used_key(&self, key_hash: &[u8; 32]) -> Result<Option<UsedKey>, StoreError> {
        let query = Statement::new(sql::USED_KEY).bind(key_hash);
        Ok(self.0.fetch(query, row::used_key).await?.pop())
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.0.fetch(Statement::new(sql::KEYS), row::key).await
    }

    async fn lifetimes(&self) -> Result<Vec<HeldLifetime>, StoreError> {
        // Before that migration no instance held a lease. Commands work there: keys can be revoked.
        if !self.has_since(LIFETIMES_SINCE) {
            return Ok(Vec::new());
        }
        let held = self.0.fetch(Statement::new(sql::LIFETIMES), row::lifetime).await?;
        Ok(held.into_iter().flatten().collect())
    }

    async fn find_service(&self, id: &str) -> Result<Option<Service>, StoreError> {
        let query = Statement::new(sql::FIND_SERVICE).bind(id);
        Ok(self.0.fetch(query, row::service).await?.pop())
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        self.0.fetch(Statement::new(sql::SERVICES), row::service).await
    }

    async fn find_client(&self, id: &str) -> Result<Option<NativeClient>, StoreError> {
        if !self.has_since(CLIENTS_SINCE) {
            return Ok(None);
        }
        let query = Statement::new(sql::FIND_CLIENT).bind(id);
        Ok(self.0.fetch(query, row::native_client).await?.pop())
    }

    async fn clients(&self) -> Result<Vec<NativeClient>, StoreError> {
        self.0.fetch(Statement::new(sql::CLIENTS), row::native_client).await
    }

    async fn is_place_taken(&self, id: SessionId) -> Result<bool, StoreError> {
        let [.., a, b, c] = *id.as_bytes();
        let query = Statement::new(sql::PLACE_TAKEN).bind(&[a, b, c]);
        Ok(!self.0.fetch(query, |_| Ok(())).await?.is_empty())
    }

    async fn clock(&self) -> Result<Option<NumericDate>, StoreError> {
        self.0.clock().await
    }

    async fn part_end(
        &self,
        of: Prunable,
        after: [u8; 16],
        rows: u32,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        let sql = match of {
            Prunable::Sessions(_) => sql::PART_OF_SESSIONS,
            Prunable::Events(_) => sql::PART_OF_EVENTS,
            Prunable::Failures(_) => sql::PART_OF_FAILURES,
            Prunable::UsedKeys(_) if !self.has_since(USED_KEYS_SINCE) => return Ok(None),
            Prunable::UsedKeys(_) => sql::PART_OF_USED_KEYS,
        };
        let query = Statement::new(sql).bind(&after).bind(rows.saturating_sub(1));
        Ok(self.0.fetch(query, row::id).await?.pop())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.0.ping().await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
