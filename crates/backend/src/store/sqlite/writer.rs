//! The one who writes: a task that takes whatever changes are waiting, commits them as a group, and
//! then answers each. Callers never touch its connection, so one who goes away leaves no transaction
//! open and undoes nothing. It must not know what a change is made of; that is
//! [`change`](super::change), and how a group is committed is [`desk`](super::desk).
//! Why groups: docs/decisions/0008-sqlite-commits-in-groups.md.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::change::Change;
use super::desk::Desk;
use crate::store::StoreError;

/// How long a caller waits. Twice as long as a group may wait for another process's lock: a change
/// that came just too late for one group is still told how its own one went. Below the 3 s within
/// which a failing storage must have been answered with 503.
const PATIENCE: Duration = Duration::from_millis(2_400);
/// How many changes may wait. Whoever finds no place waits for one, no longer than `PATIENCE`.
const QUEUE: usize = 1_024;
/// How many changes share a commit: enough to make a flush cheap, few enough to bound what fails
/// together and how long readers' views of the log drift apart.
const GROUP: usize = 256;

/// A change and whoever waits for its outcome.
struct Waiting {
    change: Change,
    answer: oneshot::Sender<Result<u64, StoreError>>,
}

/// The writer's counter. Closed, it is empty.
pub(super) struct Writer(Mutex<Option<Open>>);

struct Open {
    queue: mpsc::Sender<Waiting>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(desk: Desk) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let task = tokio::spawn(serve(desk, waiting));
        Self(Mutex::new(Some(Open { queue, task })))
    }

    /// Has a change carried out; how many rows it changed.
    ///
    /// # Errors
    /// If it failed, or no answer came in time: then the change may or may not take place.
    pub(super) async fn carry_out(&self, change: Change) -> Result<u64, StoreError> {
        let queue = self.queue()?;
        let answered = async {
            let (answer, answered) = oneshot::channel();
            let waiting = Waiting { change, answer };
            queue.send(waiting).await.map_err(|_| StoreError::Stopped)?;
            // Dropped unanswered: the group broke down.
            answered.await.map_err(|_| StoreError::Stopped)?
        };
        timeout(PATIENCE, answered).await.map_err(|_| StoreError::TimedOut)?
    }

    /// Lets nobody else in, waits until everything that is queued has been committed, and closes.
    pub(super) async fn close(&self) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Open { queue, task }) = open {
            // With the last sender gone the task finds the end of its queue, after what is in it.
            drop(queue);
            // It catches the panics of its groups; one of its own would have been reported.
            let _ = task.await;
        }
    }

    fn queue(&self) -> Result<mpsc::Sender<Waiting>, StoreError> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|open| open.queue.clone()).ok_or(StoreError::Stopped)
    }
}

/// Commits group after group until there are no more callers.
async fn serve(mut desk: Desk, mut waiting: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let cleared = desk.cleared();
        // In a task of its own: should it panic, its callers hear so at once, because their answers
        // are dropped, and the next group finds a clear desk.
        let done = tokio::spawn(commit(desk, std::mem::take(&mut group)));
        desk = done.await.unwrap_or_else(|error| {
            tracing::error!(event = "store.writer_failed", %error);
            cleared
        });
    }
    if let Err(error) = desk.close().await {
        tracing::warn!(event = "store.close_failed", %error);
    }
}

/// Commits one group, answers its callers, and hands the desk back.
async fn commit(mut desk: Desk, group: Vec<Waiting>) -> Desk {
    let (changes, answers): (Vec<_>, Vec<_>) =
        group.into_iter().map(|Waiting { change, answer }| (change, answer)).unzip();
    match desk.commit(&changes).await {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // Whoever is gone has made the change all the same.
                let _ = answer.send(outcome.map_err(StoreError::from));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for answer in answers {
                let _ = answer.send(Err(StoreError::NotCommitted(Arc::clone(&error))));
            }
        }
    }
    desk
}
