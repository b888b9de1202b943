//! The notes in their database, SQLite. Every statement names the owner: a note of somebody else is not
//! there. It must not know HTTP.

mod file;

use std::time::Duration;

use shared::note::Note;
use shared::{NoteId, NumericDate, UserId};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row as _, SqlitePool};

use crate::note::{Draft, Versioned};

/// How long a call waits for a connection, and a statement for the lock of another.
const WAIT: Duration = Duration::from_millis(1_200);
const CONNECTIONS: u32 = 4;

/// Why the database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not `sqlite:FILE`.
    #[error("the database is spelt sqlite:FILE, as in sqlite:notes.db")]
    Url,
    /// It failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Its schema could not be brought up to date.
    #[error("the database's schema cannot be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// What became of a change to one note.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// It took place; the note as it is now.
    Made(Versioned),
    /// The note is there, in another version than the one that was to be replaced.
    Overtaken,
    /// The owner has no such note.
    NotThere,
}

const FIND: &str = "SELECT id, title, text, created_at, changed_at, version FROM notes \
    WHERE owner = $1 AND id = $2";
// `instr` looks for text as it is: in LIKE, what a user types could be a wildcard.
const LIST: &str = "SELECT id, title, text, created_at, changed_at, version FROM notes \
    WHERE owner = $1 AND ($2 IS NULL OR id < $2) AND ($3 = '' OR instr(folded, $3) > 0) \
    ORDER BY id DESC LIMIT $4";
const INSERT: &str = "INSERT INTO notes (id, owner, title, text, folded, created_at, changed_at, version) \
    VALUES ($1, $2, $3, $4, $5, $6, $6, 1)";
const REPLACE: &str = "UPDATE notes SET title = $3, text = $4, folded = $5, changed_at = $6, \
    version = version + 1 WHERE owner = $1 AND id = $2 AND ($7 IS NULL OR version = $7) \
    RETURNING id, title, text, created_at, changed_at, version";
const DELETE: &str = "DELETE FROM notes WHERE owner = $1 AND id = $2";

/// The notes. Clones share the connections.
#[derive(Debug, Clone)]
pub struct Store(SqlitePool);

impl Store {
    /// Opens the file that `url` names (`sqlite:notes.db`), makes it if it is missing, and brings its
    /// schema up to date.
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

    /// At most `most` notes of `owner`, the newest first, older than `before`, that hold `text` in any
    /// case; all of them if it is empty.
    ///
    /// # Errors
    /// If the database fails; so everywhere below.
    pub async fn list(
        &self,
        owner: UserId,
        before: Option<NoteId>,
        text: &str,
        most: i64,
    ) -> Result<Vec<Note>, StoreError> {
        let rows = sqlx::query(LIST)
            .bind(owner.as_bytes().as_slice())
            .bind(before.as_ref().map(|id| id.as_bytes().as_slice()))
            .bind(text.to_lowercase())
            .bind(most);
        let rows = rows.fetch_all(&self.0).await?;
        rows.iter().map(|row| versioned(row).map(|it| it.note)).collect()
    }

    /// One note of `owner`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&self, owner: UserId, id: NoteId) -> Result<Option<Versioned>, StoreError> {
        let row =
            sqlx::query(FIND).bind(owner.as_bytes().as_slice()).bind(id.as_bytes().as_slice());
        row.fetch_optional(&self.0).await?.as_ref().map(versioned).transpose()
    }

    /// A new note of `owner`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create(
        &self,
        owner: UserId,
        id: NoteId,
        draft: Draft,
        now: NumericDate,
    ) -> Result<Versioned, StoreError> {
        let insert = sqlx::query(INSERT)
            .bind(id.as_bytes().as_slice())
            .bind(owner.as_bytes().as_slice())
            .bind(&draft.title)
            .bind(&draft.text)
            .bind(folded(&draft))
            .bind(now.0);
        insert.execute(&self.0).await?;
        let Draft { title, text } = draft;
        let note = Note { id, title, text, created_at: now, changed_at: now };
        Ok(Versioned { note, version: 1 })
    }

    /// Replaces what a note of `owner` says; only if it is in `version`, where one is given.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn replace(
        &self,
        (owner, id): (UserId, NoteId),
        version: Option<i64>,
        draft: &Draft,
        now: NumericDate,
    ) -> Result<Change, StoreError> {
        let replace = sqlx::query(REPLACE)
            .bind(owner.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .bind(&draft.title)
            .bind(&draft.text)
            .bind(folded(draft))
            .bind(now.0)
            .bind(version);
        match replace.fetch_optional(&self.0).await? {
            Some(row) => Ok(Change::Made(versioned(&row)?)),
            None if self.find(owner, id).await?.is_some() => Ok(Change::Overtaken),
            None => Ok(Change::NotThere),
        }
    }

    /// Deletes a note of `owner`; false if there is none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delete(&self, owner: UserId, id: NoteId) -> Result<bool, StoreError> {
        let owner = owner.as_bytes().as_slice();
        let delete = sqlx::query(DELETE).bind(owner).bind(id.as_bytes().as_slice());
        Ok(delete.execute(&self.0).await?.rows_affected() == 1)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM notes LIMIT 1").fetch_optional(&self.0).await?;
        Ok(())
    }

    /// Closes the connections, so that the write-ahead log is folded back into the file.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// What is searched.
fn folded(draft: &Draft) -> String {
    format!("{}\n{}", draft.title, draft.text).to_lowercase()
}

fn versioned(row: &SqliteRow) -> Result<Versioned, StoreError> {
    let id: &[u8] = row.try_get("id")?;
    let id = id.try_into().map_err(|_| sqlx::Error::Protocol("an id of 16 bytes".to_owned()))?;
    let note = Note {
        id: NoteId::from_bytes(id),
        title: row.try_get("title")?,
        text: row.try_get("text")?,
        created_at: NumericDate(row.try_get("created_at")?),
        changed_at: NumericDate(row.try_get("changed_at")?),
    };
    Ok(Versioned { note, version: row.try_get("version")? })
}
