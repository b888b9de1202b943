//! The statements that prune. They must not read more of a table than the part they are given.

use shared::NumericDate;

use crate::store::change::{IdRange, Prunable};
use crate::store::statement::Statement;
use crate::store::{EventsBefore, sql};

/// Of one part of a table.
pub(super) fn part(prunable: &Prunable, IdRange { after, through }: &IdRange) -> Statement {
    let of_part = |sql| Statement::new(sql).bind(after).bind(through);
    match prunable {
        Prunable::Sessions(before) => of_part(sql::PRUNE_SESSIONS)
            .bind(before.created_at)
            .bind(before.accepted_at)
            .bind(before.revoked_at),
        Prunable::Events(before) => of_part(sql::PRUNE_EVENTS)
            .bind(before.of_users)
            .bind(before.routine)
            .bind(before.of_nobody),
    }
}

/// Counts of failures.
pub(super) fn failures(before: &EventsBefore) -> Statement {
    Statement::new(sql::PRUNE_FAILURES).bind(before.of_users).bind(before.of_nobody)
}

/// Accounts of which nothing is left but the row.
pub(super) fn erased(before: NumericDate) -> Statement {
    Statement::new(sql::PRUNE_ERASED).bind(before)
}
