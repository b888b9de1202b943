//! The invariants, by name, and the observer that checks them. The observer knows requests, answers and rows: it must
//! not ask `rotation` for the right decision.
//!
//! [`rows`] checks the store after each event, [`answers`] each call that ends, [`sign_ins`] how sessions begin,
//! [`theft`] owner and thief after a replay. The assumptions of each invariant are in [`setting`](crate::setting).

mod answers;
mod names;
mod rows;
mod sign_ins;
mod theft;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use shared::{NumericDate, Secret, SessionId, UserId};

use crate::coverage::Counts;
use crate::network::Request;
use crate::server::{Call, Outcome};

/// An invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invariant {
    /// An honest user is never signed out by a lost or retried message or a crash.
    TheHonestStaySignedIn,
    /// After the credentials were stolen, owner and thief never both succeed with keys of their own.
    NeverDoBothSucceed,
    /// Once both have presented a refresh token with keys of their own, the session is revoked.
    TheftRevokesTheSession,
    /// With a stolen idempotency key, owner and thief share one generation and no more.
    ACopiedKeySharesOneGeneration,
    /// A generation is issued to one attempt.
    OneAttemptPerGeneration,
    /// Every token issued for one generation is the same text, and no generation is skipped.
    OneSuccessor,
    /// Revocation is final: no revoked row becomes live again, and no token is issued for it.
    RevocationIsFinal,
    /// A row's generation decreases by a rollback only.
    GenerationsNeverGoBack,
    /// Access tokens of a revoked session are refused at once.
    TokensEndWithTheirSession,
    /// Access tokens of a live session are accepted.
    LiveTokensAreAccepted,
    /// Once a password change is answered, the user's other sessions are revoked.
    APasswordChangeRevokesTheOthers,
    /// No caller gets another user's session.
    OnlyOwnTokens,
    /// If storage failed, the answer is transient (503), not a decision.
    FailuresAreTransient,
    /// A forged refresh token is refused.
    ForgeriesOpenNothing,
    /// One sign-in attempt begins one session, however often it is retried.
    OneSessionPerAttempt,
    /// The attempt that registered an account never gets `email_taken`.
    NeverTakenFromItsMaker,
    /// A retried sign-in gets its session again, until that is used or revoked.
    SignInsAreAnswered,
    /// Ticket 1 is not issued again once it was presented.
    TicketOneIsUnused,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TheHonestStaySignedIn => "the honest stay signed in",
            Self::NeverDoBothSucceed => "owner and thief never both succeed",
            Self::TheftRevokesTheSession => "a theft revokes the session",
            Self::ACopiedKeySharesOneGeneration => "a copied key shares one generation",
            Self::OneAttemptPerGeneration => "one attempt per generation",
            Self::OneSuccessor => "one successor",
            Self::RevocationIsFinal => "a revocation is final",
            Self::GenerationsNeverGoBack => "generations never go back",
            Self::TokensEndWithTheirSession => "access tokens are revoked with their session",
            Self::LiveTokensAreAccepted => "access tokens of a live session are accepted",
            Self::APasswordChangeRevokesTheOthers => "a password change revokes the others",
            Self::OnlyOwnTokens => "no user gets another user's tokens",
            Self::FailuresAreTransient => "failures are transient",
            Self::ForgeriesOpenNothing => "forgeries are refused",
            Self::OneSessionPerAttempt => "one session for each attempt",
            Self::NeverTakenFromItsMaker => "no account is taken from its maker",
            Self::SignInsAreAnswered => "sign-ins are answered",
            Self::TicketOneIsUnused => "ticket 1 is not given out once it was presented",
        })
    }
}

/// A violated invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub invariant: Invariant,
    /// The event at which it was violated.
    pub event: u32,
    /// Session and request.
    pub detail: String,
}

/// A call that has ended at a server.
pub(crate) struct Finished<'a> {
    pub(crate) request: &'a Request,
    /// The event at which it arrived.
    pub(crate) began: u32,
    /// Whether storage failed during the call.
    pub(crate) failed: bool,
    pub(crate) outcome: &'a Outcome,
    pub(crate) event: u32,
    pub(crate) now: NumericDate,
}

/// An issued access token.
pub(crate) struct Issued {
    pub(crate) secret: Secret,
    session: SessionId,
    user: UserId,
    expires_at: NumericDate,
}

