//! Admits calls of clients, sessions and services within their rate limits, and logs refusals: the limits themselves
//! know no event.

use std::sync::Arc;

use shared::{EventKind, SessionId, UserId};

use super::RateLimits;
use super::key::{Key, RateLimited};
use super::table::Limit;
use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::risk::network::network;
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{AccountTag, ClientInfo, Event};

/// The rate limits, with the event log of refusals.
#[derive(Clone)]
pub struct Admission {
    /// The rate limits.
    pub limits: Arc<RateLimits>,
    /// Logs refusals.
    pub event_log: SecurityEventLog,
}

/// Which limits an authentic ticket counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum TicketLimits {
    /// None.
    None,
    /// Its session's.
    Session,
    /// Its session's and its account's.
    SessionAndAccount,
}

impl Admission {
    /// The answer to a call beyond a limit, with an event if it is worth logging.
    pub(in crate::auth) async fn refuse(
        &self,
        limited: RateLimited,
        event: impl AsyncFnOnce() -> Event,
    ) -> AuthError {
        if self.limits.is_worth_logging(limited) {
            self.event_log.note(vec![event().await]).await;
        }
        limited.into()
    }

    /// Admits a registration.
    pub(in crate::auth) async fn admit_registration(
        &self,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let Err(limited) = self.limits.registration(client.address) else { return Ok(()) };
        let event = async || self.event_log.event(EventKind::Limited, None, client);
        Err(self.refuse(limited, event).await)
    }

    /// Counts a token that is not verified yet against its network's limit, to be given back if it is genuine
    /// ([`Self::give_back_unverified`]): no session can use up the refreshes of others on its network.
    pub(in crate::auth) async fn admit_unverified(
        &self,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let from = Key::Network(network(client.address));
        let Err(limited) = self.limits.refresh_from(from) else { return Ok(()) };
        let event = async || self.event_log.event(EventKind::Limited, None, client);
        Err(self.refuse(limited, event).await)
    }

    /// Gives a count back: the admitted token was genuine.
    pub(in crate::auth) fn give_back_unverified(&self, client: &ClientInfo) {
        self.limits.give_back(Limit::RefreshesPerNetwork, Key::Network(network(client.address)));
    }

    /// Admits a ticket that is not verified yet, unless it was refused a moment ago.
    pub(in crate::auth) async fn admit_ticket(
        &self,
        ticket: AccountTag,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        self.limits.refused_ticket(ticket)?;
        self.admit_unverified(client).await
    }

    /// Admits a ticket that has turned out to be authentic, and gives its count as an unverified one back.
    pub(in crate::auth) async fn admit_authentic(
        &self,
        ticket: AccountTag,
        session: SessionId,
        user: UserId,
        limits: TicketLimits,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let admitted = match limits {
            TicketLimits::None => Ok(()),
            TicketLimits::Session => self.limits.refresh_of(session, None),
            TicketLimits::SessionAndAccount => self.limits.refresh_of(session, Some(user)),
        };
        let is_bounded = admitted.is_ok() || self.limits.note_refused(ticket);
        if is_bounded {
            self.give_back_unverified(client);
        }
        let Err(limited) = admitted else { return Ok(()) };
        let event = async || {
            let event = self.event_log.event(EventKind::Limited, Some(user), client);
            event.in_session(session)
        };
        Err(self.refuse(limited, event).await)
    }

    /// Whether a refresh of this session would be admitted now. Nothing is counted.
    pub(in crate::auth) fn has_room_for_refresh(&self, session: SessionId, user: UserId) -> bool {
        self.limits.has_room_for_refresh(session, user)
    }

    /// Admits a call with an access token. It is called beside every verification of such a token
    /// ([`Bearer`](crate::http::guard::Bearer)), so that a new endpoint is rate limited by default. `client` is read for the event of a
    /// refusal.
    ///
    /// # Errors
    /// [`AuthError::RateLimited`].
    pub async fn admit_call(
        &self,
        caller: &Caller,
        is_change: bool,
        client: impl AsyncFnOnce() -> ClientInfo,
    ) -> Result<(), AuthError> {
        let Err(limited) = self.limits.call(caller.session, caller.user, is_change) else {
            return Ok(());
        };
        let client = client().await;
        let event = async || {
            let event = self.event_log.event(EventKind::Limited, Some(caller.user), &client);
            event.in_session(caller.session)
        };
        Err(self.refuse(limited, event).await)
    }

    /// Admits a caller that claims to be this service, then authenticates it: wrong credentials use up the limit of
    /// their network and not the service's, and no caller reaches the database without a rate limit. A refusal is a
    /// log line, not a user's security event.
    pub(in crate::auth) async fn admit_service<T>(
        &self,
        id: &str,
        client: &ClientInfo,
        authenticate: impl Future<Output = Result<T, AuthError>>,
    ) -> Result<T, AuthError> {
        let from = Key::Network(network(client.address));
        let service = Key::Service(AccountTag::of_service(id));
        if let Err(limited) = self.limits.introspection(from, service) {
            if self.limits.is_worth_logging(limited) {
                let network = client.address.map(|address| address.to_string());
                tracing::warn!(event = "service.limited", id, network);
            }
            return Err(limited.into());
        }
        let authenticated = authenticate.await;
        if matches!(authenticated, Err(AuthError::InvalidClient)) {
            self.limits.give_back(Limit::IntrospectionsPerService, service);
        } else {
            self.limits.give_back(Limit::WrongServiceCredentialsPerNetwork, from);
        }
        authenticated
    }
}

impl From<RateLimited> for AuthError {
    fn from(RateLimited { retry_after, limited_by, .. }: RateLimited) -> Self {
        Self::RateLimited { retry_after, limited_by }
    }
}
