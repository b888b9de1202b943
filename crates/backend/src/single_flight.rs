//! Single flight: concurrent calls that need the same answer share one request, and its result or failure. A lock
//! around the request would make callers wait for each other: behind a storage that hangs for two seconds, the
//! tenth would wait for twenty.
//!
//! - A flight is a task of its own: it completes, within a timeout, whether or not its callers are still there.
//! - A caller takes the result of a flight that began before the call only if that was at most `max_age` before;
//!   otherwise it waits for that flight and then for the next, which all such callers share.
//! - All callers that waited for a failed flight share the failure: a retry would most likely fail, too, and take
//!   as long.
//! - No caller waits longer than the timeout, and none whose request has waited for storage in vain before
//!   ([`fail_fast`](crate::fail_fast)).

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::clock::{BootInstant, Clock};
use crate::fail_fast::asked;

/// One shared request, and the flight under way for it.
pub struct SingleFlight<T, E> {
    limit: Duration,
    clock: Clock,
    under_way: Slot<T, E>,
}

type Slot<T, E> = Arc<Mutex<Option<Flight<T, E>>>>;

/// Why there is no result.
#[derive(Debug)]
pub enum Failed<E> {
    /// The flight failed.
    Error(Arc<E>),
    /// The flight, or the caller's wait for it, has reached the timeout.
    TimedOut,
    /// The flight panicked, or its runtime has ended.
    Abandoned,
}

struct Flight<T, E> {
    /// By the boot clock: after a suspension, the result may be a day stale.
    began: BootInstant,
    landed: watch::Receiver<Option<Landing<T, E>>>,
}

type Landing<T, E> = Result<T, Failed<E>>;

impl<T, E> SingleFlight<T, E>
where
    T: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// `limit` is the timeout of each flight and of each caller.
    #[must_use]
    pub fn new(limit: Duration, clock: &Clock) -> Self {
        Self { limit, clock: clock.clone(), under_way: Slot::default() }
    }

    /// The result of a flight that began after this call, or at most `max_age` before it.
    ///
    /// # Errors
    /// If the flight that this call waited for fails or times out.
    pub async fn run<F>(&self, max_age: Duration, ask: impl FnOnce() -> F) -> Landing<T, E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let shared = async {
            let before = self.slot().clone();
            if let Some(flight) = before {
                let is_young =
                    !max_age.is_zero() && self.clock.boot_instant().since(flight.began) <= max_age;
                let landing = flight.landing().await;
                if is_young || landing.is_err() {
                    return landing;
                }
            }
            // A flight that is under way now began after this call.
            self.join_or_begin(ask).landing().await
        };
        asked(self.limit, Box::pin(shared)).await.unwrap_or(Err(Failed::TimedOut))
    }

    /// The result of the flight under way, however old. `None` if there is none.
    pub async fn join(&self) -> Option<Landing<T, E>> {
        let flight = self.slot().clone()?;
        Some(asked(self.limit, flight.landing()).await.unwrap_or(Err(Failed::TimedOut)))
    }

    fn join_or_begin<F>(&self, ask: impl FnOnce() -> F) -> Flight<T, E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut slot = self.slot();
        if let Some(flight) = &*slot {
            return flight.clone();
        }
        let (lands, landed) = watch::channel(None);
        let flight = Flight { began: self.clock.boot_instant(), landed };
        *slot = Some(flight.clone());
        // A runtime that shuts down drops the task at once, and with it the seat, which needs the slot.
        drop(slot);
        let seat = Seat { under_way: Arc::clone(&self.under_way), lands };
        let (limit, answer) = (self.limit, ask());
        tokio::spawn(async move {
            let landing = match timeout(limit, answer).await {
                Ok(result) => result.map_err(|error| Failed::Error(Arc::new(error))),
                Err(_) => Err(Failed::TimedOut),
            };
            seat.land(landing);
        });
        flight
    }

    fn slot(&self) -> MutexGuard<'_, Option<Flight<T, E>>> {
        locked(&self.under_way)
    }
}

impl<T: Clone, E> Flight<T, E> {
    async fn landing(mut self) -> Landing<T, E> {
        match self.landed.wait_for(Option::is_some).await {
            Ok(landing) => landing.clone().unwrap_or(Err(Failed::Abandoned)),
            Err(_) => Err(Failed::Abandoned),
        }
    }
}

