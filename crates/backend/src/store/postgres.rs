//! PostgreSQL: the engine for more than one machine. Any number of instances share a database; the `WHERE` of each
//! conditional write keeps them right, not a lock of ours. What is asked or changed is in
//! [`queries`](super::queries) and [`script`](super::script).
//!
//! Connections, their deadlines and the end of broken ones: [`pool`]. Why there are two pools:
//! `docs/decisions/0007-rotations-commit-asynchronously.md`.

mod address;
mod connect;
mod connect_error;
mod execute;
mod migrations;
#[cfg(test)]
mod plans;
mod pool;
mod subscription;
mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use shared::NumericDate;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Row as _};

use self::connect::{patient, patiently};
use self::pool::ConnectionPool;
use self::subscription::Listener;
use super::change::Outcome;
use super::opening::Opening;
use super::queries::{Engine, Read};
use super::schema::Schema;
use super::script::Script;
use super::statement::{Statement, bound};
use super::{StoreError, Subscription, sql};

/// Connections of one instance: few beside the 100 that a server allows by default, and more than its cores can use
/// at once.
const DURABLE_CONNECTIONS: usize = 12;
const HEALING_CONNECTIONS: usize = 8;

/// The PostgreSQL engine.
pub struct Postgres {
    /// For changes that must be on disk before they are answered, and for reading.
    durable: Arc<ConnectionPool>,
    /// For changes that need not last, accepted rotations above all: losing the latest of them heals itself.
    healing: Arc<ConnectionPool>,
    options: PgConnectOptions,
}

impl Postgres {
    /// Connects to the database that `url` names. Returns its schema and its name, too.
    ///
    /// # Errors
    /// [`StoreError::Absent`] if it must hold Baton's tables and does not. Otherwise the fault of URL, server or
    /// schema, and its remedy. No text holds a credential.
    pub async fn open(url: &str, opening: Opening) -> Result<(Self, Schema, String), StoreError> {
        let options = address::parse(url)?;
        let mut connection = patient(&options).await.map_err(connect_error::explain)?;
        let schema = match opening {
            Opening::Create => Schema::Current,
            Opening::AsItIs | Opening::Migrate => migrations::look(&mut connection)
                .await?
                .ok_or(StoreError::Absent { found: "it holds no tables of Baton's" })?,
        };
        let migrates = opening != Opening::AsItIs;
        if migrates {
            migrations::run(&mut connection).await?;
        }
        let schema_name = migrations::schema_name(&mut connection).await?;
        let name = address::name(&options, Some(&schema_name));
        let engine = Self {
            durable: ConnectionPool::new(options.clone(), sql::DURABLE, DURABLE_CONNECTIONS),
            healing: ConnectionPool::new(options.clone(), sql::DURABLE_SOON, HEALING_CONNECTIONS),
            options,
        };
        Ok((engine, if migrates { Schema::Current } else { schema }, name))
    }
}

/// The database that `url` names, without a user or a password. `None` if it cannot be parsed.
pub(super) fn name_of(url: &str) -> Option<String> {
    address::read(url).ok().map(|options| address::name(&options, None))
}

#[async_trait]
impl Engine for Postgres {
    async fn execute(&self, script: Script) -> Result<Outcome, StoreError> {
        if script.is_patient {
            let mut connection = patient(&self.options).await?;
            let outcome = patiently(execute::execute(&mut connection, &script)).await?;
            let _ = connection.close().await;
            return Ok(outcome);
        }
        let pool = if script.must_last { &self.durable } else { &self.healing };
        pool.within_deadline(async {
            let mut connection = pool.acquire().await?;
            let done = execute::execute(connection.connection(), &script).await;
            connection.release(done)
        })
        .await
    }

    async fn fetch<T: Send>(&self, query: Statement, read: Read<T>) -> Result<Vec<T>, StoreError> {
        let rows = self.durable.fetch(bound(query.sql.postgres, &query.values)).await?;
        rows.iter().map(|row| read(row)).collect()
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        Ok(Box::new(Listener::start(&self.options).await?))
    }

    async fn clock(&self) -> Result<Option<NumericDate>, StoreError> {
        let now = self.durable.fetch(sqlx::query(sql::CLOCK)).await?;
        Ok(now.first().map(|row| row.try_get("now")).transpose()?.map(NumericDate))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.durable.fetch(sqlx::query(sql::PING)).await?;
        self.healing.fetch(sqlx::query(sql::CAN_WRITE)).await?;
        Ok(())
    }

    async fn close(&self) {
        self.healing.close().await;
        self.durable.close().await;
    }
}