/// A session with at least one issued ticket.
#[derive(Default)]
struct WatchedSession {
    number: usize,
    user: Option<UserId>,
    /// The event at which its sign-in was answered.
    since: u32,
    /// The generation in its row, and the highest so far.
    generation: u32,
    highest: u32,
    /// The event at which its first ticket was accepted.
    presented: Option<u32>,
    /// Whether its row is revoked, and the event since which it is.
    ended: bool,
    ended_at: Option<u32>,
    /// The event at which its end was first answered.
    revocation_answered: Option<u32>,
    /// Whether it may end: after a logout, an administrator's revocation, or its expiry.
    may_be_revoked: bool,
    rolled_back: u32,
    /// Its tickets by number, and the idempotency keys by the generation they were presented for.
    tickets: BTreeMap<u32, String>,
    keys: BTreeMap<u32, Option<String>>,
    theft: Option<Theft>,
}

/// A theft, and what each side has done since.
struct Theft {
    at: u32,
    key: Option<String>,
    /// The generation that the owner's password change has passed, and the event of its answer.
    proved: Option<(u32, u32)>,
    owner: Side,
    thief: Side,
}

/// Owner or thief.
#[derive(Default)]
struct Side {
    /// Has been accepted or refused with a key that only this side has.
    presented: bool,
    /// The event at which it first succeeded with such a key.
    succeeded: Option<u32>,
    /// The generations it succeeded with, with any key.
    generations: BTreeSet<u32>,
}

/// Checks the invariants from outside.
#[derive(Default)]
pub(crate) struct Observer {
    /// Every issued ticket, with its session and number.
    tickets: BTreeMap<String, (SessionId, u32)>,
    sessions: BTreeMap<SessionId, WatchedSession>,
    tokens: Vec<Issued>,
    disabled: BTreeSet<UserId>,
    version: u64,
    pub(crate) counts: Counts,
    violation: Option<Violation>,
}

impl Observer {
    /// The first violation.
    pub(crate) fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// Every issued access token.
    pub(crate) fn tokens(&self) -> &[Issued] {
        &self.tokens
    }

    /// Every session with an issued ticket.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.sessions.keys().copied()
    }

    /// A request was sent: it may revoke a session.
    pub(crate) fn sent(&mut self, call: &Call) {
        let session = match call {
            Call::Logout { ticket } => self.tickets.get(ticket).map(|(session, _)| *session),
            Call::Revoke { session } => Some(*session),
            _ => None,
        };
        if let Some(watched) = session.and_then(|session| self.sessions.get_mut(&session)) {
            watched.may_be_revoked = true;
        }
    }

    /// A user was disabled: their sessions count as revoked from now on.
    pub(crate) fn disabled(&mut self, user: UserId, event: u32) {
        self.disabled.insert(user);
        for watched in self.sessions.values_mut().filter(|it| it.user == Some(user)) {
            watched.may_be_revoked = true;
            watched.revocation_answered.get_or_insert(event);
        }
    }

    /// Another process has revoked a session: it counts as revoked from now on.
    pub(crate) fn revoked_elsewhere(&mut self, session: SessionId, event: u32) {
        if let Some(watched) = self.sessions.get_mut(&session) {
            watched.may_be_revoked = true;
            watched.revocation_answered.get_or_insert(event);
        }
    }

    /// Whether a rotation of `ticket`, sent now, would leave an older request in flight more than `behind` rotations
    /// stale.
    pub(crate) fn leaves_behind(&self, ticket: &str, request: &Call, behind: u32) -> bool {
        let (Call::Refresh { ticket: older, .. } | Call::ChangePassword { ticket: older, .. }) =
            request
        else {
            return false;
        };
        match (self.tickets.get(ticket), self.tickets.get(older)) {
            (Some((session, new)), Some((other, old))) => session == other && old + behind < *new,
            _ => false,
        }
    }

    /// Whether both are tickets of one session, and `ticket` is the older one.
    pub(crate) fn is_older(&self, ticket: &str, than: &str) -> bool {
        match (self.tickets.get(ticket), self.tickets.get(than)) {
            (Some((session, old)), Some((other, new))) => session == other && old < new,
            _ => false,
        }
    }

    fn broken(&mut self, invariant: Invariant, event: u32, detail: String) {
        self.violation.get_or_insert(Violation { invariant, event, detail });
    }
}
