//! SQLite: the embedded engine. One writer that commits waiting changes in groups ([`writer`]), several readers
//! beside it (WAL), and a timeout for either. What is asked or changed is in [`queries`](super::queries) and
//! [`script`](super::script).

mod alone;
mod checkpoint;
mod execute;
mod file;
#[cfg(test)]
mod fixture;
mod migrations;
mod subscription;
mod timeouts;
mod wal_index;
mod watch;
mod write_connection;
mod writer;

use std::str::FromStr as _;
use std::sync::Arc;

use async_trait::async_trait;
use shared::NumericDate;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::time::timeout;

use self::alone::Alone;
use self::checkpoint::Checkpoints;
use self::file::DatabaseFile;
use self::subscription::Poller;
use self::timeouts::{READ_TIME, WAIT};
use self::wal_index::WalIndex;
use self::watch::Watch;
use self::write_connection::WriteConnection;
use self::writer::Writer;
use super::change::{Change, Outcome};
use super::hot::{Disturbance, Exclusive, Standing};
use super::opening::Opening;
use super::queries::{Engine, Read, Sql};
use super::schema::Schema;
use super::script::Script;
use super::statement::{Statement, bound};
use super::{StoreError, Subscription, sql};

const READERS: u32 = 4;

/// The SQLite engine.
pub struct Sqlite {
    writer: Writer,
    watch: Arc<Watch>,
    alone: Alone,
    checkpoints: Checkpoints,
    readers: SqlitePool,
    file: Arc<DatabaseFile>,
    options: SqliteConnectOptions,
}

impl Sqlite {
    /// Opens the file that `url` names (`sqlite:baton.db`).
    ///
    /// # Errors
    /// [`StoreError::Absent`] if it must be there and is not. If it cannot be opened or migrated.
    pub async fn open(url: &str, opening: Opening) -> Result<(Self, Schema), StoreError> {
        let options = options(url)?;
        if url.contains("mode=memory") || url.contains(":memory:") {
            // Each connection would have a database of its own.
            return Err(StoreError::Url("a database in memory is spelt memory:".to_owned()));
        }
        let path = options.get_filename();
        let file = Arc::new(DatabaseFile::open(path, opening == Opening::Create)?);
        let schema = match opening {
            Opening::Create => Schema::Current,
            Opening::AsItIs | Opening::Migrate => migrations::look(path)
                .await?
                .ok_or(StoreError::Absent { found: "the file holds no tables of Baton's" })?,
        };
        let migrates = opening != Opening::AsItIs;
        let connection =
            WriteConnection::open(options.clone(), Arc::clone(&file), migrates).await?;
        let readers = readers().connect_with(options.clone().read_only(true)).await?;
        let checkpoints = Checkpoints::new(options.clone(), Arc::clone(&file));
        // The connections have made it.
        let watch = Arc::new(Watch::over(WalIndex::open(options.get_filename()).ok()));
        let writer = Writer::start(connection, Arc::clone(&watch));
        let alone = match opening {
            Opening::Create | Opening::Migrate => {
                let announce = async || writer.carry_out(Script::announcement()).await.map(drop);
                Alone::enter(options.get_filename(), announce).await?
            }
            Opening::AsItIs => Alone::never(),
        };
        let schema = if migrates { Schema::Current } else { schema };
        Ok((Self { writer, watch, alone, checkpoints, readers, file, options }, schema))
    }
}

/// The file that `url` names, by its absolute path. `None` if it names none.
pub(super) fn name_of(url: &str) -> Option<String> {
    let options = SqliteConnectOptions::from_str(url).ok()?;
    let path = std::path::absolute(options.get_filename()).ok()?;
    Some(format!("sqlite:{}", path.display()))
}

fn options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // Commits are flushed; the writer leaves that out for groups that hold only rotations.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Deleted data is overwritten, not only freed.
        .pragma("secure_delete", "ON")
        .busy_timeout(WAIT))
}

/// Connections stay open: opening one costs, and a file that was replaced would be missed.
fn readers() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
}

async fn within_read_time<T>(
    question: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    Ok(timeout(READ_TIME, question).await.map_err(|_| StoreError::TimedOut)??)
}

#[async_trait]
impl Engine for Sqlite {
    async fn execute(&self, script: Script) -> Result<Outcome, StoreError> {
        let touches_many_pages = script.touches_many_pages;
        let outcome = self.writer.carry_out(script).await?;
        if touches_many_pages && outcome.rows > 0 {
            self.checkpoints.fold_back().await;
        }
        Ok(outcome)
    }

