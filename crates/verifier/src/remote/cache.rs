//! Something that is fetched and kept, and asked for by one at a time, however many need it. It must
//! not know what it is. What to do is said by `decide.rs`; here it is done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::clock::{Ages, Moment};
use super::decide::{Age, Move, View, decide, may_ask_for_newer, usable};
use super::failure::Fault;

/// How long one fetch may take, from the first connection to the last byte.
const FETCH_TIME: Duration = Duration::from_secs(3);

/// Where something comes from.
pub(super) trait Source: Send + Sync + 'static {
    type Value: Send + Sync + 'static;

    /// What it is, for the log.
    fn name(&self) -> &str;

    /// Fetches it. `last` is the last good one; a fault leaves that in place.
    fn fetch(
        &self,
        last: Option<Arc<Self::Value>>,
    ) -> impl Future<Output = Result<Fetched<Self::Value>, Fault>> + Send;
}

/// What a source yields.
pub(super) struct Fetched<T> {
    pub(super) value: Arc<T>,
    pub(super) fresh_for: Duration,
    pub(super) usable_for: Duration,
}

/// A source, and the last good value from it. Clones share both.
pub(super) struct Kept<S: Source>(Arc<Inner<S>>);

struct Inner<S: Source> {
    source: S,
    ages: Ages,
    memory: Mutex<Memory<S::Value>>,
    /// Changes whenever a fetch has ended.
    ended: watch::Sender<()>,
}

struct Memory<T> {
    /// With the instant at which it was asked for: it is as old as the question.
    good: Option<(Moment, Fetched<T>)>,
    under_way: bool,
    last_try: Option<Moment>,
    /// When the last try failed, unless it did not.
    failed: Option<Moment>,
}

impl<S: Source> Kept<S> {
    pub(super) fn new(source: S, ages: Ages) -> Self {
        let memory = Memory { good: None, under_way: false, last_try: None, failed: None };
        let (memory, ended) = (Mutex::new(memory), watch::Sender::new(()));
        Self(Arc::new(Inner { source, ages, memory, ended }))
    }

    /// The value; `None` if there is none that may be used. Waits for at most one fetch.
    pub(super) async fn get(&self) -> Option<Arc<S::Value>> {
        let mut ended = {
            let memory = self.0.memory();
            match decide(memory.view(&self.0.ages)) {
                Move::Use => return memory.value(&self.0.ages),
                Move::UseAndAsk => {
                    let value = memory.value(&self.0.ages);
                    self.ask(memory);
                    return value;
                }
                Move::Ask => self.ask(memory),
                Move::GiveUp => return None,
            }
        };
        // It ends: a fetch has its time, and says so even if it is given up. The sender is ours.
        let _ = ended.changed().await;
        self.0.memory().value(&self.0.ages)
    }

    /// A value newer than `known`, if there is one, or if one may be asked for now and it comes.
    pub(super) async fn newer(&self, known: &Arc<S::Value>) -> Option<Arc<S::Value>> {
        let is_newer = |value: &Arc<S::Value>| !Arc::ptr_eq(value, known);
        let mut ended = {
            let memory = self.0.memory();
            if let Some(value) = memory.value(&self.0.ages).filter(is_newer) {
                return Some(value);
            }
            if !may_ask_for_newer(memory.view(&self.0.ages)) {
                return None;
            }
            self.ask(memory)
        };
        let _ = ended.changed().await;
        self.0.memory().value(&self.0.ages).filter(is_newer)
    }

    /// Begins a fetch unless one is under way, and yields what changes at its end. The fetch is a task
    /// of its own, so that whoever began it may go away.
    fn ask(&self, mut memory: MutexGuard<'_, Memory<S::Value>>) -> watch::Receiver<()> {
        let ended = self.0.ended.subscribe();
        if memory.under_way {
            return ended;
        }
        memory.under_way = true;
        memory.last_try = Some(self.0.ages.now());
        let last = memory.good.as_ref().map(|(_, good)| Arc::clone(&good.value));
        // A runtime that shuts down drops the task at once, and its end is recorded in the memory.
        drop(memory);
        tokio::spawn(Fetching { kept: Arc::clone(&self.0), outcome: None }.run(last));
        ended
    }
}

impl<S: Source> Clone for Kept<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Source> Inner<S> {
    fn memory(&self) -> MutexGuard<'_, Memory<S::Value>> {
        // Nothing in here is ever left half changed.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Memory<T> {
    fn view(&self, ages: &Ages) -> View {
        let since = |moment: Moment| ages.since(moment);
        let good = self.good.as_ref().map(|(asked, good)| Age {
            age: since(*asked),
            fresh_for: good.fresh_for,
            usable_for: good.usable_for,
        });
        View {
            good,
            under_way: self.under_way,
            since_failure: self.failed.map(since),
            since_try: self.last_try.map(since),
        }
    }

