//! The connection pool of PostgreSQL: a bounded number of connections, each call within a deadline, and none used
//! again that may still owe an answer.
//!
//! sqlx's own pool takes a connection back by asking the server whether it is still there, without a deadline and
//! while holding its permit: behind a network that swallows packets, abandoned calls would keep every permit until
//! the kernel gives up, a quarter of an hour later. It also asks before each use, which makes three round trips of
//! one. Here a connection that did not answer is closed, and its permit is free at once.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{Connection as _, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connect::{connect, no_answer};
use super::connect_error;
use crate::clock::{BootInstant, Clock};
use crate::pace::rest;
use crate::store::{StoreError, sql};
use crate::telemetry::causes;

/// Timeout of a call, its wait for a connection included. The first call that fails ends its request, so a server
/// that freezes is answered for with 503 within this, and what was done before it: below the 3 s that a failing
/// storage may take.
const CALL_TIME: Duration = Duration::from_secs(2);
/// How much of that is spent waiting for a connection: a call that gets one has time left to use it, or a crowd
/// that waited for a frozen server would break one connection after the other when it is back.
const WAIT_TIME: Duration = Duration::from_millis(1_200);
/// The server's own timeout of a statement ([`sql::CONNECTION_SETTINGS`]): a connection that was held for as long and
/// owes its answer belongs to a server that does not answer.
const STATEMENT_TIME: Duration = Duration::from_millis(1_800);
/// An idle connection of this age, or from before a suspension of the machine, is asked whether it is still there
/// before it is used.
const IDLE_TIME: Duration = Duration::from_secs(2);
/// Timeout of that: enough of the deadline is left to open another connection.
const PING_TIME: Duration = Duration::from_millis(300);
/// How many connections are opened at once. The greeting takes the server and us a hundred times longer than a
/// call: right after a start, most calls are better off with a connection that another one releases.
const OPENING: usize = 3;
/// Timeout of opening one. It continues when the call that wanted the connection has given up.
const OPENING_TIME: Duration = Duration::from_secs(2);
/// How often a waiting call makes sure that connections are being opened.
const NUDGE: Duration = Duration::from_millis(100);

/// A bounded number of connections with the same settings, opened when they are needed.
pub(super) struct ConnectionPool {
    options: PgConnectOptions,
    durability: &'static str,
    size: usize,
    clock: Clock,
    /// A permit for each connection that may still be opened.
    room: Arc<Semaphore>,
    /// A permit for each that may be opened now.
    opening: Arc<Semaphore>,
    /// A permit for each idle one: changed together with the list, under its lock.
    ready: Semaphore,
    idle: Mutex<Vec<IdleConnection>>,
    /// Whether the last attempt to open one failed.
    failing: AtomicBool,
}

struct Live {
    connection: PgConnection,
    _room: OwnedSemaphorePermit,
}

struct IdleConnection {
    live: Live,
    since: BootInstant,
}

