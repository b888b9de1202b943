//! Migrations of a SQLite file: which have been applied, and applying those that are missing.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::timeouts::WAIT;
use crate::store::schema::{self, Schema};
use crate::store::{StoreError, row, sql};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

/// The schema of the file, read without changing it: a file that is not Baton's stays as it is. `None`: it holds no
/// tables of Baton's.
pub(super) async fn look(file: &Path) -> Result<Option<Schema>, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(WAIT);
    let mut connection = options.connect().await?;
    let schema = applied(&mut connection).await;
    connection.close().await?;
    schema
}

async fn applied(connection: &mut SqliteConnection) -> Result<Option<Schema>, StoreError> {
    if sqlx::query(sql::HAS_MIGRATIONS_IN_SQLITE).fetch_optional(&mut *connection).await?.is_none()
    {
        return Ok(None);
    }
    let rows = sqlx::query(sql::APPLIED_MIGRATIONS).fetch_all(connection).await?;
    let applied: Result<Vec<_>, _> = rows.iter().map(|row| row::applied(row)).collect();
    schema::compare(&applied?, &MIGRATOR)
}

/// Applies the missing migrations: all in one transaction that holds the writers' lock from its first statement on,
/// so that of several instances that start at once, each finds what the one before has left.
pub(super) async fn run(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with(sql::BEGIN_WRITING).await?;
    MIGRATOR.run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}
