//! Whom a protected call speaks for. A token is verified without asking anybody; whether its session
//! still stands is known here, or asked for when it is not. It must not know what is called.

use std::time::Duration;

use rotation::Standing;
use shared::{NumericDate, SessionId, UserId};
use tokio::time::timeout;
use verifier::{AccessToken, Rejection};

use super::AuthError;
use super::endings::Word;
use super::sessions::Sessions;
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
}

impl Caller {
    pub(super) const fn of(token: &AccessToken) -> Self {
        Self { user: token.sub, session: token.sid, authenticated_at: token.auth_time }
    }
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
        let verify = || self.access_tokens.verify(unverified_token, self.journal.now());
        let verified = match verify() {
            // Another instance may just have made its key.
            Err(Rejection::UnknownKey) if self.keys.look_again(&self.journal.store).await => {
                verify()
            }
            verified => verified,
        };
        let token = verified.map_err(refused)?;
        match self.journal.endings.word(token.sid) {
            Word::Ended(cause) => Err(AuthError::SessionEnded(cause)),
            Word::Stands => Ok(token),
            Word::Unknown => {
                // What others retire is not heard of now, either.
                self.keys.revalidate(&self.journal.store).await?;
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
        let found = self.journal.store.find_session(caller.session).await?;
        let (session, user) = found.ok_or(AuthError::InvalidToken)?;
        if let Some(cause) = session.ended_because {
            return Err(AuthError::SessionEnded(cause));
        }
        let stands = session.family.standing == Standing::Live
            && user.disabled_at.is_none()
            && user.id == caller.user
            && self.journal.now() < self.expires_at(&session);
        if stands { Ok(Authenticated { session, user }) } else { Err(AuthError::InvalidToken) }
    }

    /// Demands that the user has proved lately who they are (RFC 9470).
    ///
    /// # Errors
    /// [`AuthError::LoginTooOld`] if they have not.
    pub fn demand_recent_login(&self, caller: &Caller) -> Result<(), AuthError> {
        let max_age = self.recent_login_seconds;
        if self.journal.now().since(caller.authenticated_at) <= max_age {
            Ok(())
        } else {
            Err(AuthError::LoginTooOld { max_age })
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

fn refused(rejection: Rejection) -> AuthError {
    tracing::debug!(event = "access_token_refused", %rejection);
    AuthError::InvalidToken
}
