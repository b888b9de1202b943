//! Logout, and token revocation (RFC 7009): a token authorizes its bearer to revoke its session. A service that
//! authenticates may revoke by access tokens of its audience.

use std::collections::BTreeSet;
use std::sync::Arc;

use rotation::{Refusal, UnverifiedTicket};
use shared::{EventKind, RevocationReason, Secret, SessionId};
use verifier::{AccessToken, IdempotencyKey};

use super::callers::Callers;
use super::tickets::Tickets;
use crate::auth::error::AuthError;
use crate::auth::idempotency::{IdempotencyKeys, KeyedRequest};
use crate::auth::rate_limit::admission::Admission;
use crate::auth::request_context::RequestContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{Change, ClientInfo, Service, Session, User};
use crate::telemetry::AUDIT;

/// The tokens that a logout presents.
pub struct Presented<'a> {
    /// Refresh tokens, of any generation.
    pub refresh_tokens: &'a [Secret],
    /// An access token, expired or not.
    pub access_token: Option<&'a Secret>,
    /// The expected session, if the caller names it: no other is revoked.
    pub expected: Option<SessionId>,
    /// The idempotency key of the request.
    pub key: Option<&'a IdempotencyKey>,
}

/// The outcome of a logout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedOut {
    /// Whether a presented token is of an expected session, which is revoked now.
    pub is_over: bool,
    /// Whether a refresh token is of another active session, and must be kept.
    pub another_stands: bool,
    /// Whether a refresh token is of no session of this server.
    pub is_anothers: bool,
}

/// How revocations are recorded.
struct Ending {
    kind: EventKind,
    reason: RevocationReason,
    client: ClientInfo,
}

/// A session that a presented token is of, with its user.
struct Named {
    session: Session,
    user: User,
}

/// Revokes the sessions of presented tokens.
pub struct Logouts {
    /// Stores revocations, and logs them.
    pub event_log: SecurityEventLog,
    /// Stores idempotency keys with revocations.
    pub idempotency: IdempotencyKeys,
    /// Finds sessions by refresh tokens.
    pub tickets: Tickets,
    /// Finds sessions by access tokens.
    pub callers: Arc<Callers>,
    /// The rate limits.
    pub admission: Admission,
}

impl Logouts {
    /// Revokes the sessions of these tokens: a token authorizes its bearer to revoke its session. An unknown token
    /// revokes no session and is no error.
    ///
    /// # Errors
    /// [`AuthError::AnotherSession`] if a refresh token is of another active session, and no token is of the expected
    /// one: no session is revoked. If storage fails: then no session is known to be revoked.
    pub async fn logout(
        &self,
        presented: &Presented<'_>,
        context: &RequestContext,
    ) -> Result<LoggedOut, AuthError> {
        let (kind, reason) = (EventKind::LoggedOut, RevocationReason::Logout);
        self.end(presented, &Ending { kind, reason, client: context.client.clone() }).await
    }

    async fn end(
        &self,
        presented: &Presented<'_>,
        ending: &Ending,
    ) -> Result<LoggedOut, AuthError> {
        let Presented { refresh_tokens, access_token, expected, key } = presented;
        let is_expected =
            |session: &Session| expected.is_none_or(|expected| session.id == expected);
        let mut named = Vec::with_capacity(refresh_tokens.len() + 1);
        let mut is_anothers = false;
        for presented in *refresh_tokens {
            if let Some(found) = self.tickets.find(presented).await? {
                named.push(Named { session: found.session, user: found.user });
            } else {
                tracing::info!(event = "logout_refused", cause = ?Refusal::Unknown);
                is_anothers |= UnverifiedTicket::parse(presented.expose()).is_some();
            }
        }
        let another_stands = named
            .iter()
            .any(|found| !is_expected(&found.session) && self.tickets.stands(&found.session));
        if let Some(token) = access_token {
            named.extend(self.named_by(token).await?);
        }
        named.retain(|found| is_expected(&found.session));
        if another_stands && named.is_empty() {
            return Err(AuthError::AnotherSession);
        }
        // Revocation is final, so a retry changes no state and costs no write; but an idempotency key is valid for
        // one request.
        let ids: BTreeSet<SessionId> = named.iter().map(|found| found.session.id).collect();
        let ids: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
        let keyed = key.filter(|_| !ids.is_empty());
        let keyed = keyed.map(|key| KeyedRequest::new(key, &[b"logout", &ids]));
        let revoked = self.revoke_each(&named, keyed.as_ref(), ending);
        self.idempotency.in_turn(keyed.as_ref(), Box::pin(revoked)).await?;
        Ok(LoggedOut { is_over: !named.is_empty(), another_stands, is_anothers })
    }

