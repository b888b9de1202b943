//! The task beside the calls: it writes rotations soon, settles when another process has committed, and looks each
//! second whether this process is alone with the database.

use std::sync::Arc;
use std::time::Duration;

use super::rows::WRITE_AFTER;
use super::{Exclusive, Shared};
use crate::pace::{rest, rest_until, ticks};
use crate::telemetry::causes;

/// How often a process looks whether it is alone with the database.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl<E: Exclusive> Shared<E> {
    /// Runs for as long as the store is open.
    pub(super) async fn run(self: Arc<Self>) {
        let mut second = ticks(Duration::ZERO, LOOK_AGAIN);
        let mut has_failed = false;
        loop {
            let due = self.rows().due();
            let is_due = async {
                match due {
                    Some(due) => rest_until(due).await,
                    None => self.accepted.notified().await,
                }
            };
            let done = tokio::select! {
                () = self.disturbed.notified() => self.settle().await,
                () = is_due => if due.is_some() { self.write().await } else { Ok(()) },
                _ = second.tick() => {
                    self.engine.take_alone();
                    self.settle().await
                }
            };
            match done {
                Ok(()) => has_failed = false,
                Err(error) => {
                    // Once for each outage.
                    if !std::mem::replace(&mut has_failed, true) {
                        let cause = causes(&error);
                        tracing::error!(event = "store.rotations_unwritten", %error, cause);
                    }
                    // What could not be written is still due.
                    rest(WRITE_AFTER).await;
                }
            }
        }
    }
}
