//! Single-flight: one refresh at a time, and its result for all concurrent callers.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use frontend::session::single_flight::SingleFlight;

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Pending once, then `value`.
async fn after_a_while(value: u32, started: &Cell<u32>) -> u32 {
    started.set(started.get() + 1);
    let mut waited = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    value
}

#[test]
fn concurrent_callers_share_one_result() {
    let (flight, started) = (SingleFlight::default(), Cell::new(0));
    let mut first = pin!(flight.run(after_a_while(1, &started)));
    let mut second = pin!(flight.run(after_a_while(2, &started)));
    assert_eq!(poll(first.as_mut()), Poll::Pending);
    assert_eq!(poll(second.as_mut()), Poll::Pending);
    assert_eq!(poll(first.as_mut()), Poll::Ready(Some(1)));
    assert_eq!(poll(second.as_mut()), Poll::Ready(Some(1)));
    assert_eq!(started.get(), 1);
}

#[test]
fn a_later_caller_starts_a_flight_of_its_own() {
    let (flight, started) = (SingleFlight::default(), Cell::new(0));
    for number in 1..=2 {
        let mut run = pin!(flight.run(after_a_while(number, &started)));
        assert_eq!(poll(run.as_mut()), Poll::Pending);
        assert_eq!(poll(run.as_mut()), Poll::Ready(Some(number)));
    }
    assert_eq!(started.get(), 2);
}

#[test]
fn a_dropped_leader_blocks_no_caller() {
    let (flight, started) = (SingleFlight::default(), Cell::new(0));
    let mut leader = Box::pin(flight.run(after_a_while(1, &started)));
    let mut follower = pin!(flight.run(after_a_while(2, &started)));
    assert_eq!(poll(leader.as_mut()), Poll::Pending);
    assert_eq!(poll(follower.as_mut()), Poll::Pending);
    drop(leader);
    assert_eq!(poll(follower.as_mut()), Poll::Ready(None));

    let mut next = pin!(flight.run(after_a_while(3, &started)));
    assert_eq!(poll(next.as_mut()), Poll::Pending);
    assert_eq!(poll(next.as_mut()), Poll::Ready(Some(3)));
}