impl ConnectionPool {
    pub(super) fn new(
        options: PgConnectOptions,
        durability: &'static str,
        size: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            options,
            durability,
            size,
            clock: Clock::system(),
            room: Arc::new(Semaphore::new(size)),
            opening: Arc::new(Semaphore::new(OPENING)),
            ready: Semaphore::new(0),
            idle: Mutex::default(),
            failing: AtomicBool::new(false),
        })
    }

    /// Runs one query, and returns its rows.
    pub(super) async fn fetch(
        self: &Arc<Self>,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        self.within_deadline(async {
            let mut connection = self.acquire().await?;
            let rows = query.fetch_all(connection.connection()).await;
            connection.release(rows)
        })
        .await
    }

    /// Gives up on a call at its deadline. Its change may or may not take place.
    pub(super) async fn within_deadline<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        Ok(timeout(CALL_TIME, call).await.unwrap_or_else(|_| Err(no_answer()))?)
    }

    /// A connection for one call, in the order of the calls.
    pub(super) async fn acquire(self: &Arc<Self>) -> Result<PooledConnection<'_>, sqlx::Error> {
        timeout(WAIT_TIME, self.wait_for_one()).await.unwrap_or_else(|_| Err(no_answer()))
    }

    async fn wait_for_one(self: &Arc<Self>) -> Result<PooledConnection<'_>, sqlx::Error> {
        loop {
            let mut ready = pin!(self.ready.acquire());
            let ready = loop {
                self.open_another_unless_ready();
                if let Ok(ready) = timeout(NUDGE, ready.as_mut()).await {
                    break ready;
                }
            };
            ready.map_err(|_| sqlx::Error::PoolClosed)?.forget();
            if let Some(live) = self.take_idle().await {
                let since = self.clock.boot_instant();
                return Ok(PooledConnection { live: Some(live), since, pool: self });
            }
        }
    }

    /// Opens a connection for the call that waits the longest, if there is room for one.
    fn open_another_unless_ready(self: &Arc<Self>) {
        if self.ready.available_permits() > 0 {
            return;
        }
        let Ok(turn) = Arc::clone(&self.opening).try_acquire_owned() else { return };
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else { return };
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            // `CAN_WRITE`: a standby that has taken over this address, or is about to, answers reads with stale
            // data.
            let settings = [sql::CONNECTION_SETTINGS, pool.durability, sql::CAN_WRITE];
            let opened = timeout(OPENING_TIME, connect(&pool.options, &settings)).await;
            match opened.unwrap_or_else(|_| Err(no_answer())) {
                Ok(connection) => {
                    pool.failing.store(false, Ordering::Relaxed);
                    pool.park(Live { connection, _room: room });
                }
                Err(error) => {
                    pool.say_once(error);
                    // Back-off: the next one may try in a moment, not at once. The server has troubles enough.
                    rest(NUDGE).await;
                }
            }
            drop(turn);
        });
    }

    /// Logs the first failure alone: repetitions would fill the disk.
    fn say_once(&self, error: sqlx::Error) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            let error = connect_error::explain(error);
            tracing::warn!(event = "database.unreachable", %error, cause = causes(&error));
        }
    }

    fn park(&self, live: Live) {
        let mut idle = self.idle();
        if !self.ready.is_closed() {
            idle.push(IdleConnection { live, since: self.clock.boot_instant() });
            self.ready.add_permits(1);
        }
    }

    /// The connection that was idle for the shortest time, if it was in use a moment ago or answers.
    async fn take_idle(&self) -> Option<Live> {
        let IdleConnection { mut live, since } = self.idle().pop()?;
        if self.clock.boot_instant().since(since) < IDLE_TIME {
            return Some(live);
        }
        if let Ok(Ok(())) = timeout(PING_TIME, live.connection.ping()).await {
            return Some(live);
        }
        self.discard_idle();
        None
    }

    /// What has happened to one connection has most likely happened to the others.
    fn discard_idle(&self) {
        let mut idle = self.idle();
        self.ready.forget_permits(idle.len());
        idle.clear();
    }

    /// Closes idle connections, and waits until all others have been released.
    pub(super) async fn close(&self) {
        self.ready.close();
        self.opening.close();
        let idle = std::mem::take(&mut *self.idle());
        for IdleConnection { live, .. } in idle {
            let _ = live.connection.close().await;
        }
        let all = u32::try_from(self.size).expect("a handful of connections");
        let _all_released = self.room.acquire_many(all).await;
    }

    fn idle(&self) -> MutexGuard<'_, Vec<IdleConnection>> {
        self.idle.lock()
    }
}

/// An acquired connection. It returns to the pool only once its answer has been read whole; otherwise, also if the
/// call is dropped half-way, it is closed without a farewell, because its next answer may be that of another call.
pub(super) struct PooledConnection<'a> {
    live: Option<Live>,
    since: BootInstant,
    pool: &'a ConnectionPool,
}

impl PooledConnection<'_> {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self
            .live
            .as_mut()
            .expect("it is taken only when the connection is released")
            .connection
    }

    /// Releases the connection, outside of a transaction, with the outcome of the call.
    pub(super) fn release<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match &outcome {
            Ok(_) => self.give_back(),
            Err(sqlx::Error::Database(refusal)) if is_about_the_statement(refusal.code()) => {
                self.give_back();
            }
            Err(_) => self.break_off(),
        }
        outcome
    }

    fn give_back(mut self) {
        if let Some(live) = self.live.take() {
            self.pool.park(live);
        }
    }

    fn break_off(mut self) {
        self.live = None;
        self.pool.discard_idle();
    }
}

impl Drop for PooledConnection<'_> {
    /// A call may be dropped by a deadline before the server's, such as that of a statement that waits for a lock: then
    /// this connection alone is closed.
    fn drop(&mut self) {
        let was_held = self.pool.clock.boot_instant().since(self.since);
        if self.live.is_some() && was_held >= STATEMENT_TIME {
            self.pool.discard_idle();
        }
    }
}

/// Whether the server refused one statement, and not the connection: class 08 is about connections, 57P about a
/// server that shuts down, and 25006 says that this one has become read-only, as after a failover; 0A000 and 26000,
/// that what this connection has prepared no longer fits. A new connection may then find another server.
pub(super) fn is_about_the_statement(code: Option<impl AsRef<str>>) -> bool {
    let elsewhere = ["08", "57P", "25006", "25P03", "0A000", "26000"];
    code.is_some_and(|code| !elsewhere.iter().any(|class| code.as_ref().starts_with(class)))
}
