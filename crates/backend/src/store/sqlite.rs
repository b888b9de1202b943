//! SQLite: the embedded engine. One writer that commits waiting changes in groups ([`writer`]),
//! several readers beside it (WAL), a bounded wait for either. It must not decide anything; rows
//! become domain values by `TryFrom` in [`row`].

mod change;
mod desk;
mod file;
#[cfg(test)]
mod fixture;
mod writer;

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use self::change::Change;
use self::desk::Desk;
use self::file::DatabaseFile;
use self::writer::Writer;
use super::{
    Accepted, EndCause, PruneBefore, Registered, Session, Store, StoreError, User, row, sql,
};
use crate::auth::email::Email;

/// How long a call waits for a reading connection, and a statement for the lock of another process.
/// Both together stay below the 3 s within which a failing storage must have been answered with 503.
const WAIT: Duration = Duration::from_millis(1_200);
const READERS: u32 = 4;

/// The SQLite engine.
pub struct Sqlite {
    writer: Writer,
    readers: SqlitePool,
    file: Arc<DatabaseFile>,
}

impl Sqlite {
    /// Opens the file that `url` names (`sqlite:baton.db`), makes it if it is missing, and brings
    /// its schema up to date.
    ///
    /// # Errors
    /// If the file cannot be opened or migrated.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?;
        if url.contains("mode=memory") || url.contains(":memory:") {
            // Each connection would have a database of its own.
            return Err(StoreError::Url("a database in memory is spelt memory:".to_owned()));
        }
        let file = Arc::new(DatabaseFile::open(options.get_filename())?);
        let desk = Desk::open(options.clone(), Arc::clone(&file)).await?;
        let readers = readers().connect_with(options.read_only(true)).await?;
        let writer = Writer::start(desk);
        Ok(Self { writer, readers, file })
    }
}

fn options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // Commits are flushed; the writer leaves it out for groups that hold only rotations.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT))
}

/// Connections stay open: opening one anew costs, and a file that was replaced would go unnoticed.
fn readers() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
}

#[async_trait]
impl Store for Sqlite {
    async fn register(&self, user: &User, session: &Session) -> Result<Registered, StoreError> {
        let register = Change::Register(Box::new(user.clone()), Box::new(session.clone()));
        let added = self.writer.carry_out(register).await?;
        Ok(if added == 1 { Registered::Yes } else { Registered::EmailTaken })
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
        let rehash = Change::Rehash { user, seen: seen.to_owned(), hash: hash.to_owned() };
        Ok(self.writer.carry_out(rehash).await? == 1)
    }

    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        self.writer.carry_out(Change::OpenSession(Box::new(session.clone()))).await?;
        Ok(())
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let row = sqlx::query(sql::FIND_SESSION)
            .bind(id.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(|row| Ok((row::session(row)?, row::user(row)?))).transpose()
    }

    async fn accept(&self, id: SessionId, accepted: &Accepted) -> Result<bool, StoreError> {
        Ok(self.writer.carry_out(Change::Accept(id, accepted.clone())).await? == 1)
    }

    async fn revoke(
        &self,
        id: SessionId,
        cause: EndCause,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        Ok(self.writer.carry_out(Change::Revoke(id, cause, now)).await? == 1)
    }

    async fn prune(&self, before: PruneBefore) -> Result<u64, StoreError> {
        self.writer.carry_out(Change::Prune(before)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.file.is_still_there()?;
        sqlx::query(sql::PING).fetch_optional(&self.readers).await?;
        self.writer.carry_out(Change::Nothing).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        // Last, so that the write-ahead log is folded back into the file.
        self.writer.close().await;
    }
}
