//! The checks of the sign-in model, in the order of the page: Baton's promises, their limits, the rejected rules, and
//! server mistakes that the model must notice.

use super::invariants::Invariant::{
    self, KeyOpensNothing, NeverEmailTaken, NeverRefused, NeverSignedOut, OneSession,
    TicketOneUnused,
};
use super::state::Operation;
use super::world::{Other, Rule, World};
use crate::model::search::Check;

const fn check(world: &'static str, of: World, invariants: &'static [Invariant]) -> Check<World> {
    Check { world, of, invariants }
}

/// Eight requests: browsers resend a request by themselves up to seven times.
const REGISTRATION: World = World {
    rule: Rule::Keyed,
    operation: Operation::Register,
    requests: 8,
    other: None,
    revocations: true,
    rollbacks: 0,
    forgets: false,
};
const LOGIN: World = World { operation: Operation::LogIn, ..REGISTRATION };
/// Two requests are enough to refute a rule.
const TWO_REGISTRATIONS: World = World { requests: 2, revocations: false, ..REGISTRATION };
const TWO_LOGINS: World = World { operation: Operation::LogIn, ..TWO_REGISTRATIONS };

/// Baton's promises.
pub(crate) const PROMISES: &[Check<World>] = &[
    check(
        "a registration that is sent or copied up to eight times; any message lost or late, the instances \
         killed at any moment, the session refreshed or revoked elsewhere",
        REGISTRATION,
        &[OneSession, NeverEmailTaken, NeverRefused, TicketOneUnused, NeverSignedOut],
    ),
    check(
        "the same for a login",
        LOGIN,
        &[OneSession, NeverRefused, TicketOneUnused, NeverSignedOut],
    ),
    check(
        "a registration, and another person who registers the same address with a key of their own",
        World { requests: 4, revocations: false, other: Some(Other::Registers), ..REGISTRATION },
        &[OneSession, NeverEmailTaken, TicketOneUnused, NeverSignedOut, KeyOpensNothing],
    ),
    check(
        "a registration, and a thief who has its key and not the password",
        World { requests: 4, revocations: false, other: Some(Other::HasTheKey), ..REGISTRATION },
        &[OneSession, NeverEmailTaken, TicketOneUnused, NeverSignedOut, KeyOpensNothing],
    ),
    check(
        "a login, and a thief who has its key and not the password",
        World { requests: 4, revocations: false, other: Some(Other::HasTheKey), ..LOGIN },
        &[OneSession, TicketOneUnused, NeverSignedOut, KeyOpensNothing],
    ),
    check(
        "a registration, and a database that loses its latest commit, whichever it was",
        World { requests: 5, revocations: false, rollbacks: 1, ..REGISTRATION },
        &[OneSession, NeverEmailTaken],
    ),
    check(
        "a login, and a database that loses its latest commit, whichever it was",
        World { requests: 5, revocations: false, rollbacks: 1, ..LOGIN },
        &[OneSession],
    ),
];

/// The limits of the promises. Each has a counterexample.
pub(crate) const LIMITS: &[Check<World>] = &[
    check(
        "a registration, and a database that loses it although it was answered",
        World { rollbacks: 1, ..TWO_REGISTRATIONS },
        &[NeverSignedOut],
    ),
    check(
        "a login whose commit finds the key, and a database that loses the key before it is looked for again",
        World { rollbacks: 1, ..TWO_LOGINS },
        &[NeverRefused],
    ),
    check(
        "a login, and a database that loses the rotation in which ticket 1 was presented",
        World { rollbacks: 1, ..TWO_LOGINS },
        &[TicketOneUnused],
    ),
    check(
        "a copy of a login that arrives a day later",
        World { forgets: true, ..TWO_LOGINS },
        &[OneSession],
    ),
    check(
        "a copy of a registration that arrives a day later",
        World { forgets: true, ..TWO_REGISTRATIONS },
        &[NeverEmailTaken],
    ),
];

/// The rejected rules.
pub(crate) const REJECTED: &[Check<World>] = &[
    check(
        "a login without keys, and a request that is copied",
        World { rule: Rule::NoKeys, ..TWO_LOGINS },
        &[OneSession],
    ),
    check(
        "a registration without keys, and a request that is copied",
        World { rule: Rule::NoKeys, ..TWO_REGISTRATIONS },
        &[NeverEmailTaken],
    ),
    check(
        "a key that is written after the session, in a transaction of its own",
        World { rule: Rule::KeyAfterwards, ..TWO_LOGINS },
        &[OneSession],
    ),
    check(
        "an address that is looked for before the key",
        World { rule: Rule::AddressFirst, ..TWO_REGISTRATIONS },
        &[NeverEmailTaken],
    ),
    check(
        "ticket 1 for every copy as long as the session stands",
        World { rule: Rule::AlwaysAgain, ..TWO_LOGINS },
        &[TicketOneUnused],
    ),
    check(
        "the same, and an answer of which the cookie arrives alone",
        World { rule: Rule::AlwaysAgain, ..TWO_LOGINS },
        &[NeverSignedOut],
    ),
    check(
        "a key that is enough without the password",
        World { rule: Rule::ByKeyAlone, other: Some(Other::HasTheKey), ..TWO_LOGINS },
        &[KeyOpensNothing],
    ),
    check(
        "another session for a copy whose session was refreshed or is over",
        World { rule: Rule::AnotherSession, ..TWO_LOGINS },
        &[OneSession],
    ),
];

/// Mistakes in executing the rule.
pub(crate) const MISTAKES: &[Check<World>] = &[
    check(
        "a key that is looked for, and a commit that does not depend on it",
        World { rule: Rule::Unguarded, ..TWO_LOGINS },
        &[OneSession],
    ),
    check(
        "a registration whose commit finds the key, and that does not look for it again",
        World { rule: Rule::NoSecondLook, ..TWO_REGISTRATIONS },
        &[NeverEmailTaken],
    ),
    check(
        "a login whose commit finds the key, and that does not look for it again",
        World { rule: Rule::NoSecondLook, ..TWO_LOGINS },
        &[NeverRefused],
    ),
];
