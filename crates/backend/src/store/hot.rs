//! Hot rows: the sessions in use, in the memory of the one process that owns the database. They are read there, and a
//! rotation takes place there and is written a moment later, in groups. A crash loses the rotations of that moment,
//! which heals itself (docs/design/rotation.md: the client's next ticket is ahead of the row). Every other change is
//! made in the database before it is answered, after the rotations that it could touch.
//!
//! A row in memory counts only while no other process has changed the database since it was read
//! ([`Exclusive::standing`], asked at each use). Why this is safe:
//! docs/decisions/0043-rotations-take-place-in-memory-first.md.

mod rows;
mod scope;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use shared::{NumericDate, SessionId, UserId};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio_util::task::AbortOnDropHandle;

use self::rows::{Acceptance, Rows};
use self::scope::Scope;
use super::{
    Accepted, AccountTag, Change, Event, EventQuery, Failures, HeldLifetime, Outcome, Prunable,
    RevokedSession, Service, Session, Store, StoreError, StoredKey, Subscription, UsedKey, User,
};
use crate::auth::account::email::Email;
use crate::pace::{rest_until, ticks};
use crate::telemetry::causes;

/// How often a process looks whether it is alone with the database.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// An engine that knows whether other processes use its database.
#[async_trait]
pub(super) trait Exclusive: Store {
    /// Whether rows in memory count. Without waiting.
    fn standing(&self) -> Standing;

    /// Finds out whether another process has committed. The answer is for [`Self::settle`].
    async fn look(&self) -> Result<Disturbance, StoreError>;

    /// What was in memory has been dropped or written since this look.
    fn settle(&self, disturbance: Disturbance);

    /// Takes the database for this process alone, if no other one serves it.
    fn take_alone(&self);
}

/// Whether rows in memory count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// This process is alone with the database, and no other one has committed since the last [`Exclusive::settle`].
    Undisturbed,
    /// Another process may have committed.
    Disturbed,
    /// Other servers use the database, so that nothing may be in memory.
    Shared,
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disturbance {
    /// How often others have been noticed.
    pub(super) number: u64,
    /// Whether that is more often than was settled.
    pub(super) is_new: bool,
}

/// The store with hot rows.
pub(super) struct Hot<E> {
    shared: Arc<Shared<E>>,
    task: Mutex<Option<AbortOnDropHandle<()>>>,
}

struct Shared<E> {
    engine: E,
    rows: Mutex<Rows>,
    /// One write of rotations at a time.
    writing: AsyncMutex<()>,
    /// One look at a time.
    looking: AsyncMutex<()>,
    /// A rotation waits to be written.
    accepted: Notify,
    /// Another process may have committed.
    disturbed: Notify,
}

/// A change under way. Dropped without an outcome, it may still take place: its caller has waited for too long, or is
/// gone. Then what it may touch stays held until a look was answered, which comes after it in the engine's queue.
struct Hold<'a, E> {
    shared: &'a Shared<E>,
    number: u64,
    is_certain: bool,
}

impl<E> Drop for Hold<'_, E> {
    fn drop(&mut self) {
        let mut rows = self.shared.rows.lock();
        if self.is_certain {
            rows.release(self.number);
        } else {
            rows.doubt(self.number);
            self.shared.disturbed.notify_one();
        }
    }
}

impl<E: Exclusive + 'static> Hot<E> {
    /// Over this engine, with a task that writes rotations.
    pub(super) fn over(engine: E) -> Self {
        let shared = Arc::new(Shared {
            engine,
            rows: Mutex::new(Rows::new()),
            writing: AsyncMutex::default(),
            looking: AsyncMutex::default(),
            accepted: Notify::new(),
            disturbed: Notify::new(),
        });
        let task = tokio::spawn(Arc::clone(&shared).run());
        Self { shared, task: Mutex::new(Some(AbortOnDropHandle::new(task))) }
    }
}

