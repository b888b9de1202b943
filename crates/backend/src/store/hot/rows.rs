//! The rows in memory: bounded in number, and those that are ahead of the disk in number and age. A plain data
//! structure, without I/O.

use std::collections::BTreeSet;
use std::time::Duration;

use quick_cache::unsync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};
use rotation::Generation;
use shared::SessionId;
use tokio::time::Instant;

use super::scope::Scope;
use crate::store::records::{Accepted, Session, User};

/// How many rows are in memory. Each takes about a kilobyte.
pub(super) const MOST_ROWS: usize = 16_384;
/// How many of them may be ahead of the disk.
pub(super) const MOST_UNWRITTEN: usize = 1_024;
/// How soon a rotation is written, and how long one may wait if that fails: later ones are then written before they
/// are answered.
pub(super) const WRITE_AFTER: Duration = Duration::from_millis(100);
pub(super) const OLDEST_UNWRITTEN: Duration = Duration::from_secs(1);

struct Row {
    session: Session,
    user: User,
    /// The generation on the disk, if that is behind.
    on_disk: Option<Generation>,
}

/// A rotation that is lost by eviction would be lost for good.
struct KeepUnwritten;

impl Lifecycle<SessionId, Row> for KeepUnwritten {
    type RequestState = ();

    fn is_pinned(&self, _: &SessionId, row: &Row) -> bool {
        row.on_disk.is_some()
    }
}

/// The rows in memory.
pub(super) struct Rows {
    rows: Cache<SessionId, Row, UnitWeighter, DefaultHashBuilder, KeepUnwritten>,
    unwritten: BTreeSet<SessionId>,
    /// Since when one of them is, and for how long none may be while others are accepted.
    unwritten_since: Option<Instant>,
    oldest_unwritten: Duration,
    /// What changes under way may touch.
    held: Vec<(u64, Scope)>,
    /// Those of them whose outcome is not known.
    doubtful: Vec<u64>,
    /// Another number after each change that may have touched rows, and after each write of rotations.
    version: u64,
}

/// What became of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// It took place in memory.
    Accepted,
    /// The row is not the one that was read.
    LostRace,
    /// The row is not in memory, or may not be changed there: the database has to judge.
    NotHere,
}

impl Rows {
    pub(super) fn new(oldest_unwritten: Duration) -> Self {
        let hasher = DefaultHashBuilder::default();
        let most = MOST_ROWS as u64;
        Self {
            rows: Cache::with(MOST_ROWS, most, UnitWeighter, hasher, KeepUnwritten),
            unwritten: BTreeSet::new(),
            unwritten_since: None,
            oldest_unwritten,
            held: Vec::new(),
            doubtful: Vec::new(),
            version: 0,
        }
    }

    pub(super) fn get(&self, id: SessionId) -> Option<(Session, User)> {
        self.rows.get(&id).map(|row| (row.session.clone(), row.user.clone()))
    }

    /// The version, before a row is read from the database.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Adds a row that was read from the database since this version, unless it may have been changed since.
    pub(super) fn add(&mut self, version: u64, session: &Session, user: &User) {
        let is_held = self.held.iter().any(|(_, scope)| scope.covers(session));
        if version == self.version && !is_held && !self.unwritten.contains(&session.id) {
            let row = Row { session: session.clone(), user: user.clone(), on_disk: None };
            self.rows.insert(session.id, row);
        }
    }

    /// Accepts a rotation in memory: the conditional write of the SQL engines.
    pub(super) fn accept(&mut self, id: SessionId, accepted: &Accepted) -> Acceptance {
        let is_full = self.unwritten.len() >= MOST_UNWRITTEN;
        let is_late = self.unwritten_since.is_some_and(|it| it.elapsed() > self.oldest_unwritten);
        let Some(mut row) = self.rows.get_mut(&id).filter(|_| !is_full && !is_late) else {
            return Acceptance::NotHere;
        };
        if self.held.iter().any(|(_, scope)| scope.covers(&row.session)) {
            return Acceptance::NotHere;
        }
        if row.session.family.generation != accepted.seen || !row.session.is_live() {
            return Acceptance::LostRace;
        }
        row.on_disk = row.on_disk.or(Some(accepted.seen));
        row.session.family = accepted.family.clone();
        row.session.client = accepted.client.clone();
        self.unwritten.insert(id);
        self.unwritten_since.get_or_insert_with(Instant::now);
        Acceptance::Accepted
    }

