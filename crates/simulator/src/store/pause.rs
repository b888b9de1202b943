//! How a call steps aside, and how one is made that must not. It must not know what is called.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Is pending once: whoever polls decides when to go on.
pub(super) async fn yield_once() {
    let mut aside = false;
    poll_fn(|_| if std::mem::replace(&mut aside, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

/// The result of a future that never waits, as those of the engine in memory.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the engine in memory never waits"),
    }
}
