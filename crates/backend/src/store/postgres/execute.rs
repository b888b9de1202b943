//! Executes one script on one connection, and leaves the connection outside of any transaction, or in a state in
//! which it must not be used again.
//!
//! Under READ COMMITTED, an UPDATE that had to wait for another transaction's lock on the row evaluates its `WHERE`
//! again on what the other has committed. So of many that read the same generation, through any instances, one
//! affects a row and the others none.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Error, Executor as _, Postgres};

use super::pool::is_about_the_statement;
use crate::store::change::Outcome;
use crate::store::row;
use crate::store::script::{Script, Step};
use crate::store::statement::bound;

/// Executes all steps or none. After an error of the COMMIT it is not known whether the script took place.
pub(super) async fn execute(
    connection: &mut PgConnection,
    script: &Script,
) -> Result<Outcome, Error> {
    match script.steps.as_slice() {
        [] => Ok(Outcome::default()),
        // A single statement is a transaction by itself.
        only @ [_] => Ok(take_all(connection, only).await?.unwrap_or_default()),
        steps => in_transaction(connection, steps).await,
    }
}

async fn in_transaction(connection: &mut PgConnection, steps: &[Step]) -> Result<Outcome, Error> {
    let mut transaction = connection.begin().await?;
    match take_all(&mut transaction, steps).await {
        Ok(Some(outcome)) => {
            transaction.commit().await?;
            Ok(outcome)
        }
        Ok(None) => {
            transaction.rollback().await?;
            Ok(Outcome::default())
        }
        // The connection is good, so it is left as it was found.
        Err(Error::Database(refusal)) if is_about_the_statement(refusal.code()) => {
            transaction.rollback().await?;
            Err(Error::Database(refusal))
        }
        Err(error) => Err(error),
    }
}

/// `None`: a needed step changed no row.
async fn take_all(connection: &mut PgConnection, steps: &[Step]) -> Result<Option<Outcome>, Error> {
    let mut outcome = Outcome::default();
    for step in steps {
        let query = bound::<Postgres>(step.statement.sql.postgres, &step.statement.values);
        let rows = if step.revokes_sessions {
            let revoked = connection.fetch_all(query).await?;
            for row in &revoked {
                outcome.revoked.push(row::revoked_id(row)?);
            }
            revoked.len() as u64
        } else {
            connection.execute(query).await?.rows_affected()
        };
        if rows == 0 && step.needed {
            return Ok(None);
        }
        outcome.rows += if step.counts { rows } else { 0 };
    }
    Ok(Some(outcome))
}
