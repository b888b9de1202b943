//! The database from outside: a new one for each installation, its URL, its size, and statements by the million rows.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

/// The storage engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The name of Baton with it, in the results.
    pub(crate) const fn server(self) -> &'static str {
        match self {
            Self::Sqlite => "Baton, SQLite",
            Self::Postgres => "Baton, PostgreSQL",
        }
    }
}

/// The database of one installation. One in PostgreSQL is dropped with it.
pub(crate) enum Database {
    Sqlite { file: PathBuf },
    Postgres { cluster: String, name: String },
}

impl Database {
    /// A file that Baton makes.
    pub(crate) fn sqlite(folder: &Path) -> Self {
        Self::Sqlite { file: folder.join("baton.db") }
    }

    /// A new database in this cluster.
    pub(crate) fn postgres(cluster: &str) -> Result<Self> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("baton_bench_{}_{number}", std::process::id());
        let create = format!("CREATE DATABASE {name}");
        block_on(on_postgres(cluster, create)).context(
            "no database can be made in the cluster that --postgres names: it must be up, and its \
             user must be allowed to (CREATEDB)",
        )?;
        Ok(Self::Postgres { cluster: cluster.to_owned(), name })
    }

    /// The value of `BATON_DATABASE`.
    pub(crate) fn url(&self) -> Result<String> {
        match self {
            Self::Sqlite { file } => Ok(format!("sqlite:{}", file.display())),
            Self::Postgres { cluster, name } => with_database(cluster, name),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Its size on disk: with SQLite's write-ahead log.
    pub(crate) fn bytes(&self) -> Result<u64> {
        match self {
            Self::Sqlite { file } => {
                let log = file.with_extension("db-wal");
                let log = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
                Ok(std::fs::metadata(file)?.len() + log)
            }
            Self::Postgres { cluster, name } => {
                let url = with_database(cluster, name)?;
                block_on(async {
                    let mut connection = PgConnection::connect(&url).await?;
                    let size = "SELECT pg_database_size(current_database())";
                    let bytes: i64 = sqlx::query_scalar(size).fetch_one(&mut connection).await?;
                    connection.close().await?;
                    Ok(u64::try_from(bytes)?)
                })
            }
        }
    }

    /// Executes statements that are this program's own, in one transaction. On SQLite no server may run.
    pub(crate) fn execute(&self, statements: &str) -> Result<()> {
        match self {
            Self::Sqlite { file } => {
                block_on(on_sqlite(file, format!("BEGIN; {statements}; COMMIT")))
            }
            Self::Postgres { cluster, name } => {
                let url = with_database(cluster, name)?;
                block_on(on_postgres(&url, format!("BEGIN; {statements}; COMMIT; ANALYZE")))
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { cluster, name } = self {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // The cluster may be gone; then so is the database.
            let _ = block_on(on_postgres(cluster, drop));
        }
    }
}

async fn on_sqlite(file: &Path, statements: String) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(file);
    // A cache of a gigabyte and no flushes: a crash here loses no data that matters.
    let options = options.pragma("cache_size", "-1000000").pragma("synchronous", "OFF");
    let mut connection = options.connect().await?;
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
    connection.close().await?;
    // Dirty pages would be flushed during the measurement otherwise.
    Ok(std::fs::File::open(file)?.sync_all()?)
}

async fn on_postgres(url: &str, statements: String) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// The URL of another database in the same cluster.
fn with_database(url: &str, name: &str) -> Result<String> {
    let (scheme, rest) = url.split_once("://").context("--postgres is no URL")?;
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let host = address.split('/').next().unwrap_or_default();
    let mark = if parameters.is_empty() { "" } else { "?" };
    Ok(format!("{scheme}://{host}/{name}{mark}{parameters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_another_database_keeps_user_host_and_parameters() {
        let other = |url| with_database(url, "bench").ok();
        assert_eq!(
            other("postgres://me:secret@host:5433/postgres?sslmode=disable").as_deref(),
            Some("postgres://me:secret@host:5433/bench?sslmode=disable")
        );
        assert_eq!(other("postgres://host").as_deref(), Some("postgres://host/bench"));
        assert_eq!(other("host/postgres"), None);
    }
}
