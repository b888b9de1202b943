//! SQLite: the embedded engine. One writer, several readers beside it (WAL), a bounded wait for
//! either. It must not decide anything; rows become domain values in [`row`].

mod file;

use std::str::FromStr as _;
use std::time::Duration;

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Executor, Sqlite as Engine, SqlitePool};

use self::file::DatabaseFile;
use super::{
    Accepted, EndCause, PruneBefore, Registered, Session, Store, StoreError, User, hash_of, row,
    sql,
};
use crate::auth::email::Email;

/// How long a call waits for a connection, and a statement for the lock of another process. Both
/// together stay below the 3 s within which a failing storage must have been answered with 503.
const WAIT: Duration = Duration::from_millis(1_200);
const READERS: u32 = 4;

/// The SQLite engine.
pub struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
    file: DatabaseFile,
}

impl Sqlite {
    /// Opens the file that `url` names (`sqlite:baton.db`), makes it if it is missing, and brings
    /// its schema up to date.
    ///
    /// # Errors
    /// If the file cannot be opened or migrated.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            // An end of a session must be durable before it is answered.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT);
        if url.contains("mode=memory") || url.contains(":memory:") {
            // Each connection would have a database of its own.
            return Err(StoreError::Url("a database in memory is spelt memory:".to_owned()));
        }
        let file = DatabaseFile::open(options.get_filename())?;
        // SQLite has one writer at a time: waiting in our own queue is fair, its lock is not.
        let writer = pool(1).connect_with(options.clone()).await?;
        migrate(&writer).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers, file })
    }
}

/// Connections stay open: opening one anew costs, and a file that was replaced would go unnoticed.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// All of the schema in one transaction that holds the writer's lock from its first statement on:
/// of several instances that start at once, each finds what the one before has left.
async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::migrate!("migrations/sqlite").run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

#[async_trait]
impl Store for Sqlite {
    async fn register(&self, user: &User, session: &Session) -> Result<Registered, StoreError> {
        // A deferred transaction would fail at once with "database is locked" when it turns into a
        // writer beside another process.
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let added = sqlx::query(sql::ADD_USER)
            .bind(user.id.as_bytes().as_slice())
            .bind(user.email.as_str())
            .bind(user.name.as_deref())
            .bind(&user.password_hash)
            .bind(user.created_at.0)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if added == 0 {
            return Ok(Registered::EmailTaken);
        }
        open_session(&mut *transaction, session).await?;
        transaction.commit().await?;
        Ok(Registered::Yes)
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let row =
            sqlx::query(sql::FIND_USER).bind(email.as_str()).fetch_optional(&self.readers).await?;
        row.as_ref().map(row::user).transpose()
    }

    async fn rehash_password(
        &self,
        user: UserId,
        seen: &str,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(sql::REHASH_PASSWORD)
            .bind(user.as_bytes().as_slice())
            .bind(seen)
            .bind(hash)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        open_session(&self.writer, session).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let row = sqlx::query(sql::FIND_SESSION)
            .bind(id.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(|row| Ok((row::session(row)?, row::user(row)?))).transpose()
    }

    async fn accept(&self, id: SessionId, accepted: &Accepted) -> Result<bool, StoreError> {
        let family = &accepted.family;
        let done = sqlx::query(sql::ACCEPT)
            .bind(id.as_bytes().as_slice())
            .bind(i64::from(accepted.seen.0))
            .bind(i64::from(family.generation.0))
            .bind(hash_of(family.attempt.as_ref()))
            .bind(hash_of(family.previous_attempt.as_ref()))
            .bind(family.accepted_at.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn revoke(
        &self,
        id: SessionId,
        cause: EndCause,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(sql::REVOKE)
            .bind(id.as_bytes().as_slice())
            .bind(now.0)
            .bind(cause.as_str())
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn prune(&self, before: PruneBefore) -> Result<u64, StoreError> {
        let done = sqlx::query(sql::PRUNE)
            .bind(before.created_at.0)
            .bind(before.accepted_at.0)
            .bind(before.revoked_at.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.file.is_still_there()?;
        sqlx::query(sql::PING).fetch_optional(&self.readers).await?;
        self.writer.begin_with("BEGIN IMMEDIATE").await?.rollback().await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        // Last, so that the write-ahead log is folded back into the file.
        self.writer.close().await;
    }
}

async fn open_session<'e>(
    executor: impl Executor<'e, Database = Engine>,
    session: &Session,
) -> Result<(), StoreError> {
    sqlx::query(sql::OPEN_SESSION)
        .bind(session.id.as_bytes().as_slice())
        .bind(session.user.as_bytes().as_slice())
        .bind(session.seed.as_bytes().as_slice())
        .bind(&session.refresh_key_id)
        .bind(i64::from(session.family.generation.0))
        .bind(session.family.accepted_at.0)
        .bind(session.family.created_at.0)
        .execute(executor)
        .await?;
    Ok(())
}
