//! The database of a command, as `baton` with a URL finds it: opened as it is, reported by name, and closed when
//! the command is done. Commands must not create or migrate one: an emergency command with a mistyped URL would
//! report success on an empty database, and a migration would lock out an older server that runs.

use anyhow::Context as _;

use super::output::report;
use crate::clock::Clock;
use crate::clock::tolerance::NOTICED_SECONDS;
use crate::config::DatabaseArgs;
use crate::store::{self, Database, Opening, Schema, Store, StoreError};

/// Opens the database as it is, lets `work` use it, and closes it.
pub(super) async fn with_database<T>(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = open(&args.database, Opening::AsItIs).await?;
    report(&format!("database: {}", database.name));
    if let Some(remark) = remark(database.schema) {
        report(&format!("its schema {remark}"));
    }
    let done = work(&database).await;
    database.store.close().await;
    done.map_err(|error| explain(error, database.schema))
}

/// Opens the database that `url` names, as an error does, too.
pub(super) async fn open(url: &str, opening: Opening) -> anyhow::Result<Database> {
    let opened = store::open_database(url, opening).await;
    opened.with_context(|| cannot_be_used(url))
}

/// The introduction of an error on opening.
pub(super) fn cannot_be_used(url: &str) -> String {
    format!("--database / BATON_DATABASE: {:?} cannot be used", store::name_of(url))
}

/// The clock that dates a command's changes: the database's, where it has one. Servers find a revocation by its
/// date, and would miss one that an operator's machine dates an hour back. An emergency does not wait for that
/// clock to be set right.
pub(super) async fn clock_of(store: &dyn Store) -> anyhow::Result<Clock> {
    let Some(database) = store.clock().await? else { return Ok(Clock::system()) };
    let offset = database.since(Clock::system().now());
    if offset.saturating_abs() > NOTICED_SECONDS {
        report(&format!(
            "the clocks of this machine and of the database differ by {} s: what is changed is dated by the database's",
            offset.saturating_abs()
        ));
    }
    Ok(Clock::set_right(offset))
}

/// How a schema differs from this program's, if it does.
pub(super) fn remark(schema: Schema) -> Option<String> {
    match schema {
        Schema::Current => None,
        Schema::Older { version, known } => Some(format!(
            "is older than this program (version {version} of {known}): `baton migrate` brings it up to date"
        )),
        Schema::Newer { version, known } => Some(format!(
            "is newer than this program (version {version}, known is {known}): use the program of the servers that run where you can"
        )),
    }
}

/// On an older schema, a statement that names a missing table or column fails whole.
fn explain(error: anyhow::Error, schema: Schema) -> anyhow::Error {
    match schema {
        Schema::Older { .. } if is_about_schema(&error) => error.context(
            "the database's schema is too old for this command, and nothing was changed: run `baton migrate` first",
        ),
        _ => error,
    }
}

fn is_about_schema(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<sqlx::Error>()).any(names_nothing)
}

/// Whether a table or a column is missing: PostgreSQL's classes 42P01 and 42703 (appendix A of its documentation);
/// SQLite has one code for every mistake in a statement, and says which in its message.
fn names_nothing(error: &sqlx::Error) -> bool {
    let Some(refusal) = error.as_database_error() else { return false };
    let (code, message) = (refusal.code().unwrap_or_default(), refusal.message());
    let in_sqlite = ["no such table", "no such column", "has no column named"];
    matches!(&*code, "42P01" | "42703")
        || (code == "1" && in_sqlite.iter().any(|missing| message.contains(missing)))
}

/// What was found instead of a database that has to exist.
pub(super) fn absent(error: &anyhow::Error) -> Option<&'static str> {
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::Absent { found }) => Some(found),
        _ => None,
    }
}
