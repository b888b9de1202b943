//! How PostgreSQL reports revocations, and changes to the key ring: LISTEN on a connection of its own, to what
//! triggers notify in the transaction of the change (migrations 2, 3 and 7). It does not ask for what it missed; it
//! fails, and the revocation listener reads the tables again.
//!
//! sqlx's listener would silently connect again when its connection is lost. Here it cannot: the channel was opened
//! behind its back, so that a new connection listens to no channel, and is found out.

use std::time::Duration;

use async_trait::async_trait;
use shared::{NumericDate, RevocationReason, SessionId};
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::time::{Instant, timeout};

use super::connect::no_answer;
use crate::pace::rest_until;
use crate::store::{HEARTBEAT, Notification, Reach, StoreError, Subscription, sql};

/// Timeout of the start.
const START_TIME: Duration = Duration::from_secs(2);
/// If more revocations than this are notified at once, they are read from the table instead.
const MOST_NOTIFIED: usize = 10_000;

/// Pause between two notifications that make the listener read the table: many transactions that revoke many
/// sessions each are read together. The revocation cache, which is trusted for 0.9 s, must not go stale over it.
const READ_PAUSE: Duration = HEARTBEAT;

/// A connection that listens.
pub(super) struct Listener {
    listener: PgListener,
    /// When the listener was last sent to the table.
    sent_at: Option<Instant>,
}

impl Listener {
    pub(super) async fn start(options: &PgConnectOptions) -> Result<Self, StoreError> {
        let started = timeout(START_TIME, Self::connect(options)).await;
        Ok(started.unwrap_or_else(|_| Err(no_answer()))?)
    }

    async fn connect(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        // sqlx wants a pool for it; only this listener takes a connection from it.
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.connect_lazy_with(options.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        for statement in [sql::CONNECTION_SETTINGS, sql::DURABLE_SOON, sql::LISTEN] {
            sqlx::raw_sql(statement).execute(&mut listener).await?;
        }
        Ok(Self { listener, sent_at: None })
    }

    async fn hear(&mut self) -> Result<Notification, sqlx::Error> {
        let mut notifications = Notifications::default();
        if let Ok(notification) = timeout(HEARTBEAT, self.listener.try_recv()).await {
            notifications.take(&notification?.ok_or(sqlx::Error::PoolClosed)?);
        }
        self.prove(&mut notifications).await?;
        let rested_at =
            self.sent_at.map(|at| at + READ_PAUSE).filter(|_| notifications.must_read());
        if let Some(rested_at) = rested_at.filter(|at| *at > Instant::now()) {
            rest_until(rested_at).await;
            self.prove(&mut notifications).await?;
        }
        if notifications.must_read() {
            self.sent_at = Some(Instant::now());
        }
        Ok(notifications.notification())
    }

    /// A revocation has woken this connection's server process before it is answered, and that process delivers
    /// notifications before any answer. So with its answer, all revocations that had been answered when it was
    /// asked have been received.
    async fn prove(&mut self, notifications: &mut Notifications) -> Result<(), sqlx::Error> {
        let listens = sqlx::query(sql::IS_LISTENING).fetch_optional(&mut self.listener).await?;
        while let Some(notification) = self.listener.next_buffered() {
            notifications.take(&notification);
        }
        listens.map(|_| ()).ok_or(sqlx::Error::PoolClosed)
    }
}

#[async_trait]
impl Subscription for Listener {
    async fn next(&mut self) -> Result<Notification, StoreError> {
        Ok(self.hear().await?)
    }
}

/// The notifications of our triggers, collected.
#[derive(Default)]
struct Notifications {
    revoked: Vec<(SessionId, RevocationReason)>,
    /// The earliest instant of sessions that were not notified by their ids.
    since: Option<NumericDate>,
    /// The key ring has changed.
    has_changed: bool,
    /// More ids were notified than are taken.
    is_full: bool,
}

impl Notifications {
    fn take(&mut self, notification: &PgNotification) {
        match notification.payload().split_once(' ') {
            None => self.has_changed |= notification.payload() == "keys",
            Some(("since", at)) => {
                let at = at.parse().ok().map(NumericDate);
                self.since = self.since.into_iter().chain(at).min();
            }
            Some(_) if self.revoked.len() >= MOST_NOTIFIED => self.is_full = true,
            Some((id, reason)) => self.revoked.extend(revoked_by(id, reason)),
        }
    }

    const fn must_read(&self) -> bool {
        self.since.is_some() || self.is_full
    }

    fn notification(self) -> Notification {
        let Self { revoked, since, has_changed, is_full } = self;
        match (is_full, has_changed || since.is_some()) {
            (true, _) => Notification::Change(Reach::Any),
            (false, true) => Notification::Change(Reach::Named { revoked, since }),
            (false, false) => Notification::Revoked(revoked),
        }
    }
}

/// `None` if it is not from our trigger: any role with a login may notify.
fn revoked_by(id: &str, reason: &str) -> Option<(SessionId, RevocationReason)> {
    let id = u128::from_str_radix(id, 16).ok().filter(|_| id.len() == 32)?;
    let reason = RevocationReason::named(reason).unwrap_or(RevocationReason::Unknown);
    Some((SessionId::from_bytes(id.to_be_bytes()), reason))
}
