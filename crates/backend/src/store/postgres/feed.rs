//! How PostgreSQL tells of sessions that end, and of changes to the key ring: LISTEN on a connection of its
//! own, to what triggers notify in the transaction that makes them (migrations 2, 3 and 5). It must not ask for what it missed; it fails,
//! and whoever listens reads anew.
//!
//! sqlx's listener would connect again without a word when its connection is lost. Here it cannot: the
//! channel was asked for behind its back, so that a new connection listens to nothing, and is found out.

use async_trait::async_trait;
use shared::{EndCause, SessionId};
use sqlx::postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions};
use tokio::time::timeout;

use super::connect::no_answer;
use crate::store::{Feed, HEARTBEAT, Heard, Reach, StoreError, sql};

/// How long it may take to begin.
const START_TIME: std::time::Duration = std::time::Duration::from_secs(2);
/// If more ends than this are told of at once, they are read from the table instead.
const MOST_TOLD: usize = 10_000;

/// A connection that listens.
pub(super) struct Listening(PgListener);

impl Listening {
    pub(super) async fn start(options: &PgConnectOptions) -> Result<Self, StoreError> {
        let started = timeout(START_TIME, Self::connect(options)).await;
        Ok(started.unwrap_or_else(|_| Err(no_answer()))?)
    }

    async fn connect(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        // sqlx wants a pool for it; nobody else takes anything from it.
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.connect_lazy_with(options.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        for statement in [sql::HURRIED, sql::DURABLE_SOON, sql::LISTEN] {
            sqlx::raw_sql(statement).execute(&mut listener).await?;
        }
        Ok(Self(listener))
    }

    async fn hear(&mut self) -> Result<Heard, sqlx::Error> {
        let mut news = News::default();
        if let Ok(heard) = timeout(HEARTBEAT, self.0.try_recv()).await {
            news.take(&heard?.ok_or(sqlx::Error::PoolClosed)?);
        }
        // Whoever ends a session has woken this connection's server process before being answered, and
        // that process tells what it was woken for before it answers anything. So with this answer
        // everything has been heard that had been answered when it was asked for.
        let listens = sqlx::query(sql::IS_LISTENING).fetch_optional(&mut self.0).await?.is_some();
        while let Some(heard) = self.0.next_buffered() {
            news.take(&heard);
        }
        match listens {
            true if news.must_read => Ok(Heard::Change(Reach::Any)),
            true => Ok(Heard::Ended(news.ended)),
            false => Err(sqlx::Error::PoolClosed),
        }
    }
}

#[async_trait]
impl Feed for Listening {
    async fn next(&mut self) -> Result<Heard, StoreError> {
        Ok(self.hear().await?)
    }
}

/// What our triggers have said.
#[derive(Default)]
struct News {
    ended: Vec<(SessionId, EndCause)>,
    /// The ring has changed, or more sessions have ended than were told.
    must_read: bool,
}

impl News {
    fn take(&mut self, heard: &PgNotification) {
        self.must_read |= heard.payload() == "keys" || self.ended.len() >= MOST_TOLD;
        if !self.must_read {
            self.ended.extend(ended_by(heard.payload()));
        }
    }
}

/// `None` if it is not what our trigger says: anybody with a login may notify.
fn ended_by(payload: &str) -> Option<(SessionId, EndCause)> {
    let (id, cause) = payload.split_once(' ')?;
    let id = u128::from_str_radix(id, 16).ok().filter(|_| id.len() == 32)?;
    let cause = EndCause::named(cause).unwrap_or(EndCause::Unknown);
    Some((SessionId::from_bytes(id.to_be_bytes()), cause))
}
