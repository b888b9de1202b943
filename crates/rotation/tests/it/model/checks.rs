//! The checks of the model, in the order of the page: Baton's promises, their limits, the rejected rules, and server
//! mistakes that the model must notice.

use super::invariants::Invariant::{
    self, NeverBothSucceed, NeverBothSucceedTwice, NeverSignedOut, NothingIssuedAfterRevocation,
    OneLiveSuccessor, RevocationIsFinal, TheftRevokesTheSession,
};
use super::rules::Rule;
use super::search::Check;
use super::world::{HONEST, Loot, Tabs, World, Writes};

const fn check(world: &'static str, of: World, invariants: &'static [Invariant]) -> Check<World> {
    Check { world, of, invariants }
}

/// Honest tabs, and a database that may lose unflushed writes. No request is repeated, and none is late by a
/// rotation: there is a counterexample.
const ROLLBACK: World =
    World { rollbacks: 1, deep_rollbacks: true, copies: 0, late_requests: 0, ..HONEST };
/// A thief among honest tabs. No cookie lands late.
const THIEF: World =
    World { thief: Some(Loot::Jar), copies: 0, late_cookies: None, rotations: 3, ..HONEST };
const THIEF_WITH_KEY: World = World { thief: Some(Loot::JarAndKey), ..THIEF };
/// A browser without a lock across its tabs, and without a database that serializes them.
const RACE: World = World { tabs: Tabs::Race, copies: 0, ..HONEST };
/// One call at a time and no keys: enough to refute the other rules.
const ONE_BY_ONE: World = World { keys: false, copies: 0, late_requests: 0, calls: 1, ..HONEST };

/// Baton's promises.
pub(crate) const PROMISES: &[Check<World>] = &[
    check(
        "honest tabs; any message lost, repeated, or late by less than two rotations; the server \
         killed at any moment",
        World { rotations: 5, calls: 4, ..HONEST },
        &[NeverSignedOut, OneLiveSuccessor],
    ),
    check(
        "honest tabs that have no lock and take their key in one step; any message lost, repeated, or late by \
         less than two rotations; the server killed at any moment",
        World { tabs: Tabs::ShareAKey, ..HONEST },
        &[NeverSignedOut, OneLiveSuccessor],
    ),
    check(
        "honest tabs that take their key in one step, and one of them changes the password and continues; any message \
         lost, or late by less than two rotations",
        World { tabs: Tabs::ShareAKey, password: true, copies: 0, ..HONEST },
        &[NeverSignedOut, OneLiveSuccessor],
    ),
    check(
        "honest tabs that take turns, with logouts and a password change elsewhere at any moment",
        World { revocations: true, ..HONEST },
        &[NeverSignedOut, RevocationIsFinal, NothingIssuedAfterRevocation, OneLiveSuccessor],
    ),
    check(
        "honest tabs, and one of them changes the password and continues; any message lost, repeated, or late \
         by less than two rotations; the server killed at any moment",
        World { password: true, ..HONEST },
        &[NeverSignedOut, OneLiveSuccessor],
    ),
    check(
        "honest tabs, a password change, and a database that loses its latest rotation; any message lost, \
         none repeated or late by a rotation, nor its cookie",
        World { password: true, late_cookies: Some(0), deep_rollbacks: false, ..ROLLBACK },
        &[NeverSignedOut],
    ),
    check(
        "a thief copies the jar of tabs of which one changes the password",
        World { password: true, rotations: 2, ..THIEF },
        &[NeverBothSucceedTwice, OneLiveSuccessor],
    ),
    check(
        "honest tabs, logouts, and a database that loses all it has not flushed; any message lost, none \
         repeated or late by a rotation",
        World { revocations: true, ..ROLLBACK },
        &[NeverSignedOut, RevocationIsFinal, NothingIssuedAfterRevocation],
    ),
    check(
        "a thief copies the jar at any moment; any message lost, or late by less than two rotations",
        THIEF,
        &[NeverBothSucceed, TheftRevokesTheSession, OneLiveSuccessor],
    ),
    check(
        "the same, with one message repeated and cookies that land late by less than a rotation",
        World { copies: 1, late_cookies: Some(1), rotations: 2, ..THIEF },
        &[NeverBothSucceed, TheftRevokesTheSession, OneLiveSuccessor],
    ),
    check(
        "a thief copies the jar; logouts and a password change elsewhere at any moment",
        World { revocations: true, calls: 2, ..THIEF },
        &[
            NeverBothSucceed,
            TheftRevokesTheSession,
            RevocationIsFinal,
            NothingIssuedAfterRevocation,
        ],
    ),
    check(
        "a thief copies the jar and the pending attempt key",
        THIEF_WITH_KEY,
        &[NeverBothSucceedTwice, TheftRevokesTheSession, OneLiveSuccessor],
    ),
    check(
        "a thief copies the jar, and the database loses its latest rotation",
        World { rollbacks: 1, calls: 2, ..THIEF },
        &[NeverBothSucceedTwice],
    ),
    check(
        "a thief copies the jar of tabs that have no lock and take their key in one step; any message lost, or \
         late by less than two rotations",
        World { tabs: Tabs::ShareAKey, rotations: 2, ..THIEF },
        &[NeverBothSucceed, TheftRevokesTheSession, OneLiveSuccessor],
    ),
    check(
        "a thief copies the jar of tabs that have no lock and race for the key; any message lost, none late by a rotation",
        World { tabs: Tabs::Race, rotations: 2, late_requests: 0, ..THIEF },
        &[NeverBothSucceed, TheftRevokesTheSession, OneLiveSuccessor],
    ),
];