impl<E: Exclusive> Shared<E> {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock()
    }

    async fn run(self: Arc<Self>) {
        let mut second = ticks(Duration::ZERO, LOOK_AGAIN);
        let mut has_failed = false;
        loop {
            let due = self.rows().due();
            let is_due = async {
                match due {
                    Some(due) => rest_until(due).await,
                    None => self.accepted.notified().await,
                }
            };
            let done = tokio::select! {
                () = self.disturbed.notified() => self.settle().await,
                () = is_due => if due.is_some() { self.write().await } else { Ok(()) },
                _ = second.tick() => {
                    self.engine.take_alone();
                    self.settle().await
                }
            };
            match done {
                Ok(()) => has_failed = false,
                // Once for each outage.
                Err(error) if !std::mem::replace(&mut has_failed, true) => {
                    let cause = causes(&error);
                    tracing::error!(event = "store.rotations_unwritten", %error, cause);
                }
                Err(_) => {}
            }
        }
    }

    /// Writes the rotations that are in memory alone.
    async fn write(&self) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let unwritten = self.rows().unwritten();
        if unwritten.is_empty() {
            return Ok(());
        }
        let all = unwritten.len();
        let outcome = self.engine.commit(Change::AcceptAll(unwritten.clone()), Vec::new()).await?;
        if outcome.rows == all as u64 {
            self.rows().written(&unwritten);
            return Ok(());
        }
        // Another process has changed some of these rows, or an earlier attempt to write them has succeeded after all.
        for (session, accepted) in unwritten {
            let stored = self.engine.find_session(session).await?;
            let is_written = stored.is_some_and(|(stored, _)| {
                stored.is_live()
                    && stored.family.generation == accepted.family.generation
                    && stored.family.attempt == accepted.family.attempt
            });
            if is_written {
                self.rows().written(&[(session, accepted)]);
            } else {
                self.rows().forget(session);
                tracing::info!(event = "store.rotation_overtaken", %session);
            }
        }
        Ok(())
    }

    /// Makes the rows in memory count again: if another process has committed, none of those stays that were read
    /// before.
    async fn settle(&self) -> Result<(), StoreError> {
        let _turn = self.looking.lock().await;
        let doubtful = self.rows().doubtful();
        let is_calm = self.engine.standing() != Standing::Disturbed;
        if is_calm && doubtful.is_empty() {
            return Ok(());
        }
        let disturbance = self.engine.look().await?;
        for hold in doubtful {
            self.rows().release(hold);
        }
        if disturbance.is_new {
            // None is accepted any more.
            self.write().await?;
            self.rows().clear();
            self.engine.settle(disturbance);
        }
        Ok(())
    }

    /// A row in memory that counts.
    async fn hot(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        match self.engine.standing() {
            Standing::Undisturbed => {}
            Standing::Shared => return Ok(None),
            // The database does not know it.
            Standing::Disturbed if self.rows().is_unwritten(id) => self.settle().await?,
            Standing::Disturbed => {
                self.disturbed.notify_one();
                return Ok(None);
            }
        }
        Ok(self.rows().get(id))
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        if let Some(found) = self.hot(id).await? {
            return Ok(Some(found));
        }
        let version = self.rows().version();
        let found = self.engine.find_session(id).await?;
        if let Some((session, user)) = &found
            && session.is_live()
            && self.engine.standing() == Standing::Undisturbed
        {
            self.rows().add(version, session, user);
        }
        Ok(found)
    }

    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        if let Change::Accept(id, accepted) = &change
            && events.is_empty()
            && let Some(outcome) = self.accept(*id, accepted)
        {
            return Ok(outcome);
        }
        let Some(scope) = Scope::of(&change) else {
            return self.engine.commit(change, events).await;
        };
        let (mut hold, is_behind) = {
            let mut rows = self.rows();
            let is_behind = rows.has_unwritten(&scope);
            (Hold { shared: self, number: rows.hold(scope), is_certain: true }, is_behind)
        };
        if is_behind {
            self.write().await?;
        }
        self.rows().leave(hold.number);
        hold.is_certain = false;
        let outcome = self.engine.commit(change, events).await;
        hold.is_certain = outcome.is_ok();
        outcome
    }

    /// `None` if the database has to judge.
    fn accept(&self, id: SessionId, accepted: &Accepted) -> Option<Outcome> {
        let acceptance = {
            let mut rows = self.rows();
            // Under the lock, so that none comes after the last write before the rows are dropped.
            if self.engine.standing() != Standing::Undisturbed {
                return None;
            }
            rows.accept(id, accepted)
        };
        match acceptance {
            Acceptance::Accepted => {
                self.accepted.notify_one();
                Some(Outcome { rows: 1, revoked: Vec::new() })
            }
            Acceptance::LostRace => Some(Outcome::default()),
            Acceptance::NotHere => None,
        }
    }

    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let is_behind = self.rows().has_unwritten(&Scope::User(user));
        if is_behind {
            self.write().await?;
        }
        self.engine.sessions_of(user).await
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.write().await?;
        self.engine.last_refresh(before).await
    }
}

macro_rules! hot {
    ($($call:ident($($input:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl<E: Exclusive + 'static> Store for Hot<E> {
            async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
                self.shared.commit(change, events).await
            }

            async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
                self.shared.find_session(id).await
            }

            fn session_at_hand(&self, id: SessionId) -> Option<(Session, User)> {
                let is_undisturbed = self.shared.engine.standing() == Standing::Undisturbed;
                is_undisturbed.then(|| self.shared.rows().get(id)).flatten()
            }

            async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
                self.shared.sessions_of(user).await
            }

            async fn last_refresh(
                &self,
                before: Option<NumericDate>,
            ) -> Result<Option<NumericDate>, StoreError> {
                self.shared.last_refresh(before).await
            }

            $(async fn $call(&self, $($input: $type),*) -> Result<$answer, StoreError> {
                self.shared.engine.$call($($input),*).await
            })+

            async fn close(&self) {
                drop(self.task.lock().take());
                if let Err(error) = self.shared.write().await {
                    let cause = causes(&error);
                    tracing::error!(event = "store.rotations_lost", %error, cause);
                }
                self.shared.engine.close().await;
            }
        }
    };
}

hot! {
    find_user(email: &Email) -> Option<User>;
    users(after: Option<UserId>) -> Vec<User>;
    users_beyond_ascii(after: Option<UserId>) -> Vec<User>;
    last_session() -> Option<SessionId>;
    end_of_part(after: SessionId, up_to: SessionId) -> Option<SessionId>;
    revoked_per_second(since: NumericDate) -> Vec<(NumericDate, u64)>;
    revoked_in(second: NumericDate, after: Option<SessionId>) -> Vec<RevokedSession>;
    subscribe() -> Box<dyn Subscription>;
    events(query: &EventQuery) -> Vec<Event>;
    last_event(before: Option<NumericDate>) -> Option<NumericDate>;
    failures(account: AccountTag) -> Option<Failures>;
    used_key(key_hash: &[u8; 32]) -> Option<UsedKey>;
    keys() -> Vec<StoredKey>;
    lifetimes() -> Vec<HeldLifetime>;
    find_service(id: &str) -> Option<Service>;
    services() -> Vec<Service>;
    is_place_taken(id: SessionId) -> bool;
    clock() -> Option<NumericDate>;
    part_end(of: Prunable, after: [u8; 16], rows: u32) -> Option<[u8; 16]>;
    ping() -> ();
}
