//! The progress of a bulk revocation, for the operator who waits for it: a line on standard error each ten thousand
//! sessions.

use super::output::report;

/// Sessions per line.
const STEP: u64 = 10_000;

/// How many sessions have been revoked so far.
#[derive(Default)]
pub(super) struct Progress(u64);

impl Progress {
    /// Records the number so far.
    pub(super) fn so_far(&mut self, sessions: u64) {
        if sessions / STEP > self.0 / STEP {
            report(&format!("revoked {sessions} sessions so far"));
        }
        self.0 = sessions;
    }

    /// The context of an error: what has been done, and how it is finished.
    pub(super) fn stopped(&self) -> String {
        format!("stopped after {} sessions: run it again, and it revokes the rest", self.0)
    }
}
