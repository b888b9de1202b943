//! A store with injected faults: errors, lost responses, delays, a broken subscription.

mod versions;

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use backend::auth::account::email::Email;
use backend::pace::rest;
use backend::store::memory::Memory;
use backend::store::{
    AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, IdRange, NativeClient,
    Notification, Outcome, Prunable, RevokedSession, Service, Session, Store, StoreError,
    StoredKey, Subscription, UsedKey, User,
};
use shared::{NumericDate, SessionId, UserId};
use tokio::sync::oneshot;

/// The engine in memory, with faults.
#[derive(Default)]
pub(crate) struct Faulty {
    inner: Memory,
    broken: AtomicBool,
    /// Queries of this part fail after this time.
    frozen: Mutex<Option<(Frozen, Duration)>>,
    /// After so many more changes, queries of this part fail after this time.
    freezes_after: Mutex<Option<(usize, Frozen, Duration)>>,
    /// After so many more calls of any kind, those of this part fail after this time.
    freezes_at: Mutex<Option<(usize, Frozen, Duration)>>,
    /// Whether the change that meets this freeze takes place all the same.
    loses_first: AtomicBool,
    /// Fails after the write is committed: the response is lost, the change is not.
    breaks_after_writing: AtomicBool,
    /// Changes left until it breaks; without a limit if `None`.
    lasts: Mutex<Option<usize>>,
    /// How many of the next changes are committed but answered with an error.
    answers_lost: AtomicUsize,
    subscription_state: Arc<AtomicU8>,
    written: AtomicUsize,
    /// Reads of a session.
    sessions_read: AtomicUsize,
    /// Reads of the keys.
    keys_read: AtomicUsize,
    /// Holds back the next response with the keys.
    keys_held: Gate,
    /// Holds back the next response with a session.
    session_held: Gate,
    /// How many of the next status list indexes are reported as taken.
    places_taken: AtomicUsize,
    /// Reads of a service, and of a native client.
    services_read: AtomicUsize,
    pub(crate) clients_read: AtomicUsize,
    /// Readiness checks; the gate holds back the next response.
    pings: AtomicUsize,
    ping_held: Gate,
    /// Writes of lifetimes; the gate holds back the next response.
    lifetimes_written: AtomicUsize,
    lifetimes_held: Gate,
    /// The pruned parts.
    parts: Mutex<Vec<(Prunable, IdRange)>>,
}

/// Blocks the next caller until its sender sends or is dropped.
#[derive(Default)]
struct Gate(Mutex<Option<oneshot::Receiver<()>>>);

impl Gate {
    fn close(&self) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        *self.0.lock().expect("no test panics while holding it") = Some(held);
        release
    }

    /// `passing` runs on entry, also for a caller that is blocked.
    async fn pass(&self, passing: impl FnOnce()) {
        let held = self.0.lock().expect("no test panics while holding it").take();
        passing();
        if let Some(held) = held {
            let _ = held.await;
        }
    }
}

/// The state of the subscription to revocations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriptionState {
    Good,
    /// Fails at once.
    Failing,
    /// Silent, without even a heartbeat.
    Stuck,
}

/// The part of the store that a freeze leaves without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frozen {
    Everything,
    /// Reads of a session, as while another program holds a lock on the table.
    Sessions,
    /// Reads of the keys.
    Keys,
    /// Writes; reads are answered.
    Changes,
}

impl Faulty {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// From now on every query of this part fails after this time.
    pub(crate) fn freeze(&self, part: Frozen, time: Duration) {
        *self.frozen.lock().expect("no test panics while holding it") = Some((part, time));
    }

    /// Every query is answered again, and no freeze is to come.
    pub(crate) fn thaw(&self) {
        *self.freezes_at.lock().expect("no test panics while holding it") = None;
        *self.frozen.lock().expect("no test panics while holding it") = None;
    }

    /// Every query of this part fails after this time, once so many more changes are committed.
    pub(crate) fn freeze_after(&self, changes: usize, part: Frozen, time: Duration) {
        let mut freezes_after = self.freezes_after.lock().expect("no test panics while holding it");
        *freezes_after = Some((changes, part, time));
    }

    /// Every query of this part fails after this time, once so many more of any kind have been answered. If
    /// `loses_first`, the change that meets the freeze takes place, and only its answer is lost.
    pub(crate) fn freeze_at(
        &self,
        calls: usize,
        (part, time): (Frozen, Duration),
        loses_first: bool,
    ) {
        self.loses_first.store(loses_first, Ordering::SeqCst);
        let mut freezes_at = self.freezes_at.lock().expect("no test panics while holding it");
        *freezes_at = Some((calls, part, time));
    }

