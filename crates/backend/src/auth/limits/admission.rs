//! Admits calls of sessions and services within their limits, and tells of refusals. It must not hold a limit.

use shared::EventKind;

use super::{Key, Limit, TooEarly};
use crate::auth::AuthError;
use crate::auth::callers::Caller;
use crate::auth::sessions::{Found, Sessions};
use crate::auth::suspicion::network;
use crate::store::{AccountTag, Whence};

impl Sessions {
    /// Lets a network refresh, or says no.
    pub(in crate::auth) async fn admit_network(&self, whence: &Whence) -> Result<(), AuthError> {
        let Err(too_early) = self.limits.refresh_from(whence.address) else { return Ok(()) };
        let event = async || self.journal.event(EventKind::Limited, None, whence);
        Err(self.limits.refuse(too_early, &self.journal, event).await)
    }

    /// Admits a call with an access token. It stands beside every check of such a token
    /// ([`Bearer`](crate::http::guard::Bearer)), so that a new call is limited without asking for it.
    ///
    /// # Errors
    /// [`AuthError::Limited`].
    pub async fn admit_call(
        &self,
        caller: &Caller,
        is_change: bool,
        whence: &Whence,
    ) -> Result<(), AuthError> {
        let Err(too_early) = self.limits.call(caller, is_change) else { return Ok(()) };
        let event = async || {
            let event = self.journal.event(EventKind::Limited, Some(caller.user), whence);
            event.in_session(caller.session)
        };
        Err(self.limits.refuse(too_early, &self.journal, event).await)
    }

    /// Admits a caller that claims to be this service, then authenticates it: wrong credentials use up the limit of their
    /// network and not the service's, and no caller reaches the database without a limit. A refusal is a log line, and no security event of a user.
    pub(in crate::auth) async fn admit_service<T>(
        &self,
        id: &str,
        whence: &Whence,
        authenticate: impl Future<Output = Result<T, AuthError>>,
    ) -> Result<T, AuthError> {
        let from = Key::Network(network(whence.address));
        let service = Key::Service(AccountTag::of_service(id));
        if let Err(too_early) = self.limits.introspection(from, service) {
            if self.limits.is_news(too_early) {
                let network = whence.address.map(|address| address.to_string());
                tracing::warn!(event = "service.limited", id, network);
            }
            let TooEarly { retry_after, .. } = too_early;
            return Err(AuthError::Limited { retry_after, limited_by: None });
        }
        let authenticated = authenticate.await;
        if matches!(authenticated, Err(AuthError::InvalidClient)) {
            self.limits.give_back(Limit::IntrospectionsPerService, service);
        } else {
            self.limits.give_back(Limit::WrongServiceCredentialsPerNetwork, from);
        }
        authenticated
    }

    /// Lets a session be refreshed, or says no.
    pub(in crate::auth) async fn admit_session(
        &self,
        found: &Found,
        whence: &Whence,
    ) -> Result<(), AuthError> {
        let id = found.session.id;
        let Err(too_early) = self.limits.refresh_of(id) else { return Ok(()) };
        let event = async || {
            let event = self.journal.event(EventKind::Limited, Some(found.user.id), whence);
            event.in_session(id)
        };
        Err(self.limits.refuse(too_early, &self.journal, event).await)
    }
}
