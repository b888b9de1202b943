//! The schema, brought up to date at the start. sqlx holds an advisory lock of the database meanwhile: of
//! several instances that start at once, each finds what the one before has left. It must not touch rows.

use sqlx::Row as _;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnection;

use super::connect::patiently;
use super::trouble;
use crate::store::{StoreError, sql};

/// Applies what is missing.
pub(super) async fn run(connection: &mut PgConnection) -> Result<(), StoreError> {
    patiently(apply(connection)).await
}

async fn apply(connection: &mut PgConnection) -> Result<(), StoreError> {
    let encoding: String =
        sqlx::query(sql::ENCODING).fetch_one(&mut *connection).await?.try_get("encoding")?;
    if encoding != "UTF8" {
        return Err(trouble::unusable(&format!(
            "the database stores text as {encoding}, which cannot hold every name: create one with ENCODING 'UTF8'"
        )));
    }
    sqlx::migrate!("migrations/postgres").run(connection).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            trouble::explain(error)
        }
        other => other.into(),
    })
}
