//! Finds sessions by their refresh tokens. What a presented token means is decided in [`refresh`](super::refresh).

use std::sync::Arc;

use rotation::{Generation, Policy, UnverifiedTicket};
use shared::{NumericDate, Secret, SessionId};

use crate::auth::error::AuthError;
use crate::auth::request_context::RequestContext;
use crate::clock::Clock;
use crate::keys::KeyRing;
use crate::store::{Remembered, RowVersion, Session, Store, User};
use crate::telemetry::AUDIT;

/// Finds sessions by their refresh tokens.
#[derive(Clone)]
pub struct Tickets {
    /// The store of sessions.
    pub store: Arc<dyn Store>,
    /// Authenticates tickets.
    pub keys: Arc<KeyRing>,
    /// The clock.
    pub clock: Clock,
    /// The idle and absolute expiry of sessions.
    pub policy: Policy,
}

/// An authentic ticket's session and user.
pub(in crate::auth) struct Found {
    pub(in crate::auth) session: Session,
    pub(in crate::auth) user: User,
    pub(in crate::auth) presented: Generation,
    /// The version of session and user, if they are remembered and not read: nothing is answered from them before
    /// [`Store::accept_unchanged`] has found them unchanged.
    pub(in crate::auth) remembered: Option<RowVersion>,
}

/// Refresh tokens presented beside an access token, perhaps of other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accompanying {
    /// Whether one is of another active session, whose cookie must be kept.
    pub another_stands: bool,
    /// Whether one is of no session of this server.
    pub is_anothers: bool,
}

impl Tickets {
    /// The session of an authentic ticket. `None` for any other token.
    pub(in crate::auth) async fn find(
        &self,
        presented: &Secret,
    ) -> Result<Option<Found>, AuthError> {
        let Some(unverified) = UnverifiedTicket::parse(presented.expose()) else {
            return Ok(None);
        };
        let found = match self.store.session_at_hand(unverified.session()) {
            Some(found) => Some(found),
            None => self.store.find_session(unverified.session()).await?,
        };
        let Some((session, user)) = found else {
            return Ok(None);
        };
        let kid = &session.refresh_key_id;
        let ring = self.keys.with_refresh_key(kid, &self.store).await?;
        let key = ring.refresh_key(kid);
        let ticket = key.and_then(|key| unverified.verify(key, &session.seed));
        let presented = ticket.map(|ticket| ticket.generation());
        Ok(presented.map(|presented| Found { session, user, presented, remembered: None }))
    }

    /// The same, if the session belongs to the client that presents the ticket. In another client's hands a ticket is
    /// as good as unknown: it refreshes no session and revokes none, whatever its generation (RFC 6749 section 10.4).
    pub(in crate::auth) async fn find_own(
        &self,
        presented: &Secret,
        context: &RequestContext,
    ) -> Result<Option<Found>, AuthError> {
        let found = self.find(presented).await?;
        Ok(found.filter(|found| {
            let is_own = found.session.client_id == context.client_id;
            if !is_own {
                log_foreign(found, context);
            }
            is_own
        }))
    }

    /// The same as it is remembered, without waiting. `None` if it is not.
    pub(in crate::auth) fn remembered_own(
        &self,
        presented: &Secret,
        context: &RequestContext,
    ) -> Option<Found> {
        let unverified = UnverifiedTicket::parse(presented.expose())?;
        let Remembered { session, user, version } = self.store.remembered(unverified.session())?;
        if session.client_id != context.client_id {
            return None;
        }
        let ring = self.keys.current();
        let ticket =
            unverified.verify(ring.refresh_key(&session.refresh_key_id)?, &session.seed)?;
        let presented = ticket.generation();
        Some(Found { session, user, presented, remembered: Some(version) })
    }

    /// Whether this is a refresh token of a session here, active or not.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn knows(&self, presented: &Secret) -> Result<bool, AuthError> {
        Ok(self.find(presented).await?.is_some())
    }

    /// Which sessions these refresh tokens belong to, presented with a call that revokes the caller's session `own`.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn whose(
        &self,
        refresh_tokens: &[Secret],
        own: SessionId,
    ) -> Result<Accompanying, AuthError> {
        let mut whose = Accompanying { another_stands: false, is_anothers: false };
        for token in refresh_tokens {
            match self.find(token).await? {
                Some(Found { session, .. }) => {
                    whose.another_stands |= session.id != own && self.stands(&session);
                }
                None => whose.is_anothers |= UnverifiedTicket::parse(token.expose()).is_some(),
            }
        }
        Ok(whose)
    }

    /// When a session expires unless it is refreshed before.
    #[must_use]
    pub fn expires_at(&self, session: &Session) -> NumericDate {
        self.policy.expires_at(&session.family)
    }

    /// Whether a session is active: by the clock after its row was read, so that it is not kept for longer than it
    /// lives.
    pub(in crate::auth) fn stands(&self, session: &Session) -> bool {
        session.is_live() && self.expires_at(session) > self.clock.now()
    }
}

/// The ticket is genuine and has left its client: a cookie was taken out of its browser, or a native client's store
/// was read.
fn log_foreign(
    Found { session, user, .. }: &Found,
    RequestContext { client, client_id, .. }: &RequestContext,
) {
    let network = client.address.map(tracing::field::display);
    let (owner, presented_by) = (session.client_id.as_deref(), client_id.as_deref());
    tracing::warn!(
        target: AUDIT,
        event = "ticket_of_another_client",
        user = %user.id,
        session = %session.id,
        owner,
        presented_by,
        network,
        device = %client.device
    );
}