/// The limits of the promises. Each has a counterexample.
pub(crate) const LIMITS: &[Check<World>] = &[
    check("two tabs refresh at once, have no lock, and race for the key", RACE, &[NeverSignedOut]),
    check(
        "a request is still on its way when the second rotation after its own is accepted",
        World { late_requests: 2, ..HONEST },
        &[NeverSignedOut],
    ),
    check(
        "the cookie of an abandoned answer lands after a later rotation",
        World { late_cookies: Some(2), ..HONEST },
        &[NeverSignedOut],
    ),
    check(
        "the browser crashes before it has written its cookie to disk",
        World { lost_cookies: 1, ..HONEST },
        &[NeverSignedOut],
    ),
    check(
        "the browser loses the key of an attempt whose answer is lost",
        World { lost_keys: 1, copies: 0, ..HONEST },
        &[NeverSignedOut],
    ),
    check(
        "the database loses its latest rotation, and a late request arrives after the next one",
        World { late_requests: 1, ..ROLLBACK },
        &[NeverSignedOut],
    ),
    check(
        "a password change is abandoned, and the database loses two rotations before it arrives",
        World { password: true, late_cookies: Some(0), ..ROLLBACK },
        &[NeverSignedOut],
    ),
    check(
        "without a lock, the answer to one tab lands after another tab's next rotation",
        World { tabs: Tabs::ShareAKey, late_answers: 2, ..HONEST },
        &[NeverSignedOut],
    ),
    check(
        "tabs without a lock, of which one changes the password, and a database that loses its latest rotation",
        World { tabs: Tabs::ShareAKey, password: true, deep_rollbacks: false, ..ROLLBACK },
        &[NeverSignedOut],
    ),
    check(
        "a thief, and an owner who changes the password: that presents no ticket",
        World { password: true, rotations: 2, ..THIEF },
        &[NeverBothSucceed],
    ),
    check("a thief with the pending attempt key", THIEF_WITH_KEY, &[NeverBothSucceed]),
    check(
        "a thief with the pending attempt key, and tabs without a lock",
        World { tabs: Tabs::ShareAKey, ..THIEF_WITH_KEY },
        &[NeverBothSucceedTwice],
    ),
    check(
        "a thief with the pending attempt key, and a client that gets a cookie but not the body",
        World { late_cookies: Some(1), calls: 2, ..THIEF_WITH_KEY },
        &[NeverBothSucceedTwice],
    ),
    check(
        "a thief, and a database that loses its latest rotation",
        World { rollbacks: 1, ..THIEF },
        &[NeverBothSucceed],
    ),
    check(
        "a thief, and a database that loses two rotations at once",
        World { rollbacks: 1, deep_rollbacks: true, calls: 1, ..THIEF },
        &[NeverBothSucceedTwice],
    ),
    check("a database that loses its latest rotation", ROLLBACK, &[OneLiveSuccessor]),
];

/// The rejected rules.
pub(crate) const REJECTED: &[Check<World>] = &[
    check(
        "strict rotation without keys",
        World { rule: Rule::Strict, ..ONE_BY_ONE },
        &[NeverSignedOut],
    ),
    check(
        "a grace period, and a thief who refreshes in step with the owner",
        World { rule: Rule::Grace, thief: Some(Loot::Jar), time: true, ..ONE_BY_ONE },
        &[NeverBothSucceedTwice],
    ),
    check(
        "a grace period, and an answer lost for longer",
        World { rule: Rule::Grace, time: true, ..ONE_BY_ONE },
        &[NeverSignedOut],
    ),
    check(
        "the last ticket always answered again, and a thief",
        World { rule: Rule::SameSuccessor, thief: Some(Loot::Jar), ..ONE_BY_ONE },
        &[NeverBothSucceedTwice],
    ),
    check(
        "siblings confirmed by use, an answer that is lost, and a cookie that lands late",
        World { rule: Rule::Siblings, calls: 2, ..ONE_BY_ONE },
        &[NeverSignedOut],
    ),
];

/// Mistakes in the server's writes.
pub(crate) const MISTAKES: &[Check<World>] = &[
    check(
        "a rotation written without the generation guard",
        World { writes: Writes::WithoutGenerationGuard, ..THIEF },
        &[NeverBothSucceed],
    ),
    check(
        "a late rotation that overwrites the revocation",
        World { writes: Writes::OverRevocations, revocations: true, ..HONEST },
        &[RevocationIsFinal],
    ),
    check(
        "a rotation that does not check for a revocation",
        World { writes: Writes::WithoutRevocationGuard, revocations: true, ..HONEST },
        &[NothingIssuedAfterRevocation],
    ),
    check(
        "a revocation that is answered before it is durable",
        World { writes: Writes::RevocationsNotDurable, revocations: true, rollbacks: 1, ..HONEST },
        &[RevocationIsFinal],
    ),
    check(
        "a replay that is refused and revokes nothing",
        World { writes: Writes::ReplayRevokesNothing, ..THIEF },
        &[TheftRevokesTheSession],
    ),
];
