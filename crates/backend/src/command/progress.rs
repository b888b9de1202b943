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

    /// The same for a native client that is removed already.
    pub(super) fn stopped_after_removal(&self) -> String {
        format!("the client is removed, and no session of it can be refreshed; {}", self.stopped())
    }

    /// The same for a user who is disabled together with the first sessions.
    pub(super) fn stopped_disabling(&self) -> String {
        match self.0 {
            0 => format!("it is not certain that the user is disabled: {}", self.stopped()),
            _ => self.stopped(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_called_disabled_only_once_a_session_was_revoked() {
        let mut revoked = Progress::default();
        assert!(revoked.stopped_disabling().starts_with("it is not certain"));
        revoked.so_far(1_000);
        assert_eq!(revoked.stopped_disabling(), revoked.stopped());
    }
}
