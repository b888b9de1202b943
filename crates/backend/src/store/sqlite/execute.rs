//! Executes one script among others in a transaction. Groups, waiting and flushing are in
//! [`writer`](super::writer).

use sqlx::{Connection as _, Executor as _, Sqlite, SqliteConnection};

use crate::store::change::Outcome;
use crate::store::row;
use crate::store::script::{Script, Step};
use crate::store::sql::UNDO_ACCEPT;
use crate::store::statement::{Statement, bound};

/// Executes all steps or none. It has a savepoint: SQLite undoes one failing statement by itself, but not the ones
/// before it.
pub(super) async fn execute(
    connection: &mut SqliteConnection,
    script: &Script,
) -> sqlx::Result<Outcome> {
    if script.steps.is_empty() {
        return Ok(Outcome::default());
    }
    if let Some(rotation) = script.rotation_with_event() {
        return accept_and_record(connection, &rotation).await;
    }
    let mut savepoint = connection.begin().await?;
    let mut outcome = Outcome::default();
    for step in &script.steps {
        if !take(&mut savepoint, step, &mut outcome).await? {
            savepoint.rollback().await?;
            return Ok(Outcome::default());
        }
    }
    savepoint.commit().await?;
    Ok(outcome)
}

async fn accept_and_record(
    connection: &mut SqliteConnection,
    Statement { sql, values }: &Statement,
) -> sqlx::Result<Outcome> {
    match connection.fetch_all(bound::<Sqlite>(sql.sqlite, values)).await {
        Ok(accepted) => Ok(Outcome { rows: accepted.len() as u64, revoked: Vec::new() }),
        Err(error) => {
            // After an error of the whole group there may be no savepoint, and the group is given up anyway.
            let undone = connection.execute(sqlx::raw_sql(UNDO_ACCEPT)).await;
            Err(undone.err().unwrap_or(error))
        }
    }
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
