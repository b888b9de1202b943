//! The answer to a retry of a sign-in, by its idempotency key: the session of the first request.

use std::sync::Arc;

use rotation::{Generation, SignIn, decide_sign_in};
use shared::EventKind;

use crate::auth::error::AuthError;
use crate::auth::risk::network::network;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::token::issue_tokens::{IssuedTokens, TokenIssuer};
use crate::store::{ClientInfo, UsedKey, User};

/// Where a retry of a sign-in comes from, compared with the session that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The same network and device, as far as known.
    Same,
    /// Another network or device: a browser that has moved, or a thief who has copied the whole request. The
    /// session's events show it.
    Another,
}

impl Place {
    fn of_copy(session: &ClientInfo, copy: &ClientInfo) -> (Self, Vec<EventKind>) {
        let mut kinds = Vec::new();
        if network(session.address) != network(copy.address) {
            kinds.push(EventKind::NewNetwork);
        }
        if session.device != copy.device {
            kinds.push(EventKind::NewDevice);
        }
        (if kinds.is_empty() { Self::Same } else { Self::Another }, kinds)
    }
}

/// Answers retries of sign-ins.
pub struct SignInRetries {
    /// Logs the answer.
    pub event_log: SecurityEventLog,
    /// Issues the same tokens again.
    pub issuer: Arc<TokenIssuer>,
}

impl SignInRetries {
    /// Answers the retry of a sign-in whose password was verified: with the session that the same attempt has
    /// created, and with ticket 1, which is computed and not stored.
    ///
    /// # Errors
    /// [`AuthError::DuplicateAttempt`] if that session was refreshed, is revoked or expired: ticket 1 is not issued
    /// again. [`AuthError::IdempotencyKeyReused`] if it is another user's: of two accounts whose addresses differ in
    /// spelling.
    pub async fn answer(
        &self,
        earlier: &UsedKey,
        user: User,
        client: &ClientInfo,
    ) -> Result<(IssuedTokens, Place), AuthError> {
        if earlier.user != user.id {
            return Err(AuthError::IdempotencyKeyReused);
        }
        // Taken before the row is read, as in `judge`: by a later clock the row as read could have expired.
        let now = self.event_log.trusted_now()?;
        let found = match earlier.session {
            Some(session) => self.event_log.store.find_session(session).await?,
            None => None,
        };
        let Some((session, _)) = found else {
            return Err(AuthError::DuplicateAttempt);
        };
        match decide_sign_in(Some(&session.family), now, self.issuer.policy) {
            SignIn::AnswerAgain => {
                let (place, kinds) = Place::of_copy(&session.client, client);
                let events = [EventKind::AnsweredAgain].into_iter().chain(kinds).map(|kind| {
                    self.event_log.event(kind, Some(user.id), client).in_session(session.id)
                });
                self.event_log.note(events.collect()).await;
                Ok((self.issuer.issue(&session, user, Generation::FIRST).await?, place))
            }
            SignIn::Begin | SignIn::Duplicate => Err(AuthError::DuplicateAttempt),
        }
    }
}
