//! The task of a tab, and how far it has come.

use crate::server::Way;

/// A tab's task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Get an access token other than the stale one with this serial number.
    Renew { stale: Option<u64>, epoch: u64, tried: u32 },
    /// Begin a session for a user.
    SignIn { user: usize, way: Way, tried: u32 },
    /// End the session.
    LogOut { epoch: u64 },
    /// Set another password, with the token of this serial number.
    ChangePassword { serial: u64, epoch: u64 },
    /// Make a protected call with the token of this serial number.
    Use { serial: u64 },
}

/// The progress of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum TaskState {
    #[default]
    Idle,
    WaitingForLock(Task),
    /// Holds the lock, or needs none.
    Ready(Task),
    /// Where tabs race: has read or made a key, and has not stored it yet.
    KeyChosen(Task, String),
    /// A sign-in with this key got no answer. Retries it, and keeps the lock.
    Retrying(Task, String),
    /// Has sent this request, with this idempotency key.
    AwaitingAnswer(Task, Option<String>, u32),
    /// Retries after a back-off.
    BackingOff(Task),
}
