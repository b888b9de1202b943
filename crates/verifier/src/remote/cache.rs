//! The cache of the JWKS and of status lists: one value, with a single flight, so that concurrent callers share a
//! fetch. `decide.rs` chooses between fresh, stale and fetch; this file executes that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::clock::{Clock, Timestamp};
use super::decide::{CacheState, Decision, Freshness, decide, may_refetch, usable};
use super::failure::Fault;

/// The timeout of one fetch, from the first connection to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// The origin of a cached value.
pub(super) trait Source: Send + Sync + 'static {
    type Value: Send + Sync + 'static;

    /// The name in the log.
    fn name(&self) -> &str;

    /// Fetches the value. `last` is the last good one, to revalidate; a fault leaves it in the cache.
    fn fetch(
        &self,
        last: Option<Arc<Self::Value>>,
    ) -> impl Future<Output = Result<Fetched<Self::Value>, Fault>> + Send;
}

/// A fetched value with its lifetimes.
pub(super) struct Fetched<T> {
    pub(super) value: Arc<T>,
    pub(super) fresh_for: Duration,
    pub(super) usable_for: Duration,
    /// Whether a cache on the way served it stale: better than none, and no success.
    pub(super) stale: bool,
}

/// A source with the last good value from it. Clones share both.
pub(super) struct Cache<S: Source>(Arc<Inner<S>>);

struct Inner<S: Source> {
    source: S,
    clock: Clock,
    entry: Mutex<Entry<S::Value>>,
    /// Notifies waiting calls when a fetch has finished.
    fetch_done: watch::Sender<()>,
}

struct Entry<T> {
    /// With the time of its request, from which its age counts.
    good: Option<(Timestamp, Fetched<T>)>,
    fetching: bool,
    last_fetch: Option<Timestamp>,
    /// `None` once a fetch has succeeded.
    last_failure: Option<Timestamp>,
    /// Whether that failure was a stale answer of a cache on the way.
    served_stale: bool,
}

impl<S: Source> Cache<S> {
    pub(super) fn new(source: S, clock: Clock) -> Self {
        let entry = Entry {
            good: None,
            fetching: false,
            last_fetch: None,
            last_failure: None,
            served_stale: false,
        };
        let (entry, fetch_done) = (Mutex::new(entry), watch::Sender::new(()));
        Self(Arc::new(Inner { source, clock, entry, fetch_done }))
    }

    /// The cached value; `None` if it is missing or too stale. Waits for at most one fetch.
    pub(super) async fn get(&self) -> Option<Arc<S::Value>> {
        let mut fetch_done = {
            let entry = self.0.entry();
            match decide(entry.state(&self.0.clock)) {
                Decision::Serve => return entry.value(&self.0.clock),
                Decision::ServeAndRevalidate => {
                    let value = entry.value(&self.0.clock);
                    self.start_fetch(entry);
                    return value;
                }
                Decision::Fetch => self.start_fetch(entry),
                Decision::Fail => return None,
            }
        };
        // This always resolves: a fetch has a timeout, and notifies even if it is cancelled. `self` owns the sender.
        let _ = fetch_done.changed().await;
        self.0.entry().value(&self.0.clock)
    }

    /// A value newer than `known`: the cached one, or that of a fetch, if the cool-down allows one.
    pub(super) async fn newer_than(&self, known: &Arc<S::Value>) -> Option<Arc<S::Value>> {
        let is_newer = |value: &Arc<S::Value>| !Arc::ptr_eq(value, known);
        let mut fetch_done = {
            let entry = self.0.entry();
            if let Some(value) = entry.value(&self.0.clock).filter(is_newer) {
                return Some(value);
            }
            if !may_refetch(entry.state(&self.0.clock)) {
                return None;
            }
            self.start_fetch(entry)
        };
        let _ = fetch_done.changed().await;
        self.0.entry().value(&self.0.clock).filter(is_newer)
    }

    /// Starts a fetch unless one is in flight, and returns the receiver of its end. The fetch is a task of its own:
    /// it outlives a cancelled call.
    fn start_fetch(&self, mut entry: MutexGuard<'_, Entry<S::Value>>) -> watch::Receiver<()> {
        let fetch_done = self.0.fetch_done.subscribe();
        if entry.fetching {
            return fetch_done;
        }
        entry.fetching = true;
        entry.last_fetch = Some(self.0.clock.now());
        let last = entry.good.as_ref().map(|(_, good)| Arc::clone(&good.value));
        // Unlock first: a runtime that shuts down drops the task at once, and its `Drop` takes the lock.
        drop(entry);
        tokio::spawn(FetchTask { cache: Arc::clone(&self.0), outcome: None }.run(last));
        fetch_done
    }
}