    /// The rotations to write, each from the generation that is on the disk.
    pub(super) fn unwritten(&self) -> Vec<(SessionId, Accepted)> {
        let rows = self.unwritten.iter().filter_map(|id| Some((*id, self.rows.peek(id)?)));
        let behind = rows.filter_map(|(id, row)| {
            let family = row.session.family.clone();
            let client = row.session.client.clone();
            Some((id, Accepted { seen: row.on_disk?, family, client }))
        });
        behind.collect()
    }

    /// When the oldest of them has to be written.
    pub(super) fn due(&self) -> Option<Instant> {
        self.unwritten_since.map(|since| since + WRITE_AFTER)
    }

    /// The session with the rotations that the database does not have yet, if it has the one before them.
    pub(super) fn ahead_of(&self, stored: &Session) -> Option<Session> {
        let row = self.rows.peek(&stored.id)?;
        let is_ahead = row.on_disk == Some(stored.family.generation) && stored.is_live();
        is_ahead.then(|| Session {
            family: row.session.family.clone(),
            client: row.session.client.clone(),
            ..stored.clone()
        })
    }

    /// Whether one of these rows is ahead of the disk.
    pub(super) fn has_unwritten(&self, scope: &Scope) -> bool {
        let mut rows = self.unwritten.iter().filter_map(|id| self.rows.peek(id));
        rows.any(|row| scope.covers(&row.session))
    }

    /// These rotations are on the disk. Later ones of the same sessions are not.
    pub(super) fn written(&mut self, written: &[(SessionId, Accepted)]) {
        // A row that was read before the rotation was accepted must not be added after it was written.
        self.version += 1;
        for (id, accepted) in written {
            let Some(mut row) = self.rows.peek_mut(id) else { continue };
            let generation = accepted.family.generation;
            let is_behind = row.session.family.generation != generation;
            row.on_disk = is_behind.then_some(generation);
            drop(row);
            if !is_behind {
                self.unwritten.remove(id);
            }
        }
        self.unwritten_since = (!self.unwritten.is_empty()).then(Instant::now);
    }

    /// Drops a row, written or not: another process has changed it, and the database is right.
    pub(super) fn forget(&mut self, id: SessionId) {
        self.rows.remove(&id);
        self.unwritten.remove(&id);
        if self.unwritten.is_empty() {
            self.unwritten_since = None;
        }
        self.version += 1;
    }

    /// Drops every row. None may be ahead of the disk.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.unwritten.clear();
        self.unwritten_since = None;
        self.version += 1;
    }

    /// A change that may touch these rows begins: until [`Self::release`], none is accepted in memory or added.
    pub(super) fn hold(&mut self, scope: Scope) -> u64 {
        self.version += 1;
        self.held.push((self.version, scope));
        self.version
    }

    /// The change is about to be made: what it may touch is on the disk, and leaves memory.
    pub(super) fn leave(&mut self, hold: u64) {
        let Some((_, scope)) = self.held.iter().find(|(held, _)| *held == hold) else { return };
        match scope {
            Scope::Sessions(sessions) => {
                for id in sessions {
                    self.rows.remove(id);
                }
            }
            scope => self.rows.retain(|_, row| !scope.covers(&row.session)),
        }
    }

    /// The change is made, or will not be.
    pub(super) fn release(&mut self, hold: u64) {
        self.held.retain(|(held, _)| *held != hold);
        self.doubtful.retain(|held| *held != hold);
        self.version += 1;
    }

    /// It is not known whether the change is made, or will be.
    pub(super) fn doubt(&mut self, hold: u64) {
        self.doubtful.push(hold);
    }

    pub(super) fn doubtful(&self) -> Vec<u64> {
        self.doubtful.clone()
    }
}
