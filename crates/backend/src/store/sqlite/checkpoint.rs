//! Checkpoints the write-ahead log into the file beside the writer, after changes that touch many pages. What it
//! leaves, the writer checkpoints as SQLite does by itself.
//!
//! Left to the writer, that happens within a commit, every 1,000 pages, and all other changes wait for it: 30 ms
//! measured while events were pruned, and longer on a slow disk. A checkpoint on another connection waits for no
//! other one, and none waits for it (<https://sqlite.org/wal.html#checkpointing>).

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};

use super::file::DatabaseFile;
use crate::store::{StoreError, sql};

/// A connection for checkpoints alone, opened when it is needed.
pub(super) struct Checkpoints {
    options: SqliteConnectOptions,
    file: Arc<DatabaseFile>,
    /// `None` also while it is in use.
    connection: Mutex<Option<SqliteConnection>>,
}

impl Checkpoints {
    pub(super) fn new(options: SqliteConnectOptions, file: Arc<DatabaseFile>) -> Self {
        Self { options, file, connection: Mutex::default() }
    }

    /// Checkpoints as much as no connection is reading at this moment.
    pub(super) async fn fold_back(&self) {
        if let Err(error) = self.try_to_fold_back().await {
            tracing::debug!(event = "store.checkpoint_failed", %error);
        }
    }

    async fn try_to_fold_back(&self) -> Result<(), StoreError> {
        let connection = self.slot().take();
        let mut connection = match connection {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        sqlx::raw_sql(sql::CHECKPOINT).execute(&mut connection).await?;
        *self.slot() = Some(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        self.file.is_still_there()?;
        let connection = self.options.connect().await?;
        self.file.is_still_there()?;
        Ok(connection)
    }

    /// Closes the file.
    pub(super) fn close(&self) {
        drop(self.slot().take());
    }

    fn slot(&self) -> MutexGuard<'_, Option<SqliteConnection>> {
        self.connection.lock()
    }
}
