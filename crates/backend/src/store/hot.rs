//! Hot rows: the sessions in use, in the memory of the one process that owns the database. They are read there, and a
//! rotation takes place there and is written a moment later, in groups. A crash loses the rotations of that moment,
//! which heals itself (docs/design/rotation.md: the client's next ticket is ahead of the row). Every other change is
//! made in the database before it is answered, after the rotations that it could touch.
//!
//! A row in memory counts only while no other process has changed the database since it was read
//! ([`Exclusive::standing`], asked at each use). Why this is safe:
//! docs/decisions/0043-rotations-take-place-in-memory-first.md.

mod exclusive;
mod rows;
mod scope;
mod store;
mod task;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use shared::{NumericDate, SessionId, UserId};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio_util::task::AbortOnDropHandle;

pub use self::exclusive::{Disturbance, Exclusive, Standing};
use self::rows::{Acceptance, OLDEST_UNWRITTEN, Rows};
use self::scope::Scope;
use super::{Accepted, Change, Event, Outcome, Session, StoreError, User};

/// How often a row is read again because rotations were written in between. They are ten times a second.
const ROUNDS: usize = 3;

/// The store with hot rows.
pub struct Hot<E> {
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
        let hot = Self::of(engine, OLDEST_UNWRITTEN);
        let task = tokio::spawn(Arc::clone(&hot.shared).run());
        *hot.task.lock() = Some(AbortOnDropHandle::new(task));
        hot
    }

    /// The same without the task, and without regard to time: a simulation writes and settles when it likes.
    #[must_use]
    pub fn by_hand(engine: E) -> Self {
        Self::of(engine, Duration::MAX)
    }

    fn of(engine: E, oldest_unwritten: Duration) -> Self {
        let shared = Shared {
            engine,
            rows: Mutex::new(Rows::new(oldest_unwritten)),
            writing: AsyncMutex::default(),
            looking: AsyncMutex::default(),
            accepted: Notify::new(),
            disturbed: Notify::new(),
        };
        Self { shared: Arc::new(shared), task: Mutex::default() }
    }

    /// Writes the rotations that are in memory alone.
    ///
    /// # Errors
    /// If storage fails: then they stay to be written.
    pub async fn write(&self) -> Result<(), StoreError> {
        self.shared.write().await
    }

    /// Makes the rows in memory count again, if another process has committed.
    ///
    /// # Errors
    /// If storage fails: then rows are read from the engine until this succeeds.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.shared.settle().await
    }

    /// The rotations that are in memory alone, each from the generation that was stored last. A crash loses them.
    #[must_use]
    pub fn unwritten(&self) -> Vec<(SessionId, Accepted)> {
        self.shared.rows().unwritten()
    }
}

impl<E: Exclusive> Shared<E> {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock()
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
        // Another process has changed some of these rows, or an earlier attempt to write them has succeeded.
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
    fn at_hand(&self, id: SessionId) -> Option<(Session, User)> {
        match self.engine.standing() {
            Standing::Undisturbed => self.rows().get(id),
            Standing::Shared => None,
            Standing::Disturbed => {
                self.disturbed.notify_one();
                None
            }
        }
    }

    /// Never waits for a write: what can be read is answered while nothing can be written.
    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        if let Some(found) = self.at_hand(id) {
            return Ok(Some(found));
        }
        let mut rounds = 0;
        loop {
            rounds += 1;
            let version = self.rows().version();
            let Some((stored, user)) = self.engine.find_session(id).await? else {
                return Ok(None);
            };
            let mut rows = self.rows();
            if let Some(ahead) = rows.ahead_of(&stored) {
                return Ok(Some((ahead, user)));
            }
            // A rotation may have been written since the row was read.
            if rows.version() != version && rounds < ROUNDS {
                continue;
            }
            if stored.is_live() && self.engine.standing() == Standing::Undisturbed {
                rows.add(version, &stored, &user);
            }
            return Ok(Some((stored, user)));
        }
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
        let mut sessions = self.engine.sessions_of(user).await?;
        let rows = self.rows();
        for session in &mut sessions {
            if let Some(ahead) = rows.ahead_of(session) {
                *session = ahead;
            }
        }
        sessions.sort_by_key(|session| Reverse((session.family.accepted_at, session.id)));
        Ok(sessions)
    }

    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError> {
        self.write().await?;
        self.engine.last_refresh(before).await
    }
}
