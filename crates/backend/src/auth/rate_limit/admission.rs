//! Admits calls of sessions and services within their limits, and tells of refusals. It must not hold a limit.

use rotation::{Attempt, Decision};
use shared::{EventKind, Secret};

use super::{Key, Limit, RateLimited};
use crate::auth::AuthError;
use crate::auth::callers::Caller;
use crate::auth::risk::network;
use crate::auth::sessions::{Found, Sessions};
use crate::store::{AccountTag, ClientInfo};

impl Sessions {
    /// Counts a token that is not known to be genuine yet against its network, to be given back once it is
    /// ([`Sessions::give_back_unverified`]): whatever one session does, the others of its network can be refreshed.
    pub(in crate::auth) async fn admit_unverified(
        &self,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let from = Key::Network(network(client.address));
        let Err(limited) = self.limits.refresh_from(from) else { return Ok(()) };
        let event = async || self.event_log.event(EventKind::Limited, None, client);
        Err(self.limits.refuse(limited, &self.event_log, event).await)
    }

    /// The token that was admitted was a genuine one.
    pub(in crate::auth) fn give_back_unverified(&self, client: &ClientInfo) {
        self.limits.give_back(Limit::RefreshesPerNetwork, Key::Network(network(client.address)));
    }

    /// Judges a ticket within the limits of its network until it is known to be authentic, then of its session and account.
    pub(in crate::auth) async fn judge_within_limits(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<(Decision, Found), AuthError> {
        let ticket = AccountTag::of_ticket(presented);
        if let Err(RateLimited { retry_after, limited_by, .. }) = self.limits.refused_ticket(ticket)
        {
            return Err(AuthError::RateLimited { retry_after, limited_by });
        }
        self.admit_unverified(client).await?;
        let (decision, found) = self.judge(presented, attempt).await?;
        let (session, user) = (found.session.id, found.user.id);
        let admitted = match decision {
            // It happens once, and must whatever its holder, or a thief, has done before.
            Decision::Replay => Ok(()),
            // What is over takes nothing of what the sessions that stand share.
            Decision::Refuse(_) => self.limits.refresh_of(session, None),
            _ => self.limits.refresh_of(session, Some(user)),
        };
        let is_bounded = admitted.is_ok() || self.limits.note_refused(ticket);
        if is_bounded {
            self.give_back_unverified(client);
        }
        let Err(limited) = admitted else { return Ok((decision, found)) };
        let event = async || {
            let event = self.event_log.event(EventKind::Limited, Some(user), client);
            event.in_session(session)
        };
        Err(self.limits.refuse(limited, &self.event_log, event).await)
    }

    /// Admits a call with an access token. It stands beside every check of such a token
    /// ([`Bearer`](crate::http::guard::Bearer)), so that a new call is limited without asking for it.
    ///
    /// # Errors
    /// [`AuthError::RateLimited`].
    pub async fn admit_call(
        &self,
        caller: &Caller,
        is_change: bool,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let Err(limited) = self.limits.call(caller, is_change) else { return Ok(()) };
        let event = async || {
            let event = self.event_log.event(EventKind::Limited, Some(caller.user), client);
            event.in_session(caller.session)
        };
        Err(self.limits.refuse(limited, &self.event_log, event).await)
    }

    /// Admits a caller that claims to be this service, then authenticates it: wrong credentials use up the limit of their
    /// network and not the service's, and no caller reaches the database without a limit. A refusal is a log line, and no security event of a user.
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
            let RateLimited { retry_after, .. } = limited;
            return Err(AuthError::RateLimited { retry_after, limited_by: None });
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
