//! How far a bulk revocation has come, for the operator who waits for it: a line on standard error each ten thousand
//! sessions.

use super::database::tell;

/// A line for so many.
const STEP: u64 = 10_000;

/// How many sessions have ended so far.
#[derive(Default)]
pub(super) struct Progress(u64);

impl Progress {
    /// Takes note of the number so far.
    pub(super) fn so_far(&mut self, sessions: u64) {
        if sessions / STEP > self.0 / STEP {
            tell(&format!("ended {sessions} sessions so far"));
        }
        self.0 = sessions;
    }

    /// What is said of a failure: what has been done, and how it is finished.
    pub(super) fn stopped(&self) -> String {
        format!("stopped after {} sessions: run it again, and it ends the rest", self.0)
    }
}
