//! The security event log (audit log): every change of the domain is committed here, with its security events in the
//! same transaction. A refresh has none, unless it is unusual. Events are in the store, for the user, and in the
//! audit log, for the operator; revocations are added to this instance's cache at once.

use std::sync::Arc;

use shared::{EventId, EventKind, NumericDate, RevocationReason, SessionId, UserId};

use super::revocation::revocation_cache::RevocationCache;
use crate::clock::{Clock, ClockError};
use crate::entropy::Entropy;
use crate::store::{
    Change, ClientInfo, Event, EventQuery, Outcome, Revocation, RevokedSession, Store, StoreError,
    Superseded,
};
use crate::telemetry::{AUDIT, causes};

/// The events of a page.
const PAGE: u32 = 50;
/// If more sessions than this are revoked at once, they share a log line.
const MANY: usize = 100;

/// Commits changes together with their security events.
#[derive(Clone)]
pub struct SecurityEventLog {
    /// The store of events and all other data.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Clock,
    /// The source of ids.
    pub entropy: Entropy,
    /// The revocation cache.
    pub revocations: Arc<RevocationCache>,
}

/// A page of a user's events.
pub struct Page {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// The cursor of the next page, if there is one.
    pub next: Option<EventId>,
}

impl SecurityEventLog {
    /// An event log of this store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        entropy: Entropy,
        revocations: Arc<RevocationCache>,
    ) -> Self {
        Self { store, clock, entropy, revocations }
    }

    /// A new event, dated when it is made: its request may have waited.
    #[must_use]
    pub fn event(&self, kind: EventKind, user: Option<UserId>, client: &ClientInfo) -> Event {
        let at = self.clock.dated_now();
        let id = self.entropy.event_id(at);
        Event { id, kind, at, user, session: None, reason: None, client: client.clone() }
    }

    /// A new revocation, dated when it is made: it is kept for an access token's life from then on.
    #[must_use]
    pub fn revocation(&self, reason: RevocationReason) -> Revocation {
        Revocation { reason, at: self.clock.dated_now() }
    }

    /// Commits a change and its security events in one transaction.
    ///
    /// # Errors
    /// If storage fails: then the change may or may not have taken place.
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

    /// Logs events without a change. Best effort: if they cannot be stored, only the audit log has them.
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

    /// The present time, by a trusted clock.
    ///
    /// # Errors
    /// While the machine's clock disagrees with others.
    pub fn trusted_now(&self) -> Result<NumericDate, ClockError> {
        self.clock.trusted_now()
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        self.clock.now()
    }
}

/// Invalidates the cache, if a revoking change remains without an answer because storage failed or the caller was
/// dropped: it may have taken place.
struct Unsettled<'a>(&'a RevocationCache);

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        self.0.invalidate();
    }
}

impl Event {
    /// The event, in this session.
    #[must_use]
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// The event, with this reason for a revocation.
    #[must_use]
    pub fn because(self, reason: RevocationReason) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

/// The revocations that a change makes.
enum How {
    Alike(Revocation),
    Each(Vec<Superseded>),
}

impl How {
    /// `None` for a change that revokes no session.
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
        revocation.map(|Revocation { reason, at }| RevokedSession { session, reason, at })
    }
}

/// A line for each session, or one for many: the stored events name each.
fn log_revoked(revoked: &[RevokedSession]) {
    if let Some(first) = revoked.first().filter(|_| revoked.len() > MANY) {
        let cause = first.reason.as_str();
        tracing::info!(target: AUDIT, event = "ended", sessions = revoked.len(), cause);
        return;
    }
    for RevokedSession { session, reason, .. } in revoked {
        tracing::info!(target: AUDIT, event = "ended", %session, cause = reason.as_str());
    }
}

/// A line for the operator. No field has free text of a client: device names come from a fixed list. Any client can
/// cause failed logins and hit limits, so their lines are rate limited; the store has the event of each.
fn log(event: &Event) {
    let Event { kind, user, session, reason, client, .. } = event;
    let user = user.map(|user| user.to_string());
    let user = user.as_deref().unwrap_or("unknown");
    let session = session.map(|session| session.to_string());
    let cause = reason.map(RevocationReason::as_str);
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
