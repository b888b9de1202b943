//! The database from outside: its URL for the program, copies for a backup and its restore, and the sessions' rows,
//! read with SQL of the suite's own. It writes into no table; rows without a client are added in
//! [`seed`](crate::seed) and [`fill`](crate::fill).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use crate::cluster::Cluster;

/// The storage engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// One scenario's database.
pub(crate) enum Database {
    Sqlite {
        file: PathBuf,
    },
    /// In another mount namespace: SQLite would resolve the path to one of this namespace, so the suite reads a copy
    /// of `seen`.
    SqliteElsewhere {
        seen: PathBuf,
        copy: PathBuf,
    },
    Postgres {
        cluster: Arc<Cluster>,
        name: String,
    },
}

/// A session's row, as far as the checker needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The generation of the last accepted refresh token.
    pub(crate) generation: i64,
    pub(crate) revoked: bool,
}

/// The same SQL for both engines; the cast evens out `generation`: integer or bigint.
const SESSIONS: &str =
    "SELECT id, CAST(generation AS BIGINT) AS generation, revoked_at IS NOT NULL AS revoked
     FROM sessions";

impl Database {
    /// The value of `--database`.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite { file } | Self::SqliteElsewhere { seen: file, .. } => {
                format!("sqlite:{}", file.display())
            }
            Self::Postgres { cluster, name } => cluster.url(name),
        }
    }

    /// Every session.
    pub(crate) async fn sessions(&self) -> Result<BTreeMap<[u8; 16], Row>> {
        match self {
            Self::Sqlite { file } => sqlite_sessions(file).await,
            Self::SqliteElsewhere { seen, copy } => {
                copy_file(seen, copy)?;
                sqlite_sessions(copy).await
            }
            Self::Postgres { cluster, name } => {
                let mut connection = cluster.connect(name).await?;
                let rows = sqlx::query(SESSIONS).fetch_all(&mut connection).await?;
                connection.close().await?;
                let session = |row: &sqlx::postgres::PgRow| {
                    let row = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                    session(row)
                };
                rows.iter().map(session).collect()
            }
        }
    }

    /// Drops what the temporary folder does not hold: PostgreSQL databases.
    pub(crate) async fn discard(&self) -> Result<()> {
        if let Self::Postgres { cluster, name } = self {
            cluster.remove(name).await?;
            cluster.remove(&copy_name(name)).await?;
        }
        Ok(())
    }

    /// Backs the database up while no instance runs.
    pub(crate) async fn copy_to(&self, copy: &Path) -> Result<()> {
        match self {
            Self::Sqlite { file } | Self::SqliteElsewhere { seen: file, .. } => {
                copy_file(file, copy)
            }
            Self::Postgres { cluster, name } => cluster.replace(&copy_name(name), name).await,
        }
    }

    /// Restores the backup while no instance runs.
    pub(crate) async fn restore_from(&self, copy: &Path) -> Result<()> {
        match self {
            Self::Sqlite { file } | Self::SqliteElsewhere { seen: file, .. } => {
                copy_file(copy, file)
            }
            Self::Postgres { cluster, name } => cluster.replace(name, &copy_name(name)).await,
        }
    }
}

async fn sqlite_sessions(file: &Path) -> Result<BTreeMap<[u8; 16], Row>> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.context("the database cannot be read")?;
    let rows = sqlx::query(SESSIONS).fetch_all(&mut connection).await?;
    connection.close().await?;
    let session = |row: &sqlx::sqlite::SqliteRow| {
        let row = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        session(row)
    };
    rows.iter().map(session).collect()
}

fn session((id, generation, revoked): (Vec<u8>, i64, bool)) -> Result<([u8; 16], Row)> {
    let id = id.try_into().ok().context("an id has 16 bytes")?;
    Ok((id, Row { generation, revoked }))
}

/// The file and its write-ahead log: SQLite's database is both.
fn copy_file(from: &Path, to: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let (from, to) = (with_suffix(from, suffix), with_suffix(to, suffix));
        if from.exists() {
            std::fs::copy(&from, &to)
                .with_context(|| format!("{} to be copied", from.display()))?;
        } else if to.exists() {
            std::fs::remove_file(&to)?;
        }
    }
    Ok(())
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn copy_name(name: &str) -> String {
    format!("{name}_copy")
}