impl<S: Source> Clone for Cache<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Source> Inner<S> {
    fn entry(&self) -> MutexGuard<'_, Entry<S::Value>> {
        // A poisoned lock is fine: no write here can be interrupted half way.
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Entry<T> {
    fn state(&self, clock: &Clock) -> CacheState {
        let since = |timestamp: Timestamp| clock.since(timestamp);
        let good = self.good.as_ref().map(|(asked, good)| Freshness {
            age: since(*asked),
            fresh_for: good.fresh_for,
            usable_for: good.usable_for,
        });
        CacheState {
            good,
            fetching: self.fetching,
            since_failure: self.last_failure.map(since),
            served_stale: self.served_stale,
            since_fetch: self.last_fetch.map(since),
        }
    }

    /// The last good value, unless it is too stale.
    fn value(&self, clock: &Clock) -> Option<Arc<T>> {
        let (_, good) = self.good.as_ref().filter(|_| usable(self.state(clock)))?;
        Some(Arc::clone(&good.value))
    }

    /// Keeps a fetched value. A cache on the way may serve an older one than there is already.
    fn keep(&mut self, mut fetched: Fetched<T>, clock: &Clock) {
        let usable_for = self.good.as_ref().map_or(Duration::ZERO, |(asked, good)| {
            good.usable_for.saturating_sub(clock.since(*asked))
        });
        if fetched.stale && fetched.usable_for <= usable_for {
            return;
        }
        let asked = self.last_fetch.unwrap_or_else(|| clock.now());
        // Its lifetime ends at its own `exp`, or was counted from now; its age counts from the request.
        fetched.usable_for = fetched.usable_for.saturating_add(clock.since(asked));
        self.good = Some((asked, fetched));
    }
}

/// A fetch in flight. `Drop` records the outcome, so that no call waits forever after a panic or the end of the
/// runtime.
struct FetchTask<S: Source> {
    cache: Arc<Inner<S>>,
    outcome: Option<Result<Fetched<S::Value>, Fault>>,
}

impl<S: Source> FetchTask<S> {
    async fn run(mut self, last: Option<Arc<S::Value>>) {
        let fetched = timeout(FETCH_TIMEOUT, self.cache.source.fetch(last)).await;
        self.outcome = Some(fetched.unwrap_or(Err(Fault::Timeout)));
    }
}

impl<S: Source> Drop for FetchTask<S> {
    fn drop(&mut self) {
        let (mut entry, clock) = (self.cache.entry(), &self.cache.clock);
        let what = self.cache.source.name();
        let fault = match self.outcome.take().unwrap_or(Err(Fault::Cancelled)) {
            Ok(fetched) => {
                let stale = fetched.stale;
                entry.keep(fetched, clock);
                stale.then_some(Fault::Stale)
            }
            Err(fault) => Some(fault),
        };
        entry.served_stale = matches!(fault, Some(Fault::Stale));
        match fault {
            None => {
                if entry.last_failure.take().is_some() {
                    tracing::info!(event = "issuer.answers_again", what);
                }
            }
            Some(fault) => {
                let cause = cause(&fault);
                // One warning for each outage, so that retries do not flood the log.
                if entry.last_failure.replace(clock.now()).is_none() {
                    tracing::warn!(event = "issuer.fails", what, %fault, cause);
                } else {
                    tracing::debug!(event = "issuer.still_fails", what, %fault, cause);
                }
            }
        }
        entry.fetching = false;
        // Notify within the lock: a caller that wakes finds the outcome.
        self.cache.fetch_done.send_replace(());
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

    fn clock() -> Clock {
        Clock::new(&crate::remote::Options::default())
    }

    /// Panics at the first fetch.
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
            Ok(Fetched { value: Arc::new(times), fresh_for: long, usable_for: long, stale: false })
        }
    }

    /// Answers after two seconds, with a value that is fresh and usable for the given duration.
    struct Slow(AtomicU32, Duration);

    impl Source for Slow {
        type Value = u32;

        fn name(&self) -> &str {
            "slow"
        }

        async fn fetch(&self, _: Option<Arc<u32>>) -> Result<Fetched<u32>, Fault> {
            tokio::time::advance(Duration::from_secs(2)).await;
            let value = Arc::new(self.0.fetch_add(1, Ordering::SeqCst) + 1);
            Ok(Fetched { value, fresh_for: self.1, usable_for: self.1, stale: false })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_as_old_as_the_request_for_it() {
        let cache = Cache::new(Slow(AtomicU32::new(0), Duration::from_secs(4)), clock());
        assert_eq!(cache.get().await, Some(Arc::new(1)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(cache.get().await, Some(Arc::new(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_is_stale_on_arrival_is_used_once() {
        let cache = Cache::new(Slow(AtomicU32::new(0), Duration::from_secs(1)), clock());
        assert_eq!(cache.get().await, Some(Arc::new(1)));
        assert_eq!(cache.get().await, Some(Arc::new(2)));
    }

    #[test]
    fn a_runtime_that_shuts_down_leaves_no_call_waiting() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let handle = runtime.handle().clone();
        drop(runtime);
        let _inside = handle.enter();
        let cache = Cache::new(Fragile(AtomicU32::new(1)), clock());
        let mut call = std::pin::pin!(cache.get());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(call.as_mut().poll(&mut context), Poll::Ready(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fetch_that_panics_is_a_failure_and_leaves_no_call_waiting() {
        let cache = Cache::new(Fragile(AtomicU32::new(0)), clock());
        assert_eq!(cache.get().await, None);
        assert_eq!(cache.get().await, None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(cache.get().await, Some(Arc::new(2)));
    }
}
