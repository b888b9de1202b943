//! What must hold, by name, and the observer that watches it. The observer knows what went over the
//! wire and what stands in the rows, and nothing else: it must not ask `rotation` what is right.
//!
//! [`rows`] looks at the store after each event, [`answers`] at each call that ends, [`sign_ins`] at
//! how sessions begin, [`theft`] at owner and thief. The assumptions of each promise are in [`setting`](crate::setting).

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
use theft::Theft;

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invariant {
    /// An honest user is never signed out, whatever is lost, repeated or crashes.
    TheHonestStaySignedIn,
    /// After the jar was copied, owner and thief never both succeed with keys of their own.
    NeverDoBothSucceed,
    /// As soon as both have presented a ticket with keys of their own, the session is over.
    TheftRevokesTheSession,
    /// With a copied key, owner and thief share one generation and no more.
    ACopiedKeySharesOneGeneration,
    /// A generation is given out to one attempt.
    OneAttemptPerGeneration,
    /// Every ticket given out for one generation is the same text, and none skips a generation.
    OneSuccessor,
    /// A session that has ended has ended: no row comes back to life, and nothing is given out.
    RevocationIsFinal,
    /// The generation in a row goes back by a rollback only.
    GenerationsNeverGoBack,
    /// Access tokens of an ended session are refused at once.
    TokensEndWithTheirSession,
    /// Access tokens of a live session are accepted.
    LiveTokensAreAccepted,
    /// When a change of password is answered, the user's other sessions are over.
    APasswordChangeRevokesTheOthers,
    /// Nobody is answered with somebody else's session.
    NobodyElsesTokens,
    /// When storage failed, the answer says so, and decides nothing.
    FailuresAreTransient,
    /// A ticket that was never given out opens nothing.
    ForgeriesOpenNothing,
    /// One attempt to sign in, however often it arrives, begins one session.
    OneSessionPerAttempt,
    /// The attempt that made an account never hears that its address is taken.
    NeverTakenFromItsMaker,
    /// An attempt that has begun a session is answered with it until that is used or over.
    SignInsAreAnswered,
    /// Ticket 1 is not given out once it was presented.
    TicketOneIsUnused,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TheHonestStaySignedIn => "the honest stay signed in",
            Self::NeverDoBothSucceed => "owner and thief never both succeed",
            Self::TheftRevokesTheSession => "a theft ends the session",
            Self::ACopiedKeySharesOneGeneration => "a copied key shares one generation",
            Self::OneAttemptPerGeneration => "one attempt per generation",
            Self::OneSuccessor => "one successor",
            Self::RevocationIsFinal => "an end is final",
            Self::GenerationsNeverGoBack => "generations never go back",
            Self::TokensEndWithTheirSession => "access tokens end with their session",
            Self::LiveTokensAreAccepted => "access tokens of a live session are accepted",
            Self::APasswordChangeRevokesTheOthers => "a password change ends the others",
            Self::NobodyElsesTokens => "nobody gets somebody else's tokens",
            Self::FailuresAreTransient => "failures are transient",
            Self::ForgeriesOpenNothing => "forgeries open nothing",
            Self::OneSessionPerAttempt => "one session for each attempt",
            Self::NeverTakenFromItsMaker => "no account is taken from its maker",
            Self::SignInsAreAnswered => "sign-ins are answered",
            Self::TicketOneIsUnused => "ticket 1 is not given out once it was presented",
        })
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    /// At which event.
    pub event: u32,
    /// By what.
    pub detail: String,
}

/// A call that has ended at a server.
pub(crate) struct Finished<'a> {
    pub(crate) request: &'a Request,
    /// The event at which it arrived.
    pub(crate) began: u32,
    /// Whether storage failed it.
    pub(crate) failed: bool,
    pub(crate) outcome: &'a Outcome,
    pub(crate) event: u32,
    pub(crate) now: NumericDate,
}

/// An access token that was given out.
pub(crate) struct Issued {
    pub(crate) secret: Secret,
    session: SessionId,
    user: UserId,
    expires_at: NumericDate,
}

/// A session of which a ticket was given out.
#[derive(Default)]
struct WatchedSession {
    number: usize,
    user: Option<UserId>,
    /// The event at which its login was answered.
    since: u32,
    /// The generation in its row, and the highest that ever stood there.
    generation: u32,
    highest: u32,
    /// The event at which its first ticket was accepted.
    presented: Option<u32>,
    /// Whether its row says that it has ended.
    ended: bool,
    /// The event at which somebody was told so.
    revocation_answered: Option<u32>,
    /// There was a reason to end it: a logout, an administrator, a limit.
    may_be_revoked: bool,
    rolled_back: u32,
    /// Its tickets by number, and the keys by the generation they were presented for.
    tickets: BTreeMap<u32, String>,
    keys: BTreeMap<u32, Option<String>>,
    theft: Option<Theft>,
}

/// Watches.
#[derive(Default)]
pub(crate) struct Observer {
    /// Every ticket that was given out: of which session, and its number.
    tickets: BTreeMap<String, (SessionId, u32)>,
    sessions: BTreeMap<SessionId, WatchedSession>,
    tokens: Vec<Issued>,
    disabled: BTreeSet<UserId>,
    version: u64,
    pub(crate) counts: Counts,
    violation: Option<Violation>,
}

impl Observer {
    /// What was broken first.
    pub(crate) fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// Every access token that was given out.
    pub(crate) fn tokens(&self) -> &[Issued] {
        &self.tokens
    }

    /// Every session of which a ticket was given out.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.sessions.keys().copied()
    }

    /// A request was sent: it may be the reason for an end.
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

    /// A user was disabled: their sessions are as good as ended, from now on.
    pub(crate) fn disabled(&mut self, user: UserId, event: u32) {
        self.disabled.insert(user);
        for watched in self.sessions.values_mut().filter(|it| it.user == Some(user)) {
            watched.may_be_revoked = true;
            watched.revocation_answered.get_or_insert(event);
        }
    }

    /// Whether `ticket`, sent now, would leave a request on its way more than `behind` rotations
    /// behind.
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
