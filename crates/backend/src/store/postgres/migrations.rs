//! Migrations of a PostgreSQL database: which have been applied, and applying those that are missing. sqlx holds an
//! advisory lock of the database during that: of several instances that start at once, each finds what the one
//! before has left. SQLite's: `store/sqlite/migrations.rs`.

use sqlx::Row as _;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnection;

use super::connect::patiently;
use super::connect_error;
use crate::store::schema::{self, Schema};
use crate::store::{StoreError, row, sql};

pub(super) static MIGRATOR: Migrator = sqlx::migrate!("migrations/postgres");

/// The present schema. `None`: the database holds no tables of Baton's.
pub(super) async fn look(connection: &mut PgConnection) -> Result<Option<Schema>, StoreError> {
    if sqlx::query(sql::HAS_MIGRATIONS_IN_POSTGRES)
        .fetch_optional(&mut *connection)
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let rows = sqlx::query(sql::APPLIED_MIGRATIONS).fetch_all(connection).await?;
    let applied: Result<Vec<_>, _> = rows.iter().map(|row| row::applied(row)).collect();
    schema::compare(&applied?, &MIGRATOR)
}

/// The database's schema by name: several Batons may share a database, each in a schema of its own.
pub(super) async fn schema_name(connection: &mut PgConnection) -> Result<String, StoreError> {
    let row = sqlx::query(sql::SCHEMA_NAME).fetch_one(connection).await?;
    Ok(row.try_get::<Option<String>, _>("name")?.unwrap_or_default())
}

/// Applies the missing migrations.
pub(super) async fn run(connection: &mut PgConnection) -> Result<(), StoreError> {
    patiently(apply(connection)).await
}

async fn apply(connection: &mut PgConnection) -> Result<(), StoreError> {
    let encoding: String =
        sqlx::query(sql::ENCODING).fetch_one(&mut *connection).await?.try_get("encoding")?;
    if encoding != "UTF8" {
        return Err(connect_error::unusable(&format!(
            "the database stores text as {encoding}, which cannot hold every name: create one with ENCODING 'UTF8'"
        )));
    }
    MIGRATOR.run(connection).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            connect_error::explain(error)
        }
        other => other.into(),
    })
}
