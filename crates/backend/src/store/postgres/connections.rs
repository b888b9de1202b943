//! Connections to PostgreSQL: a bounded number of them, each call within a deadline, and none used
//! again that may still owe an answer. It must not know what is asked.
//!
//! sqlx's own pool returns a connection by asking the server whether it is still there, without a
//! deadline and while holding its place: behind a network that swallows packets, abandoned calls would
//! keep every place until the kernel gives up, a quarter of an hour later. It also asks before each use,
//! which makes three round trips of one. Here a connection that did not answer is closed, and its place
//! is free at once.

use std::future::Future;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions as _, Connection as _, Postgres};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use crate::store::{StoreError, sql};

/// The longest a call takes, waiting for a place and connecting included. A refresh is two calls; both
/// stay below the 3 s within which a failing storage must have been answered with 503.
const CALL_TIME: Duration = Duration::from_millis(1_300);
/// A connection that rested for longer is asked whether it is still there before it is used.
const RESTED: Duration = Duration::from_secs(2);
/// How long it has to answer that: enough of the deadline is left to open another one.
const PING_TIME: Duration = Duration::from_millis(300);
/// How many connections are opened at once. To greet takes the server and us a hundred times longer than
/// a call: after a start, most calls are better off with a connection that another one has finished with.
const OPENING: usize = 3;
/// The longest that migrating or pruning takes; a little more than the server allows it.
const PATIENCE: Duration = Duration::from_mins(11);

/// A bounded number of connections with the same settings, opened when they are needed.
pub(super) struct Connections {
    options: PgConnectOptions,
    durability: &'static str,
    size: usize,
    places: Semaphore,
    opening: Semaphore,
    resting: Mutex<Vec<Resting>>,
}

struct Resting {
    connection: PgConnection,
    since: Instant,
}

impl Connections {
    pub(super) fn new(options: PgConnectOptions, durability: &'static str, size: usize) -> Self {
        let (places, opening) = (Semaphore::new(size), Semaphore::new(OPENING));
        Self { options, durability, size, places, opening, resting: Mutex::default() }
    }

    /// Runs one statement; how many rows it affected.
    pub(super) async fn execute(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<u64, StoreError> {
        self.within_deadline(async {
            let mut loan = self.lend().await?;
            let done = query.execute(loan.connection()).await;
            loan.settle(done).map(|done| done.rows_affected())
        })
        .await
    }

    /// Runs one query; its row, if it has one.
    pub(super) async fn fetch(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Option<PgRow>, StoreError> {
        self.within_deadline(async {
            let mut loan = self.lend().await?;
            let row = query.fetch_optional(loan.connection()).await;
            loan.settle(row)
        })
        .await
    }

    /// Gives up on a call that takes too long. What it was doing may or may not take place.
    pub(super) async fn within_deadline<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        Ok(timeout(CALL_TIME, call).await.unwrap_or_else(|_| Err(no_answer()))?)
    }

    /// A connection for one call, as soon as there is a place.
    pub(super) async fn lend(&self) -> Result<Loan<'_>, sqlx::Error> {
        let place = self.places.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = match self.rested().await {
            Some(connection) => connection,
            None => {
                let _turn = self.opening.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
                // Somebody may have finished meanwhile.
                match self.rested().await {
                    Some(connection) => connection,
                    None => connect(&self.options, &[sql::HURRIED, self.durability]).await?,
                }
            }
        };
        Ok(Loan { connection: Some(connection), home: self, _place: place })
    }

    /// Waits until every loan has ended, then takes leave of the server.
    pub(super) async fn close(&self) {
        let places = u32::try_from(self.size).expect("a handful of connections");
        let _all = self.places.acquire_many(places).await;
        self.places.close();
        let resting = std::mem::take(&mut *self.resting());
        for Resting { connection, .. } in resting {
            let _ = connection.close().await;
        }
    }

    /// A connection that was in use a moment ago, or that answers.
    async fn rested(&self) -> Option<PgConnection> {
        let Resting { mut connection, since } = self.resting().pop()?;
        if since.elapsed() < RESTED {
            return Some(connection);
        }
        if let Ok(Ok(())) = timeout(PING_TIME, connection.ping()).await {
            return Some(connection);
        }
        self.distrust_all();
        None
    }

    /// What has happened to one connection has most likely happened to the others.
    fn distrust_all(&self) {
        self.resting().clear();
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Resting>> {
        // A list of connections is never left half changed.
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan. It goes back only once its answer has been read whole; otherwise, also if the
/// call is dropped half-way, it is closed without a word, because nobody knows what it would say next.
pub(super) struct Loan<'a> {
    connection: Option<PgConnection>,
    home: &'a Connections,
    _place: SemaphorePermit<'a>,
}

impl Loan<'_> {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("it is taken only when the loan ends")
    }

    /// Ends the loan of one statement, outside of a transaction, with its outcome.
    fn settle<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match &outcome {
            Ok(_) => self.give_back(),
            Err(sqlx::Error::Database(refusal)) if is_about_the_statement(refusal.code()) => {
                self.give_back();
            }
            Err(_) => drop(self),
        }
        outcome
    }

    pub(super) fn give_back(mut self) {
        if let Some(connection) = self.connection.take() {
            self.home.resting().push(Resting { connection, since: Instant::now() });
        }
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        if self.connection.is_some() {
            self.home.distrust_all();
        }
    }
}

/// Whether the server refused one statement, and not the connection: class 08 is about connections,
/// 57P about a server that goes down, and 25006 says that this one may no longer be written to, as after
/// a failover. A new connection may then find another server.
fn is_about_the_statement(code: Option<impl AsRef<str>>) -> bool {
    let elsewhere = ["08", "57P", "25006", "25P03"];
    code.is_some_and(|code| !elsewhere.iter().any(|class| code.as_ref().starts_with(class)))
}

/// A connection of its own for what takes its time, durable.
pub(super) async fn patient(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let connected = timeout(CALL_TIME, connect(options, &[sql::PATIENT, sql::DURABLE]));
    connected.await.unwrap_or_else(|_| Err(no_answer()))
}

/// Bounds what a patient connection does.
pub(super) async fn patiently<T, E: From<sqlx::Error>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(no_answer().into()))
}

/// The settings are statements, not parts of the greeting: a pooler in between may drop those without
/// a word, and a revocation would then be as durable as the server happens to make it.
async fn connect(
    options: &PgConnectOptions,
    settings: &[&'static str],
) -> Result<PgConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    for &setting in settings {
        sqlx::raw_sql(setting).execute(&mut connection).await?;
    }
    Ok(connection)
}

fn no_answer() -> sqlx::Error {
    let text = "the server did not answer in time";
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
}
