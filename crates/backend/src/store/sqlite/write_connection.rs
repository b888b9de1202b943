//! The write connection, and the group commit on it. A connection that failed is given up, and the next group gets
//! a fresh one. The callers that wait for the answers are in [`writer`](super::writer).

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::execute::execute;
use super::file::DatabaseFile;
use super::migrations;
use super::timeouts::WAIT;
use super::watch::Watch;
use crate::pace::rest;
use crate::store::change::Outcome;
use crate::store::script::Script;
use crate::store::{StoreError, sql};

/// SQLite's result codes (<https://sqlite.org/rescode.html>); the low byte of an extended one.
mod code {
    pub(super) const BUSY: u32 = 5;
    pub(super) const TOO_BIG: u32 = 18;
    pub(super) const CONSTRAINT: u32 = 19;
    pub(super) const MISMATCH: u32 = 20;
}

/// How often a starting instance tries to open a new file, and its pause before a retry.
const STARTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(50);

/// How often a group retries to begin while another process holds the file, each time for [`sql::WAIT_BRIEFLY`]:
/// [`WAIT`] in all. SQLite by itself would retry less and less often, at last each 100 ms.
const TRIES: u128 = WAIT.as_millis() / 2;

/// The outcome of each change of a group, or the error with which it failed alone.
type Outcomes = Vec<sqlx::Result<Outcome>>;

/// The writer's connection, opened again after a failure.
pub(super) struct WriteConnection {
    source: Arc<Source>,
    connection: Option<Connection>,
}

struct Source {
    options: SqliteConnectOptions,
    file: Arc<DatabaseFile>,
}

/// A connection, and whether its commits are flushed.
struct Connection {
    inner: SqliteConnection,
    flushes: bool,
}

impl WriteConnection {
    /// Opens the first connection, and applies missing migrations unless the schema has to stay as it is.
    ///
    /// # Errors
    /// If the file cannot be opened or migrated.
    pub(super) async fn open(
        options: SqliteConnectOptions,
        file: Arc<DatabaseFile>,
        migrates: bool,
    ) -> Result<Self, StoreError> {
        let source = Arc::new(Source { options, file });
        let mut connection = source.connect_patiently().await?;
        if migrates {
            migrations::run(&mut connection.inner).await?;
        }
        Ok(Self { source, connection: Some(connection.that_looks_often().await?) })
    }

    /// The same without a connection: the next commit opens one.
    pub(super) fn reopened(&self) -> Self {
        Self { source: Arc::clone(&self.source), connection: None }
    }

    /// Group commit: all changes in one transaction, on the disk if any of them must last.
    ///
    /// # Errors
    /// If the transaction failed: then it is not known whether any change of the group took place.
    pub(super) async fn commit(
        &mut self,
        group: &[Script],
        watch: &Watch,
    ) -> Result<Outcomes, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                watch.lost();
                self.source.connect().await?.that_looks_often().await?
            }
        };
        let outcomes = connection.commit(group).await;
        if outcomes.is_ok() {
            connection.look(watch).await;
        }
        // While another process holds the lock, no transaction was begun. After any other failure the state of the
        // connection is unknown; dropped, it rolls back and closes by itself.
        if outcomes.as_ref().err().is_none_or(|error| result_code(error) == Some(code::BUSY)) {
            self.connection = Some(connection);
        }
        Ok(outcomes?)
    }

    /// Checkpoints the log into the file and closes it. If that fails, all changes are committed already.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        if let Some(Connection { mut inner, .. }) = self.connection {
            sqlx::raw_sql(sql::CHECKPOINT).execute(&mut inner).await?;
            inner.close().await?;
        }
        Ok(())
    }
}

impl Source {
    /// Of several instances that start at once on a new file, one turns it to WAL, and SQLite refuses the others
    /// without waiting.
    async fn connect_patiently(&self) -> Result<Connection, StoreError> {
        for _ in 0..STARTS {
            match self.connect().await {
                Err(StoreError::Database(error)) if result_code(&error) == Some(code::BUSY) => {
                    rest(PAUSE).await;
                }
                done => return done,
            }
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        // A file that has replaced the opened one is not the same database: it must not even be touched, and it may
        // come between the check and the opening.
        self.file.is_still_there()?;
        let inner = self.options.connect().await?;
        self.file.is_still_there()?;
        // Its options say `synchronous = FULL`.
        Ok(Connection { inner, flushes: true })
    }
}

impl Connection {
    async fn commit(&mut self, group: &[Script]) -> sqlx::Result<Outcomes> {
        self.flush_commits(group.iter().any(|change| change.must_last)).await?;
        let mut tries = 1..TRIES;
        // Retries until no other process holds the file.
        let mut transaction = loop {
            match self.inner.begin_with(sql::BEGIN_WRITING).await {
                Err(error) if result_code(&error) == Some(code::BUSY) && tries.next().is_some() => {
                }
                begun => break begun?,
            }
        };
        let mut outcomes = Vec::with_capacity(group.len());
        for change in group {
            match execute(&mut transaction, change).await {
                Err(error) if !fails_alone(&error) => return Err(error),
                outcome => outcomes.push(outcome),
            }
        }
        transaction.commit().await?;
        Ok(outcomes)
    }

