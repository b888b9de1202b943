//! The writer: a task that takes all waiting changes, commits them as a group (group commit), and then answers
//! each. Callers never touch its connection, so a dropped call leaves no transaction open and undoes no change. A
//! change is a [`Script`], and how a group is committed is in [`write_connection`](super::write_connection). Why
//! groups: docs/decisions/0008-sqlite-commits-in-groups.md.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::timeouts::PATIENCE;
use super::watch::Watch;
use super::write_connection::WriteConnection;
use crate::store::StoreError;
use crate::store::change::Outcome;
use crate::store::script::Script;

/// How many changes may wait. A call beyond them waits for a place, no longer than `PATIENCE`.
const QUEUE: usize = 1_024;
/// How many changes share a commit: enough to make a flush cheap, few enough to bound what fails
/// together and how long readers' views of the log drift apart.
const GROUP: usize = 256;

/// A change, and the call that waits for its outcome.
struct Waiting {
    change: Script,
    answer: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// The writer's queue. Closed, it is empty.
pub(super) struct Writer(Mutex<Option<Open>>);

struct Open {
    queue: mpsc::Sender<Waiting>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(connection: WriteConnection, watch: Arc<Watch>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let task = tokio::spawn(serve(connection, watch, waiting));
        Self(Mutex::new(Some(Open { queue, task })))
    }

    /// Carries a change out.
    ///
    /// # Errors
    /// If it failed, or timed out: then the change may or may not take place.
    pub(super) async fn carry_out(&self, change: Script) -> Result<Outcome, StoreError> {
        let queue = self.queue()?;
        let answered = async move {
            let (answer, answered) = oneshot::channel();
            let waiting = Waiting { change, answer };
            queue.send(waiting).await.map_err(|_| StoreError::Stopped)?;
            // Closing waits until no call can send any more, not until all have received their answers.
            drop(queue);
            // Dropped unanswered: the group broke down.
            answered.await.map_err(|_| StoreError::Stopped)?
        };
        timeout(PATIENCE, answered).await.map_err(|_| StoreError::TimedOut)?
    }

    /// Refuses new changes, waits until all that are queued have been committed, and closes.
    pub(super) async fn close(&self) {
        let open = self.0.lock().take();
        if let Some(Open { queue, task }) = open {
            // With the last sender gone the task reaches the end of its queue, after the changes in it.
            drop(queue);
            // It catches the panics of its groups; a panic of its own would have been reported.
            let _ = task.await;
        }
    }

    fn queue(&self) -> Result<mpsc::Sender<Waiting>, StoreError> {
        let open = self.0.lock();
        open.as_ref().map(|open| open.queue.clone()).ok_or(StoreError::Stopped)
    }
}

/// Commits group after group until there are no more callers.
async fn serve(
    mut connection: WriteConnection,
    watch: Arc<Watch>,
    mut waiting: mpsc::Receiver<Waiting>,
) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let reopened = connection.reopened();
        // In a task of its own: if it panics, its callers learn of it at once, because their answers are dropped,
        // and the next group opens a fresh connection.
        let group = std::mem::take(&mut group);
        let done = tokio::spawn(commit(connection, Arc::clone(&watch), group));
        connection = done.await.unwrap_or_else(|error| {
            tracing::error!(event = "store.writer_failed", %error);
            reopened
        });
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(event = "store.close_failed", %error);
    }
}

/// Commits one group, answers its callers, and returns the connection.
async fn commit(
    mut connection: WriteConnection,
    watch: Arc<Watch>,
    group: Vec<Waiting>,
) -> WriteConnection {
    let (changes, answers): (Vec<_>, Vec<_>) =
        group.into_iter().map(|Waiting { change, answer }| (change, answer)).unzip();
    match connection.commit(&changes, &watch).await {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // The change of a dropped call is committed all the same.
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
    connection
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};
    use std::time::Duration;

    use sqlx::{Connection as _, SqliteConnection};

    use super::super::fixture::{accept, nothing, panicking, register, revoke, write_connection};
    use super::*;

    #[tokio::test]
    async fn changes_that_wait_together_are_all_answered() {
        let (connection, _folder) = write_connection().await;
        let writer = Arc::new(Writer::start(connection, Arc::new(Watch::over(None))));
        let register = |number| {
            let writer = Arc::clone(&writer);
            tokio::spawn(async move { writer.carry_out(register(number, number)).await })
        };
        for change in (1..=200).map(register).collect::<Vec<_>>() {
            assert!(change.await.expect("no panic").expect("an answer").took_place());
        }
    }

    #[tokio::test]
    async fn a_caller_that_waits_for_a_locked_database_times_out() {
        let (connection, folder) = write_connection().await;
        let writer = Writer::start(connection, Arc::new(Watch::over(None)));
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let mut other = SqliteConnection::connect(&url).await.expect("another program");
        sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.expect("the lock");
        // From here on time passes when all tasks wait.
        tokio::time::pause();
        let limit = Duration::from_secs(3);
        let answer = timeout(limit, writer.carry_out(register(1, 1))).await;
        assert!(matches!(answer, Ok(Err(StoreError::TimedOut))));
    }

    #[tokio::test]
    async fn a_dropped_caller_stalls_no_other_and_undoes_no_change() {
        let (connection, _folder) = write_connection().await;
        let writer = Writer::start(connection, Arc::new(Watch::over(None)));
        let mut impatient = Box::pin(writer.carry_out(register(1, 1)));
        assert!(impatient.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(impatient);
        assert!(writer.carry_out(accept(1)).await.expect("an answer").took_place());
    }

    #[tokio::test]
    async fn a_group_that_panics_fails_and_the_next_one_does_not() {
        let (connection, _folder) = write_connection().await;
        let writer = Writer::start(connection, Arc::new(Watch::over(None)));
        writer.carry_out(register(1, 1)).await.expect("an answer");
        let panicked = writer.carry_out(panicking()).await;
        assert!(matches!(panicked, Err(StoreError::Stopped)));
        assert!(writer.carry_out(revoke(1)).await.expect("an answer").took_place());
    }

    #[tokio::test]
    async fn closing_commits_what_is_queued_and_refuses_later_changes() {
        let (connection, folder) = write_connection().await;
        let writer = Writer::start(connection, Arc::new(Watch::over(None)));
        let mut last = Box::pin(writer.carry_out(register(1, 1)));
        assert!(last.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        writer.close().await;
        assert!(last.await.expect("an answer").took_place());
        let log = folder.path().join("test.db-wal");
        assert!(!log.exists(), "the log was folded back into the file");
        assert!(matches!(writer.carry_out(revoke(1)).await, Err(StoreError::Stopped)));
        writer.close().await;
    }

    #[tokio::test]
    async fn without_its_task_a_writer_refuses_at_once() {
        let (connection, _folder) = write_connection().await;
        let writer = Writer::start(connection, Arc::new(Watch::over(None)));
        let open = writer.0.lock().take().expect("it is open");
        open.task.abort();
        let _ = open.task.await;
        let (task, queue) = (tokio::spawn(async {}), open.queue);
        *writer.0.lock() = Some(Open { queue, task });
        assert!(matches!(writer.carry_out(nothing()).await, Err(StoreError::Stopped)));
    }
}
