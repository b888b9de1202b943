//! The statements that prune; each reads only the part of a table that it is given.

use shared::NumericDate;

use crate::store::prunable::{IdRange, Prunable};
use crate::store::sql;
use crate::store::statement::Statement;

/// Prunes one part of a table.
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
            .bind(before.without_account),
        Prunable::Failures(before) => of_part(sql::PRUNE_FAILURES)
            .bind(before.all)
            .bind(before.mistyped_below)
            .bind(before.mistyped),
        Prunable::UsedKeys(before) => of_part(sql::PRUNE_USED_KEYS).bind(*before),
    }
}

/// Prunes erased accounts: the events left of them, then those of which only the row is left.
pub(super) fn erased(before: NumericDate) -> [Statement; 2] {
    [sql::PRUNE_EVENTS_OF_ERASED, sql::PRUNE_ERASED].map(|sql| Statement::new(sql).bind(before))
}
