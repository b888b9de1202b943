//! Yielding to the scheduler, and running a future without it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Pending once: the next poll is the scheduler's choice.
pub(super) async fn yield_once() {
    let mut aside = false;
    poll_fn(|_| if std::mem::replace(&mut aside, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

/// Polls a future that never waits, as those of the engine in memory, to its result.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the engine in memory never waits"),
    }
}
