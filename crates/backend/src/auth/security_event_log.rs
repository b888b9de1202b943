//! What happens is told: in the store, for the user; in the log, for the operator; and to this
//! process, which must know at once which sessions have ended. Every change of the domain goes through
//! here. It must not decide what happens.

use std::sync::Arc;

use shared::{EventId, EventKind, NumericDate, RevocationReason, SessionId, UserId};

use super::permits::Permits;
use super::revocation_cache::RevocationCache;
use crate::clock::{Clock, ClockError};
use crate::entropy::Entropy;
use crate::store::{
    Change, ClientInfo, Event, EventQuery, Outcome, Revocation, RevokedSession, Store, StoreError,
    Superseded,
};
use crate::telemetry::{AUDIT, causes};

/// How many events a page has.
const PAGE: u32 = 50;
/// If more sessions than this end at once, they share a line of the log.
const MANY: usize = 100;

/// Changes what is stored, and tells of it.
#[derive(Clone)]
pub struct SecurityEventLog {
    /// Where it is stored.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Clock,
    /// Where ids come from.
    pub entropy: Entropy,
    /// Which sessions have ended lately.
    pub revocations: Arc<RevocationCache>,
    /// Copies of a request wait for each other, by the hash of their idempotency key.
    copies: Arc<Permits<[u8; 32]>>,
}

/// A page of a user's events.
pub struct Page {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// Where the next page goes on, if there is one.
    pub next: Option<EventId>,
}

impl SecurityEventLog {
    /// A journal of this store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        entropy: Entropy,
        revocations: Arc<RevocationCache>,
    ) -> Self {
        Self { store, clock, entropy, revocations, copies: Arc::default() }
    }

    pub(super) fn copies(&self) -> &Permits<[u8; 32]> {
        &self.copies
    }

    /// An event that happens now.
    #[must_use]
    pub fn event(&self, kind: EventKind, user: Option<UserId>, client: &ClientInfo) -> Event {
        let at = self.clock.dated_now();
        let id = self.entropy.event_id(at);
        Event { id, kind, at, user, session: None, cause: None, client: client.clone() }
    }

    /// An end that happens now.
    #[must_use]
    pub fn revocation(&self, cause: RevocationReason) -> Revocation {
        Revocation { cause, at: self.clock.dated_now() }
    }

    /// Carries a change out and tells of it, or does neither.
    ///
    /// # Errors
    /// If storage fails: then it is not known whether the change took place.
    pub async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError> {
        let how = How::of(&change);
        let unsettled = how.as_ref().map(|_| Unsettled(&self.revocations));
        let outcome = self.store.commit(change, events.clone()).await?;
        if let Some(how) = how {
            let revoked = outcome.revoked.iter().filter_map(|&session| how.of_session(session));
            let revoked: Vec<RevokedSession> = revoked.collect();
            log_revoked(&revoked);
            self.revocations.note(revoked);
        }
        if let Some(unsettled) = unsettled {
            std::mem::forget(unsettled);
        }
        if outcome.took_place() {
            events.iter().for_each(log);
        }
        Ok(outcome)
    }

    /// Tells of something that changed nothing. That it could not be stored is no reason to refuse
    /// what it tells of: then the log alone has it.
    pub async fn note(&self, events: Vec<Event>) {
        events.iter().for_each(log);
        if let Err(error) = self.store.commit(Change::Record, events).await {
            tracing::error!(event = "journal.failed", %error, cause = causes(&error));
        }
    }

    /// A page of a user's events: of these kinds, or of all.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn page(
        &self,
        user: UserId,
        before: Option<EventId>,
        kinds: Vec<EventKind>,
    ) -> Result<Page, StoreError> {
        let query = EventQuery { user, before, kinds, limit: PAGE + 1 };
        let mut events = self.store.events(&query).await?;
        let more = events.len() > PAGE as usize;
        events.truncate(PAGE as usize);
        Ok(Page { next: events.last().filter(|_| more).map(|event| event.id), events })
    }

    /// The present instant by a clock that is not in doubt.
    ///
    /// # Errors
    /// While the machine's clock disagrees with others.
    pub fn trusted_now(&self) -> Result<NumericDate, ClockError> {
        self.clock.trusted_now()
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        self.clock.now()
    }
}

/// A change that ends sessions and has not been answered. If it never is, because storage failed or the
/// caller was dropped, it may have taken place.
struct Unsettled<'a>(&'a RevocationCache);

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        self.0.invalidate();
    }
}

impl Event {
    /// The same, in this session.
    #[must_use]
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// The same, an end for this cause.
    #[must_use]
    pub fn because(self, cause: RevocationReason) -> Self {
        Self { cause: Some(cause), ..self }
    }
}

/// How the sessions that a change ends do so.
enum How {
    Alike(Revocation),
    Each(Vec<Superseded>),
}

impl How {
    /// `None` for a change that ends none.
    fn of(change: &Change) -> Option<Self> {
        match change {
            Change::RevokeSession(_, revocation)
            | Change::RevokeSessions(_, revocation)
            | Change::Disable(_, revocation)
            | Change::Erase(_, revocation) => Some(Self::Alike(*revocation)),
            Change::ChangePassword(change) => Some(Self::Alike(change.revocation)),
            Change::Keyed(_, change) => Self::of(change),
            Change::Register(_, _, superseded) | Change::OpenSession { superseded, .. } => {
                (!superseded.is_empty()).then(|| Self::Each(superseded.clone()))
            }
            _ => None,
        }
    }

    fn of_session(&self, session: SessionId) -> Option<RevokedSession> {
        let revocation = match self {
            Self::Alike(revocation) => Some(*revocation),
            Self::Each(superseded) => superseded.iter().find(|it| it.0 == session).map(|it| it.1),
        };
        revocation.map(|Revocation { cause, at }| RevokedSession { session, cause, at })
    }
}

/// One line for each session, or one for many: the events in the store name each.
fn log_revoked(revoked: &[RevokedSession]) {
    if let Some(first) = revoked.first().filter(|_| revoked.len() > MANY) {
        let cause = first.cause.as_str();
        tracing::info!(target: AUDIT, event = "ended", sessions = revoked.len(), cause);
        return;
    }
    for RevokedSession { session, cause, .. } in revoked {
        tracing::info!(target: AUDIT, event = "ended", %session, cause = cause.as_str());
    }
}

/// One line for the operator. No field holds free text of a client: names of devices come from a fixed
/// list. Anybody can cause a failed login and a limit that is hit, so their lines are limited; the store has
/// the event of each.
fn log(event: &Event) {
    let Event { kind, user, session, cause, client, .. } = event;
    let user = user.map(|user| user.to_string());
    let user = user.as_deref().unwrap_or("unknown");
    let session = session.map(|session| session.to_string());
    let cause = cause.map(RevocationReason::as_str);
    let (network, device) = (client.address.map(|address| address.to_string()), &client.device);
    match kind {
        EventKind::LoginFailed | EventKind::Limited => {
            tracing::warn!(event = kind.as_str(), user, session, cause, network, %device);
        }
        EventKind::ConfirmFailed
        | EventKind::Replayed
        | EventKind::DeviceChanged
        | EventKind::ImpossibleGap => {
            tracing::warn!(target: AUDIT, event = kind.as_str(), user, session, cause, network, %device);
        }
        _ => {
            tracing::info!(target: AUDIT, event = kind.as_str(), user, session, cause, network, %device);
        }
    }
}