    /// Whether a call has met the freeze that was set.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.lock().expect("no test panics while holding it").is_some()
    }

    /// Breaks after so many more changes.
    pub(crate) fn break_after(&self, changes: usize) {
        *self.lasts.lock().expect("no test panics while holding it") = Some(changes);
    }

    /// Commits the next changes but loses their responses.
    pub(crate) fn lose_next_answers(&self, changes: usize) {
        self.answers_lost.store(changes, Ordering::SeqCst);
    }

    /// Counts a committed change.
    fn wear(&self) {
        let mut lasts = self.lasts.lock().expect("no test panics while holding it");
        let left = lasts.map(|changes| changes.saturating_sub(1));
        *lasts = left.filter(|changes| *changes > 0);
        if left == Some(0) {
            self.set_broken(true);
        }
        let mut freezes_after = self.freezes_after.lock().expect("no test panics while holding it");
        match freezes_after.take() {
            Some((0 | 1, part, time)) => self.freeze(part, time),
            left => *freezes_after = left.map(|(changes, part, time)| (changes - 1, part, time)),
        }
    }

    pub(crate) fn set_breaks_after_writing(&self, breaks: bool) {
        self.breaks_after_writing.store(breaks, Ordering::SeqCst);
    }

    pub(crate) fn set_subscription_state(&self, subscription_state: SubscriptionState) {
        self.subscription_state.store(subscription_state as u8, Ordering::SeqCst);
    }

    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    pub(crate) fn sessions_read(&self) -> usize {
        self.sessions_read.load(Ordering::SeqCst)
    }

    pub(crate) fn keys_read(&self) -> usize {
        self.keys_read.load(Ordering::SeqCst)
    }

    /// Holds back the next response with the keys until the sender is dropped.
    pub(crate) fn hold_keys(&self) -> oneshot::Sender<()> {
        self.keys_held.close()
    }

    /// Holds back the next response with a session until the sender is dropped.
    pub(crate) fn hold_session(&self) -> oneshot::Sender<()> {
        self.session_held.close()
    }

    pub(crate) fn services_read(&self) -> usize {
        self.services_read.load(Ordering::SeqCst)
    }

    pub(crate) fn pings(&self) -> usize {
        self.pings.load(Ordering::SeqCst)
    }

    /// Holds back the next response to a ping until the sender is dropped.
    pub(crate) fn hold_ping(&self) -> oneshot::Sender<()> {
        self.ping_held.close()
    }

    /// Holds back the next response to a write of lifetimes until the sender is dropped.
    pub(crate) fn hold_lifetimes(&self) -> oneshot::Sender<()> {
        self.lifetimes_held.close()
    }

    pub(crate) fn lifetimes_written(&self) -> usize {
        self.lifetimes_written.load(Ordering::SeqCst)
    }

    /// The parts pruned since the last call.
    pub(crate) fn parts(&self) -> Vec<(Prunable, IdRange)> {
        std::mem::take(&mut *self.parts.lock().expect("no test panics while holding it"))
    }

    /// Reports so many of the next status list indexes as taken.
    pub(crate) fn take_next_places(&self, many: usize) {
        self.places_taken.store(many, Ordering::SeqCst);
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.check_of(Frozen::Everything).await
    }

    /// The same for a query of this part.
    async fn check_of(&self, part: Frozen) -> Result<(), StoreError> {
        self.count_down_to_freeze();
        self.check_part(part).await
    }

    async fn check_part(&self, part: Frozen) -> Result<(), StoreError> {
        let frozen = *self.frozen.lock().expect("no test panics while holding it");
        let is_frozen = |frozen: Frozen| frozen == Frozen::Everything || frozen == part;
        if let Some((_, time)) = frozen.filter(|(frozen, _)| is_frozen(*frozen)) {
            rest(time).await;
            return Err(StoreError::TimedOut);
        }
        if self.broken.load(Ordering::SeqCst) { Err(sqlx_timeout()) } else { Ok(()) }
    }

    /// Whether this call meets the freeze.
    fn count_down_to_freeze(&self) -> bool {
        let mut freezes_at = self.freezes_at.lock().expect("no test panics while holding it");
        if let Some((_, part, time)) = freezes_at.take_if(|(calls, ..)| *calls == 0) {
            self.freeze(part, time);
            return true;
        }
        if let Some((calls, ..)) = &mut *freezes_at {
            *calls -= 1;
        }
        false
    }

    fn check_after(&self) -> Result<(), StoreError> {
        if self.breaks_after_writing.load(Ordering::SeqCst) { Err(sqlx_timeout()) } else { Ok(()) }
    }
}

fn sqlx_timeout() -> StoreError {
    StoreError::Database(sqlx::Error::PoolTimedOut)
}

