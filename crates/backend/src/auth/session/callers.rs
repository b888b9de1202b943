//! Authenticates the caller of a protected call by its access token, without a database read while the [revocation
//! cache](crate::auth::revocation::revocation_cache) is fresh. If it is stale, the session is read from the store.

use std::time::Duration;

use rotation::{Standing, UnverifiedTicket};
use shared::{RevocationReason, Secret, SessionId};
use tokio::time::timeout;
use verifier::{AccessToken, Rejection};

use super::refresh::{Found, Sessions};
use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::idempotency::Idempotency;
use crate::auth::revocation::revocation_cache::SessionStatus;
use crate::store::{Session, StoreError, User};

/// The deadline of [`within_deadline`].
const ASK_TIME: Duration = Duration::from_millis(2_500);

/// Refresh tokens presented beside an access token, perhaps of other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accompanying {
    /// Whether one is of another active session, whose cookie must be kept.
    pub another_stands: bool,
    /// Whether one is of no session of this server.
    pub is_anothers: bool,
}

/// A caller's session and user, as stored.
#[derive(Clone)]
pub struct Authenticated {
    /// The session.
    pub session: Session,
    /// The session's user.
    pub user: User,
}

impl Sessions {
    /// The caller that an access token authenticates, if it is valid and its session active.
    ///
    /// # Errors
    /// [`AuthError::InvalidToken`] or [`AuthError::SessionEnded`] if it is not; [`AuthError::Store`] if that is
    /// unknown.
    pub async fn authenticate(&self, unverified_token: &str) -> Result<Caller, AuthError> {
        self.verify_token(unverified_token).await.map(|token| Caller::of(&token))
    }

    /// The claims of an access token, if it is valid and its session active.
    ///
    /// # Errors
    /// As [`Sessions::authenticate`].
    pub async fn verify_token(&self, unverified_token: &str) -> Result<AccessToken, AuthError> {
        let verify =
            || self.access_tokens.verify(unverified_token, self.event_log.clock.shared_now());
        let verified = match verify() {
            // Another instance may just have created its key.
            Err(Rejection::UnknownKey) if self.keys.look_again(&self.event_log.store).await => {
                verify()
            }
            verified => verified,
        };
        let token = verified.map_err(refused)?;
        match self.event_log.revocations.status(token.sid) {
            SessionStatus::Revoked(cause) => Err(session_is_over(token.sid, Some(cause))),
            SessionStatus::Active => Ok(token),
            SessionStatus::Unknown => {
                // A stale cache may also lack key revocations of other instances.
                self.keys.revalidate(&self.event_log.store).await?;
                let token = verify().map_err(refused)?;
                self.look_up(&Caller::of(&token)).await.map(|_| token)
            }
        }
    }

    /// Loads a caller's session and user.
    ///
    /// # Errors
    /// As [`Sessions::authenticate`]: the session may have been revoked at this moment.
    pub async fn look_up(&self, caller: &Caller) -> Result<Authenticated, AuthError> {
        let found = self.event_log.store.find_session(caller.session).await?;
        let refused = |cause| session_is_over(caller.session, cause);
        let (session, user) = found.ok_or_else(|| refused(None))?;
        if session.revoked_because.is_some() {
            return Err(refused(session.revoked_because));
        }
        let stands = session.family.standing == Standing::Live
            && user.disabled_at.is_none()
            && user.id == caller.user
            && self.event_log.now() < self.expires_at(&session);
        if stands { Ok(Authenticated { session, user }) } else { Err(refused(None)) }
    }

    /// Loads a caller before a change. `None` for a retry that took effect before, at this instance
    /// or another: it may have revoked this session.
    ///
    /// # Errors
    /// As [`Sessions::look_up`].
    pub async fn begin_change(&self, caller: &Caller) -> Result<Option<Authenticated>, AuthError> {
        let keyed = match &caller.idempotency {
            Idempotency::Repeated => return Ok(None),
            Idempotency::Keyed(keyed) => Some(keyed),
            Idempotency::Unkeyed => None,
        };
        match self.look_up(caller).await {
            Err(refused @ (AuthError::InvalidToken | AuthError::SessionEnded(_))) => {
                match self.idempotency.faster(keyed).await? {
                    Some(_) => Ok(None),
                    None => Err(refused),
                }
            }
            found => found.map(Some),
        }
    }

    /// Which sessions these refresh tokens belong to, presented with a call that revokes the caller's session.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn whose(
        &self,
        refresh_tokens: &[Secret],
        caller: &Caller,
    ) -> Result<Accompanying, AuthError> {
        let mut whose = Accompanying { another_stands: false, is_anothers: false };
        for token in refresh_tokens {
            match self.load(token).await? {
                Some(Found { session, .. }) => {
                    whose.another_stands |= session.id != caller.session && self.stands(&session);
                }
                None => whose.is_anothers |= UnverifiedTicket::parse(token.expose()).is_some(),
            }
        }
        Ok(whose)
    }

    /// Requires a recent login, else step-up (RFC 9470).
    ///
    /// # Errors
    /// [`AuthError::StepUpRequired`] if the last authentication is too old.
    pub fn require_recent_login(&self, caller: &Caller) -> Result<(), AuthError> {
        let max_age = self.recent_login_seconds;
        if caller.is_repeated() || self.event_log.now().since(caller.authenticated_at) <= max_age {
            Ok(())
        } else {
            let Caller { user, session, .. } = caller;
            tracing::info!(event = "step_up_required", %user, %session);
            Err(AuthError::StepUpRequired { max_age })
        }
    }
}

/// The deadline for authenticating a protected call from the store: keys, then the session. It is less than the 3 s
/// within which a failing storage must have been answered with 503.
///
/// # Errors
/// Those of `asked`, and [`StoreError::TimedOut`].
pub async fn within_deadline<T>(
    asked: impl Future<Output = Result<T, AuthError>>,
) -> Result<T, AuthError> {
    timeout(ASK_TIME, asked).await.unwrap_or(Err(AuthError::Store(StoreError::TimedOut)))
}

pub(in crate::auth) fn refused(rejection: Rejection) -> AuthError {
    tracing::info!(event = "access_token_refused", %rejection);
    AuthError::InvalidToken
}

/// The token is valid, but its session is not active, for this reason if it is known.
fn session_is_over(session: SessionId, cause: Option<RevocationReason>) -> AuthError {
    tracing::info!(event = "access_token_refused", %session, cause = cause.map(RevocationReason::as_str));
    cause.map_or(AuthError::InvalidToken, AuthError::SessionEnded)
}

/// Logs a protected call without an access token, or with several.
pub fn no_token() -> AuthError {
    tracing::info!(event = "access_token_refused", rejection = "no access token was presented");
    AuthError::InvalidToken
}
