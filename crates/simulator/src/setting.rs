//! What kind of world a seed draws, and which promises hold in it. The premises stand here and
//! nowhere else: outside them a sign-out is counted, not failed (docs/design/rotation.md, "What was
//! found"). It must not know how a world goes on.

use crate::chance::Chance;

/// What a thief takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loot {
    /// There is no thief.
    Nothing,
    /// The cookie jar.
    Jar,
    /// The jar and the pending attempt key.
    JarAndKey,
}

/// A fault put into the store or the client on purpose, to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A rotation is written whatever generation stands in the row (read-then-write).
    AcceptWithoutGuard,
    /// A rotation that raced a revocation brings the session back to life.
    AcceptRevives,
    /// A revocation is answered before it is durable: a failover forgets it.
    RevocationForgotten,
    /// For a while after a rotation the ticket before still works, for everybody.
    Grace,
    /// The client forgets its pending attempt key when it gets no answer.
    KeyDropped,
}

/// A world before its first event.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// How many users there are.
    pub(crate) users: usize,
    /// Each browser's user and number of tabs.
    pub(crate) browsers: Vec<(usize, usize)>,
    /// Whether the browsers have Web Locks.
    pub(crate) locks: bool,
    /// What the thief takes.
    pub(crate) loot: Loot,
    /// Requests, and copies of them, may arrive after any number of later rotations.
    pub(crate) late_requests: bool,
    /// A Set-Cookie may be applied after the client has given its request up, or twice.
    pub(crate) late_cookies: bool,
    /// A Set-Cookie may be applied although the body is lost.
    pub(crate) split_answers: bool,
    /// The database may lose its last rotations.
    pub(crate) rollbacks: bool,
    /// Instances crash, the store fails.
    pub(crate) faults: bool,
    /// Requests are copied on the wire.
    pub(crate) copies: bool,
    /// Days pass at once.
    pub(crate) long_waits: bool,
    /// The planted fault.
    pub(crate) bug: Option<Bug>,
}

impl Setting {
    /// The world of a seed.
    pub(crate) fn draw(chance: &mut Chance, bug: Option<Bug>) -> Self {
        let users = chance.weighted(&[(6, 1), (2, 2), (1, 3)]).unwrap_or(1);
        let mut browsers = Vec::new();
        for user in 0..users {
            for _ in 0..chance.within(1, 2) {
                browsers.push((user, chance.weighted(&[(3, 1), (3, 2), (2, 3)]).unwrap_or(1)));
            }
        }
        let loots = [(50, Loot::Nothing), (30, Loot::Jar), (20, Loot::JarAndKey)];
        Self {
            users,
            browsers,
            locks: chance.percent(80),
            loot: chance.weighted(&loots).unwrap_or(Loot::Nothing),
            late_requests: chance.percent(20),
            late_cookies: chance.percent(15),
            split_answers: chance.percent(50),
            rollbacks: chance.percent(40),
            faults: chance.percent(70),
            copies: chance.percent(60),
            long_waits: chance.percent(25),
            bug,
        }
    }

    /// Whether an honest user whose session no thief has copied must never be signed out: tabs take
    /// turns, no request is handled after two later complete rotations, and no Set-Cookie is applied
    /// whose request the client has given up.
    pub(crate) const fn keeps_the_honest(&self) -> bool {
        self.locks && !self.late_requests && !self.late_cookies
    }

    /// Whether owner and thief must never both succeed: the jar holds what was last set, and the
    /// database forgets no rotation. A rollback between the two presentations lets the second in,
    /// as the first; a late Set-Cookie lets the owner repeat an older attempt.
    pub(crate) const fn finds_thieves(&self) -> bool {
        !self.late_cookies && !self.rollbacks
    }

    /// How many rotations a request on its way may be behind the ticket that is sent next; `None`
    /// if there is no bound. With rollbacks none at all: a rotation accepted after a gap does not
    /// know the attempt before it, so that a late copy of that one could not pass for a duplicate.
    pub(crate) const fn behind(&self) -> Option<u32> {
        match (self.late_requests, self.rollbacks) {
            (true, _) => None,
            (false, true) => Some(0),
            (false, false) => Some(1),
        }
    }
}