#[async_trait]
impl Store for Faulty {
    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        if self.count_down_to_freeze() && self.loses_first.load(Ordering::SeqCst) {
            self.inner.commit(change.clone(), events.clone()).await?;
        }
        self.check_part(Frozen::Changes).await?;
        if let Change::Prune(of, range) = &change {
            self.parts.lock().expect("no test panics while holding it").push((*of, *range));
        }
        let holds_lifetimes = matches!(change, Change::HoldLifetimes { .. });
        let done = self.inner.commit(change, events).await?;
        self.written.fetch_add(1, Ordering::SeqCst);
        if holds_lifetimes {
            let count = || {
                self.lifetimes_written.fetch_add(1, Ordering::SeqCst);
            };
            self.lifetimes_held.pass(count).await;
        }
        self.wear();
        let (order, one_less) = (Ordering::SeqCst, |many: usize| many.checked_sub(1));
        if self.answers_lost.fetch_update(order, order, one_less).is_ok() {
            return Err(sqlx_timeout());
        }
        self.check_after()?;
        Ok(done)
    }

    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.check().await?;
        self.inner.find_user(email).await
    }

    async fn users(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.check().await?;
        self.inner.users(after).await
    }

    async fn users_beyond_ascii(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError> {
        self.check().await?;
        self.inner.users_beyond_ascii(after).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        self.check_of(Frozen::Sessions).await?;
        let found = self.inner.find_session(id).await;
        let count = || {
            self.sessions_read.fetch_add(1, Ordering::SeqCst);
        };
        self.session_held.pass(count).await;
        found
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.check().await?;
        self.inner.sessions_of(user).await
    }

    async fn last_session(&self) -> Result<Option<SessionId>, StoreError> {
        self.check().await?;
        self.inner.last_session().await
    }

    async fn end_of_part(
        &self,
        after: SessionId,
        up_to: SessionId,
    ) -> Result<Option<SessionId>, StoreError> {
        self.check().await?;
        self.inner.end_of_part(after, up_to).await
    }

    async fn revoked_per_second(
        &self,
        since: NumericDate,
    ) -> Result<Vec<(NumericDate, u64)>, StoreError> {
        self.check().await?;
        self.inner.revoked_per_second(since).await
    }

    async fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        self.check().await?;
        self.inner.revoked_in(second, after).await
    }

    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError> {
        self.check().await?;
        let subscription = self.inner.subscribe().await?;
        check_subscription(&self.subscription_state).await?;
        Ok(Box::new(FaultySubscription {
            subscription,
            subscription_state: Arc::clone(&self.subscription_state),
        }))
    }

    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
        self.check().await?;
        self.inner.events(query).await
    }

    async fn last_event(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.check().await?;
        self.inner.last_event(before).await
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.check().await?;
        self.inner.last_refresh(before).await
    }

    async fn used_key(&self, key_hash: &[u8; 32]) -> Result<Option<UsedKey>, StoreError> {
        self.check().await?;
        self.inner.used_key(key_hash).await
    }

    async fn failures(&self, account: AccountTag) -> Result<Option<Failures>, StoreError> {
        self.check().await?;
        self.inner.failures(account).await
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let keys = self.inner.keys().await;
        self.keys_read.fetch_add(1, Ordering::SeqCst);
        self.check_of(Frozen::Keys).await?;
        self.keys_held.pass(|| ()).await;
        keys
    }

    async fn lifetimes(&self) -> Result<Vec<HeldLifetime>, StoreError> {
        self.check().await?;
        self.inner.lifetimes().await
    }

    async fn find_service(&self, id: &str) -> Result<Option<Service>, StoreError> {
        self.services_read.fetch_add(1, Ordering::SeqCst);
        self.check().await?;
        self.inner.find_service(id).await
    }

    async fn services(&self) -> Result<Vec<Service>, StoreError> {
        self.check().await?;
        self.inner.services().await
    }

    async fn find_client(&self, id: &str) -> Result<Option<NativeClient>, StoreError> {
        self.clients_read.fetch_add(1, Ordering::SeqCst);
        self.check().await?;
        self.inner.find_client(id).await
    }

    async fn clients(&self) -> Result<Vec<NativeClient>, StoreError> {
        self.check().await?;
        self.inner.clients().await
    }

    async fn is_place_taken(&self, id: SessionId) -> Result<bool, StoreError> {
        self.check().await?;
        let one_less = |many: usize| many.checked_sub(1);
        let order = Ordering::SeqCst;
        let is_taken = self.places_taken.fetch_update(order, order, one_less).is_ok();
        Ok(is_taken || self.inner.is_place_taken(id).await?)
    }

    async fn clock(&self) -> Result<Option<NumericDate>, StoreError> {
        Ok(None)
    }

    async fn part_end(
        &self,
        of: Prunable,
        after: [u8; 16],
        rows: u32,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        self.check().await?;
        self.inner.part_end(of, after, rows).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let count = || {
            self.pings.fetch_add(1, Ordering::SeqCst);
        };
        self.ping_held.pass(count).await;
        self.check().await
    }

    async fn close(&self) {}
}

struct FaultySubscription {
    subscription: Box<dyn Subscription>,
    subscription_state: Arc<AtomicU8>,
}

#[async_trait]
impl Subscription for FaultySubscription {
    async fn next(&mut self) -> Result<Notification, StoreError> {
        let notification = self.subscription.next().await?;
        check_subscription(&self.subscription_state).await?;
        Ok(notification)
    }
}

async fn check_subscription(subscription_state: &AtomicU8) -> Result<(), StoreError> {
    match subscription_state.load(Ordering::SeqCst) {
        it if it == SubscriptionState::Good as u8 => Ok(()),
        it if it == SubscriptionState::Failing as u8 => Err(sqlx_timeout()),
        _ => pending().await,
    }
}
