//! Opens a connection to PostgreSQL: greeted, then given its settings. Those that are used again are in
//! [`pool`](super::pool).

use std::io;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::timeout;

use crate::store::sql;

/// Timeout of a starting instance's greeting: no client waits for it yet.
const START_TIME: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_mins(11);

/// A connection outside the pools for long work, durable.
pub(super) async fn patient(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let connected = timeout(START_TIME, connect(options, &[sql::PATIENT, sql::DURABLE]));
    connected.await.unwrap_or_else(|_| Err(no_answer()))
}

/// Timeout of the work on a patient connection.
pub(super) async fn patiently<T, E: From<sqlx::Error>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(no_answer().into()))
}

/// The settings are statements, not parts of the greeting: a pooler in between may drop those silently, and a
/// revocation would then be as durable as the server happens to make it.
pub(super) async fn connect(
    options: &PgConnectOptions,
    settings: &[&'static str],
) -> Result<PgConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    for &setting in settings {
        sqlx::raw_sql(setting).execute(&mut connection).await?;
    }
    Ok(connection)
}

pub(super) fn no_answer() -> sqlx::Error {
    let text = "the server did not answer in time";
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
}