    /// Whether another process has committed.
    async fn look(&mut self, watch: &Watch) {
        let mark = watch.mark();
        match sqlx::query_scalar(sql::DATA_VERSION_ALONE).fetch_one(&mut self.inner).await {
            Ok(data_version) => watch.saw(mark, data_version),
            Err(_) => watch.lost(),
        }
    }

    async fn that_looks_often(mut self) -> sqlx::Result<Self> {
        sqlx::raw_sql(sql::WAIT_BRIEFLY).execute(&mut self.inner).await?;
        Ok(self)
    }

    /// Only between transactions: within one, SQLite refuses it.
    async fn flush_commits(&mut self, flushes: bool) -> sqlx::Result<()> {
        if flushes != self.flushes {
            let pragma = if flushes { sql::FLUSH_COMMITS } else { sql::LEAVE_COMMITS_UNFLUSHED };
            sqlx::raw_sql(pragma).execute(&mut self.inner).await?;
            self.flushes = flushes;
        }
        Ok(())
    }
}

/// Whether the change itself is to blame: then SQLite has undone its statement and the transaction continues. After
/// a full disk, a failed read and the like it may be gone already (<https://sqlite.org/lang_transaction.html>,
/// "response to errors within a transaction").
fn fails_alone(error: &sqlx::Error) -> bool {
    matches!(result_code(error), Some(code::CONSTRAINT | code::TOO_BIG | code::MISMATCH))
}

fn result_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{
        accept, accept_and_record, open_session, register, register_at_length, revoke,
        write_connection,
    };
    use super::*;

    /// 1 for each that took place; `None` for one that failed alone.
    async fn rows(writer: &mut WriteConnection, group: &[Script]) -> Vec<Option<u64>> {
        let outcomes = writer.commit(group, &Watch::over(None)).await.expect("a commit");
        let rows =
            |outcome: sqlx::Result<Outcome>| outcome.ok().map(|it| u64::from(it.took_place()));
        outcomes.into_iter().map(rows).collect()
    }

    #[tokio::test]
    async fn a_change_that_fails_takes_no_neighbour_down_and_leaves_nothing_behind() {
        let (mut writer, _folder) = write_connection().await;
        let group = [
            register(1, 1),
            open_session(1, 2),
            open_session(1, 2),
            register(2, 1),
            register(1, 3),
            open_session(9, 4),
            open_session(1, 5),
            revoke(1),
            accept(1),
        ];
        let outcomes = rows(&mut writer, &group).await;
        let one = Some(1);
        assert_eq!(outcomes, [one, one, None, None, Some(0), Some(0), one, one, Some(0)]);
        // The second user was undone together with their session, whose id was taken.
        assert_eq!(rows(&mut writer, &[register(2, 3), accept(3)]).await, [one, one]);
    }

    #[tokio::test]
    async fn a_rotation_takes_place_with_its_event_or_not_at_all() {
        let (mut writer, _folder) = write_connection().await;
        let one = Some(1);
        let sessions = [register(1, 1), register(2, 2), register(3, 3)];
        assert_eq!(rows(&mut writer, &sessions).await, [one; 3]);
        // The second event's id is taken; a late rotation has no event either.
        let group = [accept_and_record(1, 1), accept_and_record(2, 1), accept_and_record(1, 2)];
        assert_eq!(rows(&mut writer, &group).await, [one, None, Some(0)]);
        let next = [accept_and_record(2, 2), revoke(3), accept_and_record(3, 3)];
        assert_eq!(rows(&mut writer, &next).await, [one, one, Some(0)]);
    }

    #[tokio::test]
    async fn a_full_disk_fails_the_whole_group_and_not_the_next_one() {
        let (mut writer, _folder) = write_connection().await;
        let full = "PRAGMA max_page_count = 1";
        let connection = &mut writer.connection.as_mut().expect("it is open").inner;
        sqlx::raw_sql(full).execute(connection).await.expect("a limit");
        let group = [register(1, 1), register_at_length(2, 2), open_session(1, 3)];
        assert!(writer.commit(&group, &Watch::over(None)).await.is_err());
        // No change of it took place, and the next group's connection has no such limit.
        assert_eq!(rows(&mut writer, &group).await, [Some(1); 3]);
    }

    #[tokio::test]
    async fn a_fresh_connection_is_not_opened_to_another_file() {
        let (writer, folder) = write_connection().await;
        let mut reopened = writer.reopened();
        writer.close().await.expect("nothing in the way");
        // As good as the old one in every respect, but not the one that was opened.
        let (file, copy) = (folder.path().join("test.db"), folder.path().join("copy.db"));
        std::fs::copy(&file, &copy).expect("a copy");
        std::fs::rename(&copy, &file).expect("another file");
        assert!(reopened.commit(&[register(1, 1)], &Watch::over(None)).await.is_err());
    }
}
