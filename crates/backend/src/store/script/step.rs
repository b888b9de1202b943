//! A step of a script: a statement, and what its outcome means for the change.

use crate::store::statement::Statement;

/// A statement of a script, and what its outcome means.
#[derive(Debug, Clone)]
pub(in crate::store) struct Step {
    pub(in crate::store) statement: Statement,
    /// If it changes no row, the script does not take place.
    pub(in crate::store) needed: bool,
    /// It returns the ids of the sessions it revoked.
    pub(in crate::store) revokes_sessions: bool,
    /// The rows it changes are part of the outcome.
    pub(in crate::store) counts: bool,
}

impl Statement {
    /// Needed: if it changes no row, there is no change.
    pub(super) const fn needed(self) -> Step {
        Step { statement: self, needed: true, revokes_sessions: false, counts: true }
    }

    /// Needed, beside the change: its rows are not counted.
    pub(super) const fn condition(self) -> Step {
        Step { statement: self, needed: true, revokes_sessions: false, counts: false }
    }

    /// Not needed: its rows are counted, however many.
    pub(super) const fn counted(self) -> Step {
        Step { statement: self, needed: false, revokes_sessions: false, counts: true }
    }

    /// Neither needed nor counted.
    pub(super) const fn beside(self) -> Step {
        Step { statement: self, needed: false, revokes_sessions: false, counts: false }
    }

    /// The same; it revokes sessions, or none.
    pub(super) const fn revoking(self) -> Step {
        Step { statement: self, needed: false, revokes_sessions: true, counts: false }
    }
}

impl Step {
    pub(super) fn revoking_sessions(self) -> Self {
        Self { revokes_sessions: true, ..self }
    }
}
