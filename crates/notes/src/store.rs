//! The store of notes, in SQLite. Every statement names the owner, so another user's note is not found. It must not
//! know HTTP. Next: `change.rs` for the three writes, `idempotency.rs` for retried requests.

mod change;
mod context;
mod error;
mod file;
mod idempotency;
mod row;
mod sql;

use std::time::Duration;

use futures_util::TryStreamExt as _;
use shared::note::Notes;
use shared::{NoteId, UserId};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use self::change::Change;
pub use self::context::{KeyedRequest, RequestContext};
pub use self::error::{Refused, StoreError};
use self::row::versioned;
use crate::note::{Draft, Versioned};
use crate::precondition::Preconditions;

/// The timeout for a connection from the pool, and for another writer's lock.
const WAIT: Duration = Duration::from_millis(1_200);
/// The size of the connection pool.
pub const CONNECTIONS: u32 = 4;

/// A filter for the list: notes older than `before` that contain `text` in any letter case; all notes if it is empty.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The last note of the page before.
    pub before: Option<NoteId>,
    /// The search text.
    pub text: &'a str,
}

/// The limits of a page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The most notes.
    pub notes: usize,
    /// The most bytes of titles and texts; a single note may have more.
    pub bytes: usize,
}

/// A connection pool over the notes. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(SqlitePool);

impl Store {
    /// Opens the file that `url` names (`sqlite:notes.db`), creates it if it is missing, and runs the migrations.
    ///
    /// # Errors
    /// If it cannot be opened or migrated.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let path = url.strip_prefix("sqlite:").filter(|path| !path.is_empty());
        let path = path.filter(|path| !path.contains(":memory:")).ok_or(StoreError::Url)?;
        file::make_private(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON")
            .busy_timeout(WAIT);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(WAIT);
        let pool = pool.connect_with(options).await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self(pool))
    }

    /// A page of the notes of `owner`, newest first. Rows beyond the page are not read.
    ///
    /// # Errors
    /// If the database fails; so for every method below.
    pub async fn list(
        &self,
        owner: UserId,
        Wanted { before, text }: Wanted<'_>,
        page: Page,
    ) -> Result<Notes, StoreError> {
        // One more than the page shows, to know whether there are more.
        let most = i64::try_from(page.notes.saturating_add(1)).unwrap_or(i64::MAX);
        let mut rows = sqlx::query(sql::LIST)
            .bind(owner.as_bytes().as_slice())
            .bind(before.as_ref().map(|id| id.as_bytes().as_slice()))
            .bind(text.to_lowercase())
            .bind(most)
            .fetch(&self.0);
        let (mut notes, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            let note = versioned(&row)?.note;
            bytes += note.title.len() + note.text.len();
            if notes.len() == page.notes || (bytes > page.bytes && !notes.is_empty()) {
                return Ok(Notes { notes, more: true });
            }
            notes.push(note);
        }
        Ok(Notes { notes, more: false })
    }

    /// One note of `owner`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&self, owner: UserId, id: NoteId) -> Result<Option<Versioned>, StoreError> {
        let row =
            sqlx::query(sql::FIND).bind(owner.as_bytes().as_slice()).bind(id.as_bytes().as_slice());
        row.fetch_optional(&self.0).await?.as_ref().map(versioned).transpose()
    }

    /// The version of a note.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn version(&self, owner: UserId, id: NoteId) -> Result<Option<i64>, StoreError> {
        let version = sqlx::query_scalar(sql::VERSION)
            .bind(owner.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice());
        Ok(version.fetch_optional(&self.0).await?)
    }

    /// Creates a note of `owner`, within the quota; a retry gets the note that its first request created.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create(
        &self,
        owner: UserId,
        id: NoteId,
        draft: Draft,
        context: RequestContext,
    ) -> Result<Result<Versioned, Refused>, StoreError> {
        let effect = self.change(owner, id, Change::Create(&draft), context).await?;
        Ok(effect.map(|effect| effect.with(draft)))
    }

    /// Replaces title and text of a note of `owner`, if the preconditions hold, within the quota. At the quota, an
    /// owner can still shorten a note.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn replace(
        &self,
        owner: UserId,
        id: NoteId,
        preconditions: &Preconditions,
        draft: Draft,
        context: RequestContext,
    ) -> Result<Result<Versioned, Refused>, StoreError> {
        let effect =
            self.change(owner, id, Change::Replace(preconditions, &draft), context).await?;
        Ok(effect.map(|effect| effect.with(draft)))
    }

    /// Deletes a note of `owner`, if the preconditions hold.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delete(
        &self,
        owner: UserId,
        id: NoteId,
        preconditions: &Preconditions,
        context: RequestContext,
    ) -> Result<Result<(), Refused>, StoreError> {
        let effect = self.change(owner, id, Change::Delete(preconditions), context).await?;
        Ok(effect.map(|_| ()))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query(sql::PING).fetch_optional(&self.0).await?;
        Ok(())
    }

    /// Closes the pool, which folds the write-ahead log back into the file.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
