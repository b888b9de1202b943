//! The versions of rows, so that a rotation is decided on a remembered one.

use async_trait::async_trait;
use shared::SessionId;

use super::Postgres;
use crate::store::queries::{Engine as _, Read, Sql};
use crate::store::statement::{Statement, bound};
use crate::store::{Accepted, Remembered, RowVersion, StoreError, Versioned, row, script, sql};

#[async_trait]
impl Versioned for Sql<Postgres> {
    async fn find_versioned(&self, id: SessionId) -> Result<Option<Remembered>, StoreError> {
        let query = Statement::new(sql::FIND_VERSIONED).bind(id.as_bytes());
        let read: Read<_> = |columns| {
            let (session, user) = (row::session(columns)?, row::user(columns)?);
            Ok(Remembered { session, user, version: row::version(columns)? })
        };
        Ok(self.engine().fetch(query, read).await?.pop())
    }

    /// A single statement is a transaction by itself. It waits for no disk, as every rotation.
    async fn accept_versioned(
        &self,
        id: SessionId,
        accepted: &Accepted,
        version: RowVersion,
    ) -> Result<Option<RowVersion>, StoreError> {
        let accept = script::accept_unchanged(id, accepted, version);
        let query = bound(accept.sql.postgres, &accept.values);
        let rows = self.engine().healing.fetch(query).await?;
        rows.first().map(|row| row::version(row)).transpose()
    }
}
