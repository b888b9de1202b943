//! Authenticates the caller of a protected call by its access token, without a database read while the [revocation
//! cache](crate::auth::revocation::revocation_cache) is fresh. If it is stale, the session is read from the store. The
//! signature of a token is verified once ([`VerifiedTokens`]).

use std::sync::Arc;

use rotation::Policy;
use shared::{NumericDate, RevocationReason, Secret, SessionId};
use verifier::{AccessToken, Rejection};

use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::idempotency::{Idempotency, IdempotencyKeys};
use crate::auth::rate_limit::admission::Admission;
use crate::auth::revocation::revocation_cache::{RevocationCache, SessionStatus};
use crate::auth::token::access_token::AccessTokens;
use crate::auth::token::verified_tokens::VerifiedTokens;
use crate::clock::Clock;
use crate::keys::KeyRing;
use crate::store::{ClientInfo, Session, Store, User};

/// A caller's session and user, as stored.
#[derive(Clone)]
pub struct Authenticated {
    /// The session.
    pub session: Session,
    /// The session's user.
    pub user: User,
}

/// Authenticates callers by their access tokens.
pub struct Callers {
    /// Read while the cache is stale, and before a change.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Clock,
    /// The revoked sessions.
    pub revocations: Arc<RevocationCache>,
    /// The server's keys.
    pub keys: Arc<KeyRing>,
    /// Verifies access tokens.
    pub access_tokens: AccessTokens,
    /// The tokens that were verified a moment ago.
    pub verified: VerifiedTokens,
    /// Recognises retries.
    pub idempotency: IdempotencyKeys,
    /// The rate limits.
    pub admission: Admission,
    /// The idle and absolute expiry of sessions.
    pub policy: Policy,
    /// The greatest age of the last authentication, for calls that want a recent login.
    pub recent_login_seconds: i64,
}

impl Callers {
    /// The caller of a token that was verified before and is still valid, if its session is known to be active. Without
    /// waiting.
    #[must_use]
    pub fn recognise(&self, unverified_token: &str) -> Option<Caller> {
        let presented = self.verified.presented(unverified_token);
        let ring = self.keys.current().version();
        let caller = self.verified.caller(presented, ring, self.clock.shared_now())?;
        let status = self.revocations.status(caller.session);
        matches!(status, SessionStatus::Active).then_some(caller)
    }

    /// The caller that an access token authenticates, if it is valid and its session active. Afterwards
    /// [`Self::recognise`] knows it.
    ///
    /// # Errors
    /// [`AuthError::InvalidToken`] or [`AuthError::SessionRevoked`] if it is not; [`AuthError::Store`] if that is
    /// unknown.
    pub async fn authenticate(&self, unverified_token: &str) -> Result<Caller, AuthError> {
        // Before the token is verified: the ring may be replaced in between.
        let ring = self.keys.current().version();
        let token = self.verify_token(unverified_token).await?;
        let validity = self.access_tokens.validity(&token, self.clock.shared_now());
        self.verified.add(self.verified.presented(unverified_token), &token, ring, validity);
        Ok(Caller::of(&token))
    }

    /// The claims of an access token, if it is valid and its session active.
    ///
    /// # Errors
    /// As [`Self::authenticate`].
    pub async fn verify_token(&self, unverified_token: &str) -> Result<AccessToken, AuthError> {
        let verify = || self.access_tokens.verify(unverified_token, self.clock.shared_now());
        let verified = match verify() {
            // Another instance may just have created its key.
            Err(Rejection::UnknownKey) if self.keys.look_again(&self.store).await? => verify(),
            verified => verified,
        };
        let token = verified.map_err(refused)?;
        match self.revocations.status(token.sid) {
            SessionStatus::Revoked(reason) => Err(session_is_over(token.sid, Some(reason))),
            SessionStatus::Active => Ok(token),
            SessionStatus::Unknown => {
                // A stale cache may also lack key revocations of other instances.
                self.keys.revalidate(&self.store).await?;
                let token = verify().map_err(refused)?;
                self.look_up(&Caller::of(&token)).await.map(|_| token)
            }
        }
    }

