//! Logout: revokes the sessions that refresh tokens or an access token belong to.

use std::collections::BTreeSet;

use rotation::{Refusal, UnverifiedTicket};
use shared::{EventKind, RevocationReason, Secret, SessionId};
use verifier::{AccessToken, IdempotencyKey, Rejection};

use super::callers::{refused, within_deadline};
use super::refresh::{Found, Sessions};
use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::idempotency::KeyedRequest;
use crate::store::{Change, ClientInfo, Session};

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

impl Sessions {
    /// Revokes the sessions of these tokens: a token authorizes its bearer to revoke its session. An unknown token
    /// revokes no session and is no error.
    ///
    /// # Errors
    /// [`AuthError::AnotherSession`] if a refresh token is of another active session, and no token is of the expected
    /// one: no session is revoked. If storage fails: then no session is known to be revoked.
    pub async fn logout(
        &self,
        presented: &Presented<'_>,
        client: &ClientInfo,
    ) -> Result<LoggedOut, AuthError> {
        let Presented { refresh_tokens, access_token, expected, key } = presented;
        let is_expected =
            |session: &Session| expected.is_none_or(|expected| session.id == expected);
        let mut named = Vec::with_capacity(refresh_tokens.len() + 1);
        let mut is_anothers = false;
        for presented in *refresh_tokens {
            if let Some(found) = self.load(presented).await? {
                named.push(found);
            } else {
                tracing::info!(event = "logout_refused", cause = ?Refusal::Unknown);
                is_anothers |= UnverifiedTicket::parse(presented.expose()).is_some();
            }
        }
        let another_stands =
            named.iter().any(|found| !is_expected(&found.session) && self.stands(&found.session));
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
        let _under_way = self.idempotency.under_way(keyed.as_ref()).await?;
        self.idempotency.earlier(keyed.as_ref()).await?;
        // Of several sessions, the first is stored with the key.
        let mut bears = keyed.as_ref();
        for found in named.iter().filter(|found| found.session.revoked_because.is_none()) {
            let event =
                self.event(EventKind::LoggedOut, found, client).because(RevocationReason::Logout);
            let end = Change::RevokeSession(
                found.session.id,
                self.event_log.revocation(RevocationReason::Logout),
            );
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
        Ok(LoggedOut { is_over: !named.is_empty(), another_stands, is_anothers })
    }

    /// The claims of a genuine access token, expired or not: for revoking its session, or answering a retry. `None`
    /// for any other token.
    ///
    /// # Errors
    /// If storage fails.
    async fn genuine(&self, unverified: &Secret) -> Result<Option<AccessToken>, AuthError> {
        let now = self.event_log.clock.shared_now();
        let verify = || self.access_tokens.verify_expired_or_not(unverified.expose(), now);
        let verified = match verify() {
            // Another instance may just have created its key.
            Err(Rejection::UnknownKey)
                if within_deadline(async {
                    Ok(self.keys.look_again(&self.event_log.store).await)
                })
                .await? =>
            {
                verify()
            }
            verified => verified,
        };
        Ok(verified.map_err(refused).ok())
    }

    /// The caller of a genuine access token, even if it is expired or its session revoked. The look-up counts against
    /// the rate limit of the network; a genuine token, against those of its session and account.
    ///
    /// # Errors
    /// [`AuthError::RateLimited`], or if storage fails.
    pub async fn caller_that_was(
        &self,
        unverified: &Secret,
        client: &ClientInfo,
    ) -> Result<Option<Caller>, AuthError> {
        self.admit_unverified(client).await?;
        let caller = self.genuine(unverified).await?.map(|token| Caller::of(&token));
        if let Some(caller) = &caller {
            self.give_back_unverified(client);
            self.admit_call(caller, true, client).await?;
        }
        Ok(caller)
    }

    async fn named_by(&self, unverified: &Secret) -> Result<Option<Found>, AuthError> {
        let Some(token) = self.genuine(unverified).await? else { return Ok(None) };
        let found = self.event_log.store.find_session(token.sid).await?;
        let found = found.filter(|(_, user)| user.id == token.sub);
        Ok(found.map(|(session, user)| Found::by_access_token(session, user)))
    }
}