    /// The last good value, if it may still be used.
    fn value(&self, ages: &Ages) -> Option<Arc<T>> {
        let (_, good) = self.good.as_ref().filter(|_| usable(self.view(ages)))?;
        Some(Arc::clone(&good.value))
    }
}

/// A fetch under way. Its end is recorded when it is dropped, so that a panic or the end of its runtime
/// leaves nobody waiting.
struct Fetching<S: Source> {
    kept: Arc<Inner<S>>,
    outcome: Option<Result<Fetched<S::Value>, Fault>>,
}

impl<S: Source> Fetching<S> {
    async fn run(mut self, last: Option<Arc<S::Value>>) {
        let fetched = timeout(FETCH_TIME, self.kept.source.fetch(last)).await;
        self.outcome = Some(fetched.unwrap_or(Err(Fault::TooSlow)));
    }
}

impl<S: Source> Drop for Fetching<S> {
    fn drop(&mut self) {
        let (mut memory, ages) = (self.kept.memory(), &self.kept.ages);
        let what = self.kept.source.name();
        match self.outcome.take().unwrap_or(Err(Fault::Abandoned)) {
            Ok(mut fetched) => {
                if memory.failed.take().is_some() {
                    tracing::info!(event = "issuer.answers_again", what);
                }
                let asked = memory.last_try.unwrap_or_else(|| ages.now());
                // Its end stands in it, or was counted from now.
                fetched.usable_for = fetched.usable_for.saturating_add(ages.since(asked));
                memory.good = Some((asked, fetched));
            }
            Err(fault) => {
                let cause = cause(&fault);
                // Once a spell: a log that fills the disk helps nobody.
                if memory.failed.replace(ages.now()).is_none() {
                    tracing::warn!(event = "issuer.fails", what, %fault, cause);
                } else {
                    tracing::debug!(event = "issuer.still_fails", what, %fault, cause);
                }
            }
        }
        memory.under_way = false;
        // Within the lock: who looks afterwards finds the outcome.
        self.kept.ended.send_replace(());
    }
}

fn cause(fault: &Fault) -> String {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(fault);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn ages() -> Ages {
        Ages::by(&crate::remote::Options::default())
    }

    /// Panics when it is asked for the first time.
    struct Fragile(AtomicU32);

    impl Source for Fragile {
        type Value = u32;

        fn name(&self) -> &str {
            "fragile"
        }

        async fn fetch(&self, _: Option<Arc<u32>>) -> Result<Fetched<u32>, Fault> {
            let times = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            assert!(times > 1, "as it has to be");
            let long = Duration::from_secs(100);
            Ok(Fetched { value: Arc::new(times), fresh_for: long, usable_for: long })
        }
    }

    /// Takes two seconds to answer something that is fresh, and usable, for so long.
    struct Slow(AtomicU32, Duration);

    impl Source for Slow {
        type Value = u32;

        fn name(&self) -> &str {
            "slow"
        }

        async fn fetch(&self, _: Option<Arc<u32>>) -> Result<Fetched<u32>, Fault> {
            tokio::time::advance(Duration::from_secs(2)).await;
            let value = Arc::new(self.0.fetch_add(1, Ordering::SeqCst) + 1);
            Ok(Fetched { value, fresh_for: self.1, usable_for: self.1 })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_as_old_as_the_question_it_answers() {
        let kept = Kept::new(Slow(AtomicU32::new(0), Duration::from_secs(4)), ages());
        assert_eq!(kept.get().await, Some(Arc::new(1)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(kept.get().await, Some(Arc::new(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_took_longer_than_it_is_good_for_is_used_once() {
        let kept = Kept::new(Slow(AtomicU32::new(0), Duration::from_secs(1)), ages());
        assert_eq!(kept.get().await, Some(Arc::new(1)));
        assert_eq!(kept.get().await, Some(Arc::new(2)));
    }

    #[test]
    fn a_runtime_that_shuts_down_leaves_nobody_waiting() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let handle = runtime.handle().clone();
        drop(runtime);
        let _inside = handle.enter();
        let kept = Kept::new(Fragile(AtomicU32::new(1)), ages());
        let mut call = std::pin::pin!(kept.get());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(call.as_mut().poll(&mut context), Poll::Ready(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fetch_that_panics_is_a_failure_and_leaves_nobody_waiting() {
        let kept = Kept::new(Fragile(AtomicU32::new(0)), ages());
        assert_eq!(kept.get().await, None);
        assert_eq!(kept.get().await, None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(kept.get().await, Some(Arc::new(2)));
    }
}
