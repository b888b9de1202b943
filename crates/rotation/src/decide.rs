//! The decision: state, presented, now and policy in; a [`Decision`] out. Carrying it out is the
//! server's work. Why it is right is argued in `docs/design/rotation.md`.

use shared::NumericDate;

use crate::{Attempt, Family, Generation, Policy, Standing};

/// What the server must now do. Nothing else is ever done to a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Record `generation` as accepted and answer with its successor.
    Accept {
        /// The generation that was presented.
        generation: Generation,
    },
    /// The same client asks again: answer with the same successor; write nothing.
    AnswerAgain,
    /// A late copy of a request already answered: say no, change nothing.
    Duplicate,
    /// Two parties hold this token: end the family (RFC 9700 section 4.14.2).
    Replay,
    /// Change nothing and say no.
    Refuse(Refusal),
}

/// Why nothing was done. For the log only: on the wire every refusal looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such session, no such ticket, or not one of ours.
    Unknown,
    /// The session was ended before.
    Revoked,
    /// The session ran into its idle or absolute limit.
    Expired,
}

/// Decides what an authentic ticket of `family`, presented `now`, means.
///
/// `presented` must come from a verified [`Ticket`](crate::Ticket) of this family: of anything else
/// the answer is [`Refusal::Unknown`] before there is a family to ask.
#[must_use]
pub fn decide(
    family: &Family,
    presented: Generation,
    attempt: Option<&Attempt>,
    now: NumericDate,
    policy: Policy,
) -> Decision {
    if family.standing == Standing::Revoked {
        return Decision::Refuse(Refusal::Revoked);
    }
    if policy.has_expired(family, now) {
        return Decision::Refuse(Refusal::Expired);
    }
    // The last of four billion tickets has no successor to be answered with.
    if presented.successor().is_none() {
        return Decision::Refuse(Refusal::Expired);
    }
    // A ticket beyond the next one is authentic all the same: the database has lost its latest
    // writes, and a failover must sign nobody out.
    if presented > family.generation {
        return Decision::Accept { generation: presented };
    }
    // An absent key proves nothing, even if the generation was accepted without one.
    let is_attempt = |known: &Option<Attempt>| attempt.is_some() && attempt == known.as_ref();
    if presented == family.generation && is_attempt(&family.attempt) {
        return Decision::AnswerAgain;
    }
    if presented.successor() == Some(family.generation) && is_attempt(&family.previous_attempt) {
        return Decision::Duplicate;
    }
    Decision::Replay
}