    async fn revoke_each(
        &self,
        named: &[Named],
        keyed: Option<&KeyedRequest>,
        Ending { kind, reason, client }: &Ending,
    ) -> Result<(), AuthError> {
        self.idempotency.earlier(keyed).await?;
        // Of several sessions, the first is stored with the key.
        let mut bears = keyed;
        for found in named.iter().filter(|found| found.session.is_live()) {
            let event = self.event_log.event(*kind, Some(found.user.id), client);
            let event = event.in_session(found.session.id).because(*reason);
            let revocation = self.event_log.revocation(*reason);
            let end = Change::RevokeSession(found.session.id, revocation);
            let (user, session) = (found.user.id, Some(found.session.id));
            let outcome =
                self.idempotency.commit_keyed(bears, user, session, end, vec![event]).await?;
            if !outcome.took_place() {
                // Revoked in between, perhaps by a retry; or the key was used for another request, and the session
                // stays.
                self.idempotency.faster(bears).await?;
            }
            bears = None;
        }
        Ok(())
    }

    /// Revokes the session of a refresh token or an access token (RFC 7009 section 2.1), even an expired one: its
    /// bearer is authorized to. An unknown token is no error.
    ///
    /// # Errors
    /// If storage fails: then no session is known to be revoked.
    pub async fn revoke(
        &self,
        token: &Secret,
        key: Option<&IdempotencyKey>,
        context: &RequestContext,
    ) -> Result<(), AuthError> {
        let is_ticket = UnverifiedTicket::parse(token.expose()).is_some();
        let presented = Presented {
            refresh_tokens: if is_ticket { std::slice::from_ref(token) } else { &[] },
            access_token: Some(token).filter(|_| !is_ticket),
            expected: None,
            key,
        };
        self.admission.admit_unverified(&context.client).await?;
        if self.logout(&presented, context).await?.is_over {
            self.admission.give_back_unverified(&context.client);
        }
        Ok(())
    }

    /// Revokes the session of an access token, even an expired one, for an authenticated service of its audience. RFC
    /// 7009 section 2.1: a token that was not issued for the caller is refused, and a refresh token is issued for no
    /// service. An unknown token is no error. It is no logout of the user's: as what a command revokes, it is recorded
    /// as the operator's, whose service it is, and without the service's address.
    ///
    /// # Errors
    /// [`AuthError::UnauthorizedClient`] for a refresh token, or a token of another audience. If storage fails: then
    /// no session is known to be revoked.
    pub async fn revoke_for(
        &self,
        service: &Service,
        token: &Secret,
        key: Option<&IdempotencyKey>,
    ) -> Result<(), AuthError> {
        let is_ticket = UnverifiedTicket::parse(token.expose()).is_some();
        let genuine = if is_ticket { None } else { self.callers.genuine(token).await? };
        let is_of_another = |it: &AccessToken| !it.aud.contains(&service.audience);
        let is_refused = is_ticket || genuine.as_ref().is_some_and(is_of_another);
        let session = genuine.as_ref().map(|it| it.sid.to_string());
        let (service, allowed) = (&service.id, !is_refused);
        tracing::info!(target: AUDIT, event = "service_revocation", service, allowed, session);
        if is_refused {
            return Err(AuthError::UnauthorizedClient);
        }
        if genuine.is_some() {
            let access_token = Some(token);
            let presented = Presented { refresh_tokens: &[], access_token, expected: None, key };
            let (kind, reason) = (EventKind::SessionEnded, RevocationReason::Administrator);
            let client = ClientInfo::unknown();
            self.end(&presented, &Ending { kind, reason, client }).await?;
        }
        Ok(())
    }

    async fn named_by(&self, unverified: &Secret) -> Result<Option<Named>, AuthError> {
        let Some(token) = self.callers.genuine(unverified).await? else { return Ok(None) };
        let found = self.event_log.store.find_session(token.sid).await?;
        let found = found.filter(|(_, user)| user.id == token.sub);
        Ok(found.map(|(session, user)| Named { session, user }))
    }
}
