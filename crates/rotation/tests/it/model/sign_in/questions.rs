//! What is asked of sign-in attempts, in the order of the page: what Baton promises, where its limits are, why other
//! rules were rejected, and which mistakes of a server the model would notice.

use super::state::Way;
use super::verdict::Promise::{
    self, KeyOpensNothing, NeverRefused, NeverSignedOut, NeverToldTaken, OneSession,
    TicketOneUnused,
};
use super::world::{Other, Rule, World};
use crate::model::search::Question;

const fn ask(world: &'static str, of: World, asked: &'static [Promise]) -> Question<World> {
    Question { world, of, asked }
}

/// Eight requests: browsers send one again by themselves up to seven times.
const REGISTRATION: World = World {
    rule: Rule::Keyed,
    way: Way::Register,
    requests: 8,
    other: None,
    ends: true,
    rollbacks: 0,
    forgets: false,
};
const LOGIN: World = World { way: Way::LogIn, ..REGISTRATION };
/// Two requests are enough to see what is wrong with a rule.
const TWO_REGISTRATIONS: World = World { requests: 2, ends: false, ..REGISTRATION };
const TWO_LOGINS: World = World { way: Way::LogIn, ..TWO_REGISTRATIONS };

/// What Baton promises.
pub(crate) const PROMISES: &[Question<World>] = &[
    ask(
        "a registration that is sent or copied up to eight times; any message lost or late, the instances \
         killed at any moment, the session refreshed or ended elsewhere",
        REGISTRATION,
        &[OneSession, NeverToldTaken, NeverRefused, TicketOneUnused, NeverSignedOut],
    ),
    ask(
        "the same for a login",
        LOGIN,
        &[OneSession, NeverRefused, TicketOneUnused, NeverSignedOut],
    ),
    ask(
        "a registration, and another person who registers the same address with a key of their own",
        World { requests: 4, ends: false, other: Some(Other::Registers), ..REGISTRATION },
        &[OneSession, NeverToldTaken, TicketOneUnused, NeverSignedOut, KeyOpensNothing],
    ),
    ask(
        "a registration, and a thief who has its key and not the password",
        World { requests: 4, ends: false, other: Some(Other::HasTheKey), ..REGISTRATION },
        &[OneSession, NeverToldTaken, TicketOneUnused, NeverSignedOut, KeyOpensNothing],
    ),
    ask(
        "a login, and a thief who has its key and not the password",
        World { requests: 4, ends: false, other: Some(Other::HasTheKey), ..LOGIN },
        &[OneSession, TicketOneUnused, NeverSignedOut, KeyOpensNothing],
    ),
    ask(
        "a registration, and a database that loses its latest commit, whichever it was",
        World { requests: 5, ends: false, rollbacks: 1, ..REGISTRATION },
        &[OneSession, NeverToldTaken],
    ),
    ask(
        "a login, and a database that loses its latest commit, whichever it was",
        World { requests: 5, ends: false, rollbacks: 1, ..LOGIN },
        &[OneSession],
    ),
];

/// Where the promises end. Each of these has a counterexample.
pub(crate) const LIMITS: &[Question<World>] = &[
    ask(
        "a registration, and a database that loses it although it was answered",
        World { rollbacks: 1, ..TWO_REGISTRATIONS },
        &[NeverSignedOut],
    ),
    ask(
        "a login whose commit finds the key, and a database that loses the key before it is looked for again",
        World { rollbacks: 1, ..TWO_LOGINS },
        &[NeverRefused],
    ),
    ask(
        "a login, and a database that loses the rotation in which ticket 1 was presented",
        World { rollbacks: 1, ..TWO_LOGINS },
        &[TicketOneUnused],
    ),
    ask(
        "a copy of a login that arrives a day later",
        World { forgets: true, ..TWO_LOGINS },
        &[OneSession],
    ),
    ask(
        "a copy of a registration that arrives a day later",
        World { forgets: true, ..TWO_REGISTRATIONS },
        &[NeverToldTaken],
    ),
];

/// The rules that were rejected.
pub(crate) const REJECTED: &[Question<World>] = &[
    ask(
        "a login without keys, and a request that is copied",
        World { rule: Rule::NoKeys, ..TWO_LOGINS },
        &[OneSession],
    ),
    ask(
        "a registration without keys, and a request that is copied",
        World { rule: Rule::NoKeys, ..TWO_REGISTRATIONS },
        &[NeverToldTaken],
    ),
    ask(
        "a key that is written after the session, in a transaction of its own",
        World { rule: Rule::KeyAfterwards, ..TWO_LOGINS },
        &[OneSession],
    ),
    ask(
        "an address that is looked for before the key",
        World { rule: Rule::AddressFirst, ..TWO_REGISTRATIONS },
        &[NeverToldTaken],
    ),
    ask(
        "ticket 1 for every copy as long as the session stands",
        World { rule: Rule::AlwaysAgain, ..TWO_LOGINS },
        &[TicketOneUnused],
    ),
    ask(
        "the same, and an answer of which the cookie arrives alone",
        World { rule: Rule::AlwaysAgain, ..TWO_LOGINS },
        &[NeverSignedOut],
    ),
    ask(
        "a key that is enough without the password",
        World { rule: Rule::ByKeyAlone, other: Some(Other::HasTheKey), ..TWO_LOGINS },
        &[KeyOpensNothing],
    ),
    ask(
        "another session for a copy whose session was refreshed or is over",
        World { rule: Rule::AnotherSession, ..TWO_LOGINS },
        &[OneSession],
    ),
];

/// Mistakes in carrying the rule out.
pub(crate) const MISTAKES: &[Question<World>] = &[
    ask(
        "a key that is looked for, and a commit that does not depend on it",
        World { rule: Rule::Unguarded, ..TWO_LOGINS },
        &[OneSession],
    ),
    ask(
        "a registration whose commit finds the key, and that does not look for it again",
        World { rule: Rule::NoSecondLook, ..TWO_REGISTRATIONS },
        &[NeverToldTaken],
    ),
    ask(
        "a login whose commit finds the key, and that does not look for it again",
        World { rule: Rule::NoSecondLook, ..TWO_LOGINS },
        &[NeverRefused],
    ),
];
