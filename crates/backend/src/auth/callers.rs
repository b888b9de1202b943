//! Whom a protected call speaks for. A token is verified without asking anybody; whether its session
//! still stands is known here, or asked for when it is not. It must not know what is called.

use std::time::Duration;

use rotation::{Standing, UnverifiedTicket};
use shared::{NumericDate, RevocationReason, Secret, SessionId, UserId};
use tokio::time::timeout;
use verifier::{AccessToken, Rejection};

use super::AuthError;
use super::idempotency::Idempotency;
use super::revocation_cache::SessionStatus;
use super::sessions::{Found, Sessions};
use crate::store::{Session, StoreError, User};

/// As long as that may take.
const ASK_TIME: Duration = Duration::from_millis(2_500);

/// Whom a call speaks for: its access token holds and its session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When the user last proved who they are.
    pub authenticated_at: NumericDate,
    /// Whether the call can be a copy of an earlier one.
    pub idempotency: Idempotency,
}

impl Caller {
    pub(super) const fn of(token: &AccessToken) -> Self {
        Self {
            user: token.sub,
            session: token.sid,
            authenticated_at: token.auth_time,
            idempotency: Idempotency::Unkeyed,
        }
    }

    /// Whether what the call asks for has taken place before.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.idempotency == Idempotency::Repeated
    }
}

/// Refresh tokens beside an access token: they need not be of the same session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accompanying {
    /// Whether one is of another session that stands: its cookie is to be kept.
    pub another_stands: bool,
    /// Whether one is of no session of this server.
    pub is_anothers: bool,
}

/// A caller with what is stored of them.
#[derive(Clone)]
pub struct Authenticated {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
}

impl Sessions {
    /// Whom an access token speaks for, if it holds and its session still stands.
    ///
    /// # Errors
    /// [`AuthError::InvalidToken`] or [`AuthError::SessionEnded`] if either does not;
    /// [`AuthError::Store`] if that is not known.
    pub async fn authenticate(&self, unverified_token: &str) -> Result<Caller, AuthError> {
        self.verify_token(unverified_token).await.map(|token| Caller::of(&token))
    }

    /// What an access token says, if it holds and its session still stands.
    ///
    /// # Errors
    /// As [`Sessions::authenticate`].
    pub async fn verify_token(&self, unverified_token: &str) -> Result<AccessToken, AuthError> {
        let verify =
            || self.access_tokens.verify(unverified_token, self.event_log.clock.shared_now());
        let verified = match verify() {
            // Another instance may just have made its key.
            Err(Rejection::UnknownKey) if self.keys.look_again(&self.event_log.store).await => {
                verify()
            }
            verified => verified,
        };
        let token = verified.map_err(refused)?;
        match self.event_log.revocations.status(token.sid) {
            SessionStatus::RevokedSession(cause) => Err(session_is_over(token.sid, Some(cause))),
            SessionStatus::Active => Ok(token),
            SessionStatus::Unknown => {
                // What others retire is not heard of now, either.
                self.keys.revalidate(&self.event_log.store).await?;
                let token = verify().map_err(refused)?;
                self.look_up(&Caller::of(&token)).await.map(|_| token)
            }
        }
    }

    /// What is stored of a caller.
    ///
    /// # Errors
    /// As [`Sessions::authenticate`]: the session may have ended this moment.
    pub async fn look_up(&self, caller: &Caller) -> Result<Authenticated, AuthError> {
        let found = self.event_log.store.find_session(caller.session).await?;
        let refused = |cause| session_is_over(caller.session, cause);
        let (session, user) = found.ok_or_else(|| refused(None))?;
        if session.ended_because.is_some() {
            return Err(refused(session.ended_because));
        }
        let stands = session.family.standing == Standing::Live
            && user.disabled_at.is_none()
            && user.id == caller.user
            && self.event_log.now() < self.expires_at(&session);
        if stands { Ok(Authenticated { session, user }) } else { Err(refused(None)) }
    }

    /// What is stored of a caller who is about to change something. `None` if a copy of the call has done it, at this
    /// instance or another: then it may have ended this session.
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
                match self.event_log.faster(keyed).await? {
                    Some(_) => Ok(None),
                    None => Err(refused),
                }
            }
            found => found.map(Some),
        }
    }

    /// Whose these refresh tokens are, that came along with a call which ends the caller's session.
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

    /// Demands that the user has proved lately who they are (RFC 9470).
    ///
    /// # Errors
    /// [`AuthError::StepUpRequired`] if they have not.
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

/// Bounds what a protected call may wait for the store before it is known whom it speaks for: keys, then the
/// session. Less than the 3 s within which a failing storage must have been answered with 503.
///
/// # Errors
/// Those of what was asked, and [`StoreError::TimedOut`].
pub async fn within_deadline<T>(
    asked: impl Future<Output = Result<T, AuthError>>,
) -> Result<T, AuthError> {
    timeout(ASK_TIME, asked).await.unwrap_or(Err(AuthError::Store(StoreError::TimedOut)))
}

pub(super) fn refused(rejection: Rejection) -> AuthError {
    tracing::info!(event = "access_token_refused", %rejection);
    AuthError::InvalidToken
}

/// The token holds, but its session does not, for this cause if it is known.
fn session_is_over(session: SessionId, cause: Option<RevocationReason>) -> AuthError {
    tracing::info!(event = "access_token_refused", %session, cause = cause.map(RevocationReason::as_str));
    cause.map_or(AuthError::InvalidToken, AuthError::SessionEnded)
}

/// A protected call without an access token, or with several.
pub fn no_token() -> AuthError {
    tracing::info!(event = "access_token_refused", rejection = "no access token was presented");
    AuthError::InvalidToken
}
