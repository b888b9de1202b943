//! A password change revokes all other sessions and rotates the caller's refresh token. Why it is a rotation:
//! docs/decisions/0013-a-password-change-is-a-rotation-without-a-ticket.md.

use std::sync::Arc;

use rotation::{Attempt, Decision, Policy, decide};
use shared::{EventKind, NumericDate, RevocationReason};

use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::request_context::RequestContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::callers::{Authenticated, Callers};
use crate::auth::token::issue_tokens::{IssuedTokens, TokenIssuer, successor};
use crate::store::{Accepted, Change, PasswordChange, Session};

/// How often a change that lost a race retries. The loser reads what the winner wrote.
const ROUNDS: usize = 8;

/// Replaces password hashes.
pub struct PasswordChanges {
    /// Stores changes, and logs them.
    pub event_log: SecurityEventLog,
    /// Loads the caller.
    pub callers: Arc<Callers>,
    /// Issues the next tokens.
    pub issuer: Arc<TokenIssuer>,
    /// The idle and absolute expiry of sessions.
    pub policy: Policy,
}

impl PasswordChanges {
    /// Replaces the `seen` password hash, revokes all other sessions, and rotates the caller's refresh token. The
    /// call presents no ticket, so the browser's generation follows from its attempt key
    /// ([`Family::held_by`](rotation::Family::held_by)), and is decided as in any other rotation.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] if the stored hash has changed; [`AuthError::DuplicateAttempt`] for a late
    /// copy of an attempt that was answered.
    pub async fn change_password(
        &self,
        caller: &Caller,
        seen: &str,
        hash: &str,
        attempt: Option<&Attempt>,
        context: &RequestContext,
    ) -> Result<IssuedTokens, AuthError> {
        for _ in 0..ROUNDS {
            let found = self.callers.look_up(caller).await?;
            if found.user.password_hash != seen {
                return Err(AuthError::InvalidCredentials);
            }
            if let Some(tokens) = self.try_to_change(found, hash, attempt, context).await? {
                return Ok(tokens);
            }
        }
        Err(AuthError::Contended)
    }

    /// Decides a rotation without a ticket.
    pub(in crate::auth) fn decide_without_ticket(
        &self,
        session: &Session,
        attempt: Option<&Attempt>,
        now: NumericDate,
    ) -> Decision {
        let held = session.family.held_by(attempt);
        decide(&session.family, held, attempt, now, self.policy)
    }

    /// In one conditional write. `None`: a concurrent call was faster.
    async fn try_to_change(
        &self,
        Authenticated { user, session }: Authenticated,
        hash: &str,
        attempt: Option<&Attempt>,
        context: &RequestContext,
    ) -> Result<Option<IssuedTokens>, AuthError> {
        let seen = session.family.generation;
        // Not when the request arrived: verifying the password has waited.
        let now = self.event_log.trusted_now()?;
        let family = match self.decide_without_ticket(&session, attempt, now) {
            Decision::Accept { generation } => {
                session.family.accepted(generation, attempt.cloned(), now)
            }
            // A refresh with the same key was faster: it was answered with the next ticket.
            Decision::AnswerAgain => session.family.clone(),
            Decision::Duplicate => return Err(AuthError::DuplicateAttempt),
            // No ticket was presented, so none was replayed: the session is expired.
            Decision::Replay | Decision::Refuse(_) => return Err(AuthError::InvalidToken),
        };
        let session = Session { family: family.clone(), authenticated_at: now, ..session };
        let change = PasswordChange {
            user: user.id,
            seen: user.password_hash.clone(),
            hash: hash.to_owned(),
            session: session.id,
            accepted: Accepted { seen, family, client: context.client.clone() },
            revocation: self.event_log.revocation(RevocationReason::PasswordChange),
        };
        let event =
            self.event_log.event(EventKind::PasswordChanged, Some(user.id), &context.client);
        let change = Change::ChangePassword(Box::new(change));
        if !self.event_log.commit(change, vec![event.in_session(session.id)]).await?.took_place() {
            return Ok(None);
        }
        let generation = successor(session.family.generation)?;
        self.issuer.issue(&session, user, generation).await.map(Some)
    }
}
