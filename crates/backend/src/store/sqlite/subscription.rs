//! How SQLite reports revocations: it polls a number that changes with every commit of any process, and a counter of
//! revocations.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};
use tokio::time::Instant;

use super::file::DatabaseFile;
use crate::pace::rest_until;
use crate::store::{HEARTBEAT, Notification, Reach, StoreError, Subscription, sql};

/// A read-only connection.
pub(super) struct Poller {
    connection: SqliteConnection,
    file: Arc<DatabaseFile>,
    version: Version,
    looked_at: Instant,
}

/// What has been committed, in one snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    /// Another number after every commit of another connection.
    data: i64,
    /// How many revocations there have been.
    revocations: i64,
}

impl Poller {
    pub(super) async fn start(
        options: SqliteConnectOptions,
        file: Arc<DatabaseFile>,
    ) -> Result<Self, StoreError> {
        file.is_still_there()?;
        let mut connection = options.read_only(true).connect().await?;
        file.is_still_there()?;
        let (version, looked_at) = (version(&mut connection).await?, Instant::now());
        Ok(Self { connection, file, version, looked_at })
    }
}

#[async_trait]
impl Subscription for Poller {
    async fn next(&mut self) -> Result<Notification, StoreError> {
        rest_until(self.looked_at + HEARTBEAT).await;
        self.looked_at = Instant::now();
        self.file.is_still_there()?;
        let version = version(&mut self.connection).await?;
        let before = std::mem::replace(&mut self.version, version);
        Ok(if version == before {
            Notification::Revoked(Vec::new())
        } else if version.revocations == before.revocations {
            Notification::Change(Reach::Named { revoked: Vec::new(), since: None })
        } else {
            Notification::Change(Reach::LastChange)
        })
    }
}

async fn version(connection: &mut SqliteConnection) -> Result<Version, StoreError> {
    let row = sqlx::query(sql::DATA_VERSION).fetch_one(connection).await?;
    Ok(Version { data: row.try_get(0)?, revocations: row.try_get(1)? })
}
