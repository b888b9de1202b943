//! Single-flight in this tab: concurrent callers share one refresh and its result. [`super::lock`] covers other tabs.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_channel::oneshot;

/// `None` without a flight, else the waiting callers.
type Waiting<T> = Option<Vec<oneshot::Sender<T>>>;

/// Runs the work of one caller, and gives its result to all concurrent callers.
pub struct SingleFlight<T>(Mutex<Waiting<T>>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Runs `work`, or drops it unstarted and waits for the flight in progress. `None` if the leading caller was
    /// dropped before it had a result.
    pub async fn run(&self, work: impl Future<Output = T>) -> Option<T> {
        if let Some(result) = self.join() {
            return result.await.ok();
        }
        let lead = Lead(self);
        let result = work.await;
        // Landed: the flight ends here, together with its result.
        std::mem::forget(lead);
        for waiter in self.take_waiting() {
            // A waiter that has gone away needs no result.
            let _ = waiter.send(result.clone());
        }
        Some(result)
    }

    fn join(&self) -> Option<oneshot::Receiver<T>> {
        let mut waiting = self.waiting();
        if let Some(queue) = waiting.as_mut() {
            let (sender, receiver) = oneshot::channel();
            queue.push(sender);
            Some(receiver)
        } else {
            *waiting = Some(Vec::new());
            None
        }
    }
}

impl<T> SingleFlight<T> {
    fn take_waiting(&self) -> Vec<oneshot::Sender<T>> {
        self.waiting().take().unwrap_or_default()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the flight even if the work is dropped half-way: a lost leader must not block the tab.
struct Lead<'a, T>(&'a SingleFlight<T>);

impl<T> Drop for Lead<'_, T> {
    fn drop(&mut self) {
        self.0.take_waiting();
    }
}
