//! The decision about a refresh, as a pure function: state, presented, now and policy in; a [`Decision`] out.
//! Executing it is the server's work. In the repository, `docs/design/rotation.md` argues why it is right.

use types::NumericDate;

use crate::{Attempt, Family, Generation, Policy};

/// What the server must do. A refresh changes a family in no other way.
///
/// Exhaustive on purpose: a server must handle every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Record `generation` as accepted and answer with its successor.
    Accept {
        /// The generation that was presented.
        generation: Generation,
    },
    /// A retry of the same attempt: answer with the same successor; write no row.
    AnswerAgain,
    /// A late copy of a request that was already answered: refuse it, and change no state.
    Duplicate,
    /// Replay, two parties hold this token: revoke the family (RFC 9700 section 4.14.2).
    Replay,
    /// Refuse, and change no state.
    Refuse(Refusal),
}

/// Why a refresh is refused. For the log only: on the wire every refusal looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No such session, no such ticket, or not authentic.
    Unknown,
    /// The session is revoked.
    Revoked,
    /// The session has passed its idle or absolute expiry.
    Expired,
}

/// Decides the meaning of an authentic ticket of `family`, presented `now`.
///
/// `presented` must come from a verified [`Ticket`](crate::Ticket) of this family: any other token is
/// [`Refusal::Unknown`] before a family is read.
#[must_use]
pub fn decide<Reason>(
    family: &Family<Reason>,
    presented: Generation,
    attempt: Option<&Attempt>,
    now: NumericDate,
    policy: Policy,
) -> Decision {
    if !family.is_live() {
        return Decision::Refuse(Refusal::Revoked);
    }
    if policy.has_expired(family, now) {
        return Decision::Refuse(Refusal::Expired);
    }
    // The last of four billion tickets has no successor to issue.
    if presented.successor().is_none() {
        return Decision::Refuse(Refusal::Expired);
    }
    // A ticket beyond the next one is still authentic: the database has lost its latest writes, and a failover must
    // not sign users out.
    if presented > family.generation {
        return Decision::Accept { generation: presented };
    }
    // An absent key proves no retry, even if the generation was accepted without one.
    let is_attempt = |known: &Option<Attempt>| attempt.is_some() && attempt == known.as_ref();
    if presented == family.generation && is_attempt(&family.attempt) {
        return Decision::AnswerAgain;
    }
    if presented.successor() == Some(family.generation) && is_attempt(&family.previous_attempt) {
        return Decision::Duplicate;
    }
    Decision::Replay
}
