//! Timeouts of SQLite: each call is answered within 3 s, also by a storage that fails.

use std::time::Duration;

/// Timeout of a call's wait for a reading connection, and of a statement's for the lock of another process.
pub(super) const WAIT: Duration = Duration::from_millis(1_200);
/// Within which a failing storage must have been answered with 503, with time left to answer.
const ANSWERED: Duration = Duration::from_millis(2_800);
const _: () = assert!(2 * WAIT.as_millis() < ANSWERED.as_millis(), "both waits in one call");
const _: () = assert!(PATIENCE.as_millis() < ANSWERED.as_millis(), "a wait to write");
/// Timeout of a query, its wait for a connection and for a lock included. A disk that does not answer stops the
/// thread that reads, but not the call that waits for it.
pub(super) const READ_TIME: Duration = Duration::from_millis(2_400);
const _: () = assert!(READ_TIME.as_millis() < ANSWERED.as_millis(), "a question");
/// Timeout of a change. Twice as long as a group may wait for another process's lock: a change that came just too
/// late for one group still gets the outcome of its own. Below the 3 s within which a failing storage must have
/// been answered with 503.
pub(super) const PATIENCE: Duration = Duration::from_millis(2_400);