    /// Loads a caller's session and user.
    ///
    /// # Errors
    /// As [`Self::authenticate`]: the session may have been revoked at this moment.
    pub async fn look_up(&self, caller: &Caller) -> Result<Authenticated, AuthError> {
        let found = match self.store.session_at_hand(caller.session) {
            Some(found) => Some(found),
            None => self.store.find_session(caller.session).await?,
        };
        let refused = |reason| session_is_over(caller.session, reason);
        let (session, user) = found.ok_or_else(|| refused(None))?;
        if let Some(reason) = session.revocation_reason() {
            return Err(refused(Some(reason)));
        }
        let stands = user.disabled_at.is_none()
            && user.id == caller.user
            // By the clock after the row was read: no session lives for longer because a call has waited.
            && self.clock.now() < self.expires_at(&session);
        if stands { Ok(Authenticated { session, user }) } else { Err(refused(None)) }
    }

    /// The email address of a session's user. No call changes it, so a remembered row will do. `None` while storage
    /// fails: a token is no less active for that.
    pub async fn username(&self, session: SessionId) -> Option<String> {
        let at_hand = self.store.session_at_hand(session).map(|(_, user)| user);
        let user = match at_hand.or_else(|| self.store.remembered(session).map(|row| row.user)) {
            Some(user) => Some(user),
            None => self.store.find_session(session).await.ok().flatten().map(|(_, user)| user),
        };
        user.map(|user| user.email.shown())
    }

    /// Loads a caller before a change. `None` for a retry that took effect before, at this instance
    /// or another: it may have revoked this session.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub async fn begin_change(&self, caller: &Caller) -> Result<Option<Authenticated>, AuthError> {
        let keyed = match &caller.idempotency {
            Idempotency::Repeated => return Ok(None),
            Idempotency::Keyed(keyed) => Some(keyed),
            Idempotency::Unkeyed => None,
        };
        match self.look_up(caller).await {
            Err(refused @ (AuthError::InvalidToken | AuthError::SessionRevoked(_))) => {
                match self.idempotency.faster(keyed).await? {
                    Some(_) => Ok(None),
                    None => Err(refused),
                }
            }
            found => found.map(Some),
        }
    }

    /// The claims of a genuine access token, expired or not: for revoking its session, or answering a retry. `None`
    /// for any other token.
    ///
    /// # Errors
    /// If storage fails.
    pub(in crate::auth) async fn genuine(
        &self,
        unverified: &Secret,
    ) -> Result<Option<AccessToken>, AuthError> {
        let now = self.clock.shared_now();
        let verify = || self.access_tokens.verify_expired_or_not(unverified.expose(), now);
        let verified = match verify() {
            // Another instance may just have created its key.
            Err(Rejection::UnknownKey) if self.keys.look_again(&self.store).await? => verify(),
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
        self.admission.admit_unverified(client).await?;
        let caller = self.genuine(unverified).await?.map(|token| Caller::of(&token));
        if let Some(caller) = &caller {
            self.admission.give_back_unverified(client);
            self.admission.admit_call(caller, true, async || client.clone()).await?;
        }
        Ok(caller)
    }

    /// When a session expires unless it is refreshed before.
    #[must_use]
    pub fn expires_at(&self, session: &Session) -> NumericDate {
        self.policy.expires_at(&session.family)
    }

    /// Requires a recent login, else step-up (RFC 9470). By the present clock: a call with an idempotency key may have
    /// waited.
    ///
    /// # Errors
    /// [`AuthError::StepUpRequired`] if the last authentication is too old.
    pub fn require_recent_login(&self, caller: &Caller) -> Result<(), AuthError> {
        let max_age = self.recent_login_seconds;
        if caller.is_repeated() || self.clock.now().since(caller.authenticated_at) <= max_age {
            Ok(())
        } else {
            let Caller { user, session, .. } = caller;
            tracing::info!(event = "step_up_required", %user, %session);
            Err(AuthError::StepUpRequired { max_age })
        }
    }
}

fn refused(rejection: Rejection) -> AuthError {
    tracing::info!(event = "access_token_refused", %rejection);
    AuthError::InvalidToken
}

/// The token is valid, but its session is not active, for this reason if it is known.
fn session_is_over(session: SessionId, reason: Option<RevocationReason>) -> AuthError {
    tracing::info!(event = "access_token_refused", %session, cause = reason.map(RevocationReason::as_str));
    reason.map_or(AuthError::InvalidToken, AuthError::SessionRevoked)
}

/// Logs a protected call without an access token, or with several.
pub fn no_token() -> AuthError {
    tracing::info!(event = "access_token_refused", rejection = "no access token was presented");
    AuthError::InvalidToken
}
