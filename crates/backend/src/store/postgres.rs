//! PostgreSQL: the engine for more than one machine. Any number of instances share a database; what
//! keeps them right is the `WHERE` of each statement, not a lock of ours. It must not decide
//! anything; rows become domain values in [`row`].
//!
//! Connections, their deadlines and what becomes of broken ones: [`connections`]. Why there are two
//! kinds of them: `docs/decisions/0007-rotations-commit-asynchronously.md`.

mod address;
mod connect;
mod connections;
mod migrations;
mod trouble;

use std::sync::Arc;

use async_trait::async_trait;
use shared::{NumericDate, SessionId, UserId};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::query::Query;
use sqlx::{Connection as _, Postgres as Engine};

use self::connect::{patient, patiently};
use self::connections::Connections;
use super::{
    Accepted, EndCause, PruneBefore, Registered, Session, Store, StoreError, User, hash_of, row,
    sql,
};
use crate::auth::email::Email;

/// Connections of one instance: few beside the 100 that a server allows unless told otherwise, and
/// more than its cores can use at once.
const DURABLE_CONNECTIONS: usize = 12;
const ROTATING_CONNECTIONS: usize = 8;

/// The PostgreSQL engine.
pub struct Postgres {
    /// For everything that must be on disk before it is answered, and for reading.
    durable: Arc<Connections>,
    /// For accepted rotations, and nothing else: losing the latest of them heals itself.
    rotating: Arc<Connections>,
    options: PgConnectOptions,
}

impl Postgres {
    /// Connects to the database that `url` names and brings its schema up to date.
    ///
    /// # Errors
    /// What is wrong with URL, server or schema, and how to mend it. No text holds a credential.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = address::parse(url)?;
        let mut connection = patient(&options).await.map_err(trouble::explain)?;
        migrations::run(&mut connection).await?;
        Ok(Self {
            durable: Connections::new(options.clone(), sql::DURABLE, DURABLE_CONNECTIONS),
            rotating: Connections::new(options.clone(), sql::DURABLE_SOON, ROTATING_CONNECTIONS),
            options,
        })
    }
}

#[async_trait]
impl Store for Postgres {
    async fn register(&self, user: &User, session: &Session) -> Result<Registered, StoreError> {
        self.durable
            .within_deadline(async {
                let mut loan = self.durable.lend().await?;
                // An error leaves the connection in a transaction: the loan is then not returned,
                // and the server undoes what a client has left.
                let outcome = register(loan.connection(), user, session).await?;
                loan.give_back();
                Ok(outcome)
            })
            .await
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let row = self.durable.fetch(sqlx::query(sql::FIND_USER).bind(email.as_str())).await?;
        row.as_ref().map(row::user).transpose()
    }

    async fn rehash_password(
        &self,
        user: UserId,
        seen: &str,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let user = user.as_bytes().as_slice();
        let query = sqlx::query(sql::REHASH_PASSWORD).bind(user).bind(seen).bind(hash);
        Ok(self.durable.execute(query).await? == 1)
    }

    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        self.durable.execute(opening(session)).await?;
        Ok(())
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let query = sqlx::query(sql::FIND_SESSION).bind(id.as_bytes().as_slice());
        let row = self.durable.fetch(query).await?;
        row.as_ref().map(|row| Ok((row::session(row)?, row::user(row)?))).transpose()
    }

    /// Under READ COMMITTED, an UPDATE that had to wait for another one's lock on the row evaluates
    /// its `WHERE` again on what the other has committed. So of many that read the same generation,
    /// whichever instance they come through, one affects a row and the others none.
    async fn accept(&self, id: SessionId, accepted: &Accepted) -> Result<bool, StoreError> {
        let family = &accepted.family;
        let query = sqlx::query(sql::ACCEPT)
            .bind(id.as_bytes().as_slice())
            .bind(i64::from(accepted.seen.0))
            .bind(i64::from(family.generation.0))
            .bind(hash_of(family.attempt.as_ref()))
            .bind(hash_of(family.previous_attempt.as_ref()))
            .bind(family.accepted_at.0);
        Ok(self.rotating.execute(query).await? == 1)
    }

    async fn revoke(
        &self,
        id: SessionId,
        cause: EndCause,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::REVOKE)
            .bind(id.as_bytes().as_slice())
            .bind(now.0)
            .bind(cause.as_str());
        Ok(self.durable.execute(query).await? == 1)
    }

    /// Takes as long as it takes, on a connection of its own.
    async fn prune(&self, before: PruneBefore) -> Result<u64, StoreError> {
        let mut connection = patient(&self.options).await?;
        let query = sqlx::query(sql::PRUNE)
            .bind(before.created_at.0)
            .bind(before.accepted_at.0)
            .bind(before.revoked_at.0);
        let done = patiently(query.execute(&mut connection)).await?;
        let _ = connection.close().await;
        Ok(done.rows_affected())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.durable.fetch(sqlx::query(sql::PING)).await?;
        self.rotating.execute(sqlx::query(sql::CAN_WRITE)).await?;
        Ok(())
    }

    async fn close(&self) {
        self.rotating.close().await;
        self.durable.close().await;
    }
}

/// An error of the COMMIT is an error of the whole: whether it took place is then not known.
async fn register(
    connection: &mut PgConnection,
    user: &User,
    session: &Session,
) -> Result<Registered, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let added = sqlx::query(sql::ADD_USER)
        .bind(user.id.as_bytes().as_slice())
        .bind(user.email.as_str())
        .bind(user.name.as_deref())
        .bind(&user.password_hash)
        .bind(user.created_at.0)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    if added == 0 {
        transaction.rollback().await?;
        return Ok(Registered::EmailTaken);
    }
    opening(session).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Registered::Yes)
}

fn opening(session: &Session) -> Query<'_, Engine, PgArguments> {
    sqlx::query(sql::OPEN_SESSION)
        .bind(session.id.as_bytes().as_slice())
        .bind(session.user.as_bytes().as_slice())
        .bind(session.seed.as_bytes().as_slice())
        .bind(&session.refresh_key_id)
        .bind(i64::from(session.family.generation.0))
        .bind(session.family.accepted_at.0)
        .bind(session.family.created_at.0)
}