/// The place of the flight under way. It is freed before callers learn of the landing, also if the flight panics,
/// so that the next call begins another flight.
struct Seat<T, E> {
    under_way: Slot<T, E>,
    lands: watch::Sender<Option<Landing<T, E>>>,
}

impl<T, E> Seat<T, E> {
    fn land(self, landing: Landing<T, E>) {
        locked(&self.under_way).take();
        self.lands.send_replace(Some(landing));
    }
}

impl<T, E> Drop for Seat<T, E> {
    fn drop(&mut self) {
        // After a landing, the place may be another flight's.
        if self.lands.borrow().is_none() {
            locked(&self.under_way).take();
        }
    }
}

fn locked<T, E>(slot: &Slot<T, E>) -> MutexGuard<'_, Option<Flight<T, E>>> {
    slot.lock()
}

impl<T, E> Clone for Flight<T, E> {
    fn clone(&self) -> Self {
        Self { began: self.began, landed: self.landed.clone() }
    }
}

impl<E> Clone for Failed<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Error(error) => Self::Error(Arc::clone(error)),
            Self::TimedOut => Self::TimedOut,
            Self::Abandoned => Self::Abandoned,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;
    use shared::NumericDate;
    use tokio::sync::Semaphore;
    use tokio::time::{Instant, advance};

    use super::*;
    use crate::fail_fast::{for_request, give_up, has_given_up};

    const LIMIT: Duration = Duration::from_secs(2);
    const YOUNG: Duration = Duration::from_millis(100);

    /// Answers with the number of the question, once a permit is added.
    struct Oracle {
        clock: Clock,
        flights: SingleFlight<u32, &'static str>,
        asked: AtomicU32,
        answers: Semaphore,
    }

    impl Oracle {
        fn new() -> Arc<Self> {
            let clock = Clock::manual(NumericDate(1_800_000_000));
            Arc::new(Self {
                flights: SingleFlight::new(LIMIT, &clock),
                clock,
                asked: AtomicU32::new(0),
                answers: Semaphore::new(0),
            })
        }

        async fn ask(self: &Arc<Self>, max_age: Duration) -> Landing<u32, &'static str> {
            let oracle = Arc::clone(self);
            let question = || async move {
                let number = oracle.asked.fetch_add(1, Ordering::SeqCst) + 1;
                oracle.answers.acquire().await.expect("it is never closed").forget();
                assert!(number != 13, "an unlucky number");
                if number.is_multiple_of(10) { Err("no answer") } else { Ok(number) }
            };
            self.flights.run(max_age, question).await
        }

        fn asking(self: &Arc<Self>, max_age: Duration) -> tokio::task::JoinHandle<Option<u32>> {
            let oracle = Arc::clone(self);
            tokio::spawn(async move { oracle.ask(max_age).await.ok() })
        }

        /// Lets all tasks that can run do so.
        async fn settle(&self) {
            for _ in 0..32 {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_at_the_same_moment_share_one_result() {
        let oracle = Oracle::new();
        let calls: Vec<_> = (0..50).map(|_| oracle.asking(YOUNG)).collect();
        oracle.settle().await;
        oracle.answers.add_permits(1);
        for answer in join_all(calls).await {
            assert_eq!(answer.expect("no panic"), Some(1));
        }
        // It has landed: the next call begins another flight, however young the last.
        oracle.answers.add_permits(1);
        assert_eq!(oracle.ask(YOUNG).await.ok(), Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_result_that_was_asked_for_too_long_before_is_not_taken() {
        let oracle = Oracle::new();
        let first = oracle.asking(YOUNG);
        oracle.settle().await;
        advance(YOUNG).await;
        let young = oracle.asking(YOUNG);
        // Its answer must include all that happened before this call.
        let strict = oracle.asking(Duration::ZERO);
        oracle.settle().await;
        advance(Duration::from_millis(1)).await;
        let late = oracle.asking(YOUNG);
        oracle.settle().await;
        oracle.answers.add_permits(1);
        oracle.settle().await;
        assert_eq!(
            (first.await.expect("no panic"), young.await.expect("no panic")),
            (Some(1), Some(1))
        );
        assert!(!strict.is_finished() && !late.is_finished());
        oracle.answers.add_permits(1);
        assert_eq!(
            (strict.await.expect("no panic"), late.await.expect("no panic")),
            (Some(2), Some(2))
        );
    }

    /// Timers stand still while the machine sleeps.
    #[tokio::test(start_paused = true)]
    async fn a_result_that_was_asked_for_before_the_machine_slept_is_not_taken() {
        let oracle = Oracle::new();
        let before = oracle.asking(YOUNG);
        oracle.settle().await;
        oracle.clock.suspend(240);
        let after = oracle.asking(YOUNG);
        oracle.settle().await;
        oracle.answers.add_permits(2);
        assert_eq!(
            (before.await.expect("no panic"), after.await.expect("no panic")),
            (Some(1), Some(2))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_shared_by_all_waiting_callers() {
        let oracle = Oracle::new();
        oracle.asked.store(9, Ordering::SeqCst);
        let first = oracle.asking(YOUNG);
        oracle.settle().await;
        advance(Duration::from_secs(1)).await;
        let late = [oracle.asking(YOUNG), oracle.asking(Duration::ZERO)];
        oracle.settle().await;
        oracle.answers.add_permits(1);
        assert_eq!(first.await.expect("no panic"), None);
        for answer in join_all(late).await {
            assert_eq!(answer.expect("no panic"), None);
        }
        assert_eq!(oracle.asked.load(Ordering::SeqCst), 10, "it was asked once");
    }

    #[tokio::test(start_paused = true)]
    async fn no_caller_waits_longer_than_the_limit() {
        let oracle = Oracle::new();
        let begun = Instant::now();
        let calls: Vec<_> = (0..3).map(|_| oracle.asking(YOUNG)).collect();
        oracle.settle().await;
        // A late call: the first flight fails before this call's own timeout.
        advance(Duration::from_millis(1_500)).await;
        let late = oracle.asking(Duration::ZERO);
        for answer in join_all(calls).await {
            assert_eq!(answer.expect("no panic"), None);
        }
        assert_eq!(late.await.expect("no panic"), None);
        assert_eq!(begun.elapsed(), LIMIT);
        // The slot is free again.
        oracle.answers.add_permits(1);
        assert_eq!(oracle.ask(YOUNG).await.ok(), Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_a_flight_in_vain_once() {
        let oracle = Oracle::new();
        for_request(async {
            let begun = Instant::now();
            for _ in 0..2 {
                assert!(matches!(oracle.ask(YOUNG).await, Err(Failed::TimedOut)));
                assert!(has_given_up());
            }
            assert_eq!(begun.elapsed(), LIMIT);
        })
        .await;
        let under_way = oracle.asking(YOUNG);
        oracle.settle().await;
        for_request(async {
            give_up();
            assert!(matches!(oracle.flights.join().await, Some(Err(Failed::TimedOut))));
        })
        .await;
        oracle.answers.add_permits(2);
        assert!(under_way.await.expect("no panic").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_flight_continues_without_its_caller_and_survives_a_panic() {
        let oracle = Oracle::new();
        oracle.asked.store(11, Ordering::SeqCst);
        let gone = oracle.asking(YOUNG);
        oracle.settle().await;
        let stays = oracle.asking(YOUNG);
        oracle.settle().await;
        gone.abort();
        oracle.answers.add_permits(1);
        assert_eq!(stays.await.expect("no panic"), Some(12));
        oracle.answers.add_permits(1);
        assert!(matches!(oracle.ask(YOUNG).await, Err(Failed::Abandoned)));
        oracle.answers.add_permits(1);
        assert_eq!(oracle.ask(YOUNG).await.ok(), Some(14));
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_is_under_way_can_be_joined() {
        let oracle = Oracle::new();
        assert!(oracle.flights.join().await.is_none());
        let first = oracle.asking(YOUNG);
        oracle.settle().await;
        advance(Duration::from_secs(1)).await;
        oracle.answers.add_permits(1);
        assert_eq!(oracle.flights.join().await.and_then(Result::ok), Some(1));
        assert_eq!(first.await.expect("no panic"), Some(1));
    }
}