    async fn fetch<T: Send>(&self, query: Statement, read: Read<T>) -> Result<Vec<T>, StoreError> {
        let question = bound::<sqlx::Sqlite>(query.sql.sqlite, &query.values);
        let rows = within_read_time(question.fetch_all(&self.readers)).await?;
        rows.iter().map(|row| read(row)).collect()
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        let watching = Poller::start(self.options.clone(), Arc::clone(&self.file)).await?;
        Ok(Box::new(watching))
    }

    async fn clock(&self) -> Result<Option<NumericDate>, StoreError> {
        Ok(None)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.file.is_still_there()?;
        within_read_time(sqlx::query(sql::PING).fetch_optional(&self.readers)).await?;
        self.writer.carry_out(Script::of(&Change::Record, &[])).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.checkpoints.close();
        // After the others, so that the write-ahead log is checkpointed into the file.
        self.writer.close().await;
        self.alone.leave();
    }
}

#[async_trait]
impl Exclusive for Sql<Sqlite> {
    fn standing(&self) -> Standing {
        let Sqlite { alone, watch, .. } = self.engine();
        match (alone.is(), watch.is_undisturbed()) {
            (false, _) => Standing::Shared,
            (true, true) => Standing::Undisturbed,
            (true, false) => Standing::Disturbed,
        }
    }

    async fn look(&self) -> Result<Disturbance, StoreError> {
        // The writer looks after each group, an empty one as well.
        self.engine().writer.carry_out(Script::of(&Change::Record, &[])).await?;
        Ok(self.engine().watch.disturbance())
    }

    fn settle(&self, disturbance: Disturbance) {
        self.engine().alone.step_aside();
        self.engine().watch.settle(disturbance);
    }

    fn take_alone(&self) {
        self.engine().alone.take();
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};

    use super::fixture::write_connection;
    use crate::store::script::Script;
    use crate::store::{Change, EventsBefore, FailuresBefore, IdRange, Prunable, PruneBefore};
    use shared::NumericDate;

    /// How each statement of a change, or a query, finds its rows.
    async fn plans(sql: impl IntoIterator<Item = &'static str>) -> Vec<String> {
        let (connection, folder) = write_connection().await;
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let readers = super::readers().connect(&url).await.expect("connections");
        let mut plans = Vec::new();
        for statement in sql {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let steps = sqlx::query(explain).fetch_all(&readers).await.expect("a plan");
            plans.extend(steps.iter().map(|step| step.get::<String, _>("detail")));
        }
        readers.close().await;
        connection.close().await.expect("nothing in the way");
        plans
    }

    /// SQLite has one writer: a statement that reads a table of millions makes all other changes wait.
    #[tokio::test]
    async fn nothing_that_prunes_reads_more_than_its_part() {
        let at = NumericDate(0);
        let sessions = PruneBefore { created_at: at, accepted_at: at, revoked_at: at };
        let events = EventsBefore { of_users: at, routine: at, without_account: at };
        let part = IdRange { after: [0; 16], through: [0; 16] };
        for prunable in [Prunable::Sessions(sessions), Prunable::Events(events)] {
            let script = Script::of(&Change::Prune(prunable, part), &[]);
            let plans = plans(script.steps.iter().map(|step| step.statement.sql.sqlite)).await;
            assert!(plans[0].contains("(id>? AND id<?)"), "{plans:?}");
            // No other table refers to a pruned session.
            assert_eq!(plans.len(), 1, "{plans:?}");
        }
        for plan in
            plans([crate::store::sql::PART_OF_SESSIONS, crate::store::sql::PART_OF_EVENTS]).await
        {
            assert!(plan.contains("COVERING INDEX") && plan.contains("(id>?)"), "{plan}");
        }
        for plan in
            plans([crate::store::sql::PART_OF_REVOKED, crate::store::sql::REVOKED_PER_SECOND]).await
        {
            assert!(plan.contains("COVERING INDEX sessions_ended_in_order ("), "{plan}");
        }
        let erased = Script::of(&Change::PruneErased(at), &[]);
        let erased = plans(erased.steps.iter().map(|step| step.statement.sql.sqlite)).await;
        assert!(erased.iter().all(|plan| !plan.starts_with("SCAN")), "{erased:?}");
        let failures = FailuresBefore { all: at, mistyped: at, mistyped_below: 10 };
        let script = Script::of(&Change::Prune(Prunable::Failures(failures), part), &[]);
        let failures = script.steps.iter().map(|step| step.statement.sql.sqlite);
        let plans = plans(failures.chain([crate::store::sql::PART_OF_FAILURES])).await;
        assert!(plans[0].contains("(account>? AND account<?)"), "{plans:?}");
        assert!(
            plans[1].contains("COVERING INDEX") && plans[1].contains("(account>?)"),
            "{plans:?}"
        );
        assert_eq!(plans.len(), 2, "{plans:?}");
    }
}
