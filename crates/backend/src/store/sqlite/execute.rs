//! Executes one script among others in a transaction. Groups, waiting and flushing are in
//! [`writer`](super::writer).

use sqlx::{Connection as _, Executor as _, Sqlite, SqliteConnection};

use crate::store::change::Outcome;
use crate::store::row;
use crate::store::script::{Script, Step};
use crate::store::statement::bound;

/// Executes all steps or none. Several have a savepoint: SQLite undoes one failing statement by itself, but not the
/// ones before it. Nearly every rotation is one statement, and each that is handed to the thread which owns the
/// connection costs as much as what it does.
pub(super) async fn execute(
    connection: &mut SqliteConnection,
    script: &Script,
) -> sqlx::Result<Outcome> {
    match script.steps.as_slice() {
        [] => Ok(Outcome::default()),
        only @ [_] => Ok(take_all(connection, only).await?.unwrap_or_default()),
        steps => in_savepoint(connection, steps).await,
    }
}

async fn in_savepoint(connection: &mut SqliteConnection, steps: &[Step]) -> sqlx::Result<Outcome> {
    let mut savepoint = connection.begin().await?;
    let outcome = take_all(&mut savepoint, steps).await?;
    match outcome {
        Some(outcome) => {
            savepoint.commit().await?;
            Ok(outcome)
        }
        None => {
            savepoint.rollback().await?;
            Ok(Outcome::default())
        }
    }
}

/// `None`: a needed step changed no row.
async fn take_all(
    connection: &mut SqliteConnection,
    steps: &[Step],
) -> sqlx::Result<Option<Outcome>> {
    let mut outcome = Outcome::default();
    for step in steps {
        if !take(connection, step, &mut outcome).await? {
            return Ok(None);
        }
    }
    Ok(Some(outcome))
}

/// Takes a step. `false`: it was needed and changed no row.
async fn take(
    connection: &mut SqliteConnection,
    step: &Step,
    outcome: &mut Outcome,
) -> sqlx::Result<bool> {
    #[cfg(test)]
    assert_ne!(step.statement.sql.sqlite, super::fixture::PANIC, "as a test asked");
    let query = bound::<Sqlite>(step.statement.sql.sqlite, &step.statement.values);
    let rows = if step.revokes_sessions {
        let revoked = connection.fetch_all(query).await?;
        for row in &revoked {
            outcome.revoked.push(row::revoked_id(row)?);
        }
        revoked.len() as u64
    } else {
        connection.execute(query).await?.rows_affected()
    };
    outcome.rows += if step.counts { rows } else { 0 };
    Ok(rows > 0 || !step.needed)
}
