//! Admits calls of sessions and services within their rate limits, and logs refusals.

use rotation::{Attempt, Decision};
use shared::{EventKind, Secret};

use super::{Key, Limit, RateLimited};
use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::risk::network::network;
use crate::auth::session::refresh::{Found, Sessions};
use crate::store::{AccountTag, ClientInfo};

impl Sessions {
    /// Counts a token that is not verified yet against its network's limit, to be given back if it is genuine
    /// ([`Sessions::give_back_unverified`]): no session can use up the refreshes of others on its network.
    pub(in crate::auth) async fn admit_unverified(
        &self,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let from = Key::Network(network(client.address));
        let Err(limited) = self.limits.refresh_from(from) else { return Ok(()) };
        let event = async || self.event_log.event(EventKind::Limited, None, client);
        Err(self.limits.refuse(limited, &self.event_log, event).await)
    }

    /// Gives a count back: the admitted token was genuine.
    pub(in crate::auth) fn give_back_unverified(&self, client: &ClientInfo) {
        self.limits.give_back(Limit::RefreshesPerNetwork, Key::Network(network(client.address)));
    }

    /// Judges a ticket within the rate limit of its network until it is known to be authentic, then of its session
    /// and account.
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
            // Without a limit: a replay must revoke the session, however many calls its holder or a thief has made
            // before.
            Decision::Replay => Ok(()),
            // A revoked or expired session must not use up the limit that active sessions of its account share.
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

    /// Admits a call with an access token. It is called beside every verification of such a token
    /// ([`Bearer`](crate::http::guard::Bearer)), so that a new endpoint is rate limited by default.
    ///
    /// # Errors
    /// [`AuthError::RateLimited`].
    pub async fn admit_call(
        &self,
        caller: &Caller,
        is_change: bool,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let Err(limited) = self.limits.call(caller.session, caller.user, is_change) else {
            return Ok(());
        };
        let event = async || {
            let event = self.event_log.event(EventKind::Limited, Some(caller.user), client);
            event.in_session(caller.session)
        };
        Err(self.limits.refuse(limited, &self.event_log, event).await)
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
