//! What a change of password does to sessions. It must not know passwords: hashes are handed in. Why it is
//! a rotation: docs/decisions/0013-a-password-change-is-a-rotation-without-a-ticket.md.

use rotation::{Attempt, Decision, decide};
use shared::{EventKind, RevocationReason};

use super::callers::{Authenticated, Caller};
use super::issue_tokens::successor;
use super::sessions::Sessions;
use super::{AuthError, IssuedTokens};
use crate::store::{Accepted, Change, ClientInfo, PasswordChange, Session};

/// How often a change that lost a race reads again. A loser finds what the winner wrote.
const ROUNDS: usize = 8;

impl Sessions {
    /// Sets another hash in the place of the one that was `seen`, ends all other sessions, and passes
    /// this one's refresh token on. The call presents no ticket, so which one its browser holds follows
    /// from its attempt key ([`Family::held_by`](rotation::Family::held_by)); what that means is decided
    /// as for any other rotation.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] if another hash stands there by now;
    /// [`AuthError::DuplicateAttempt`] for a late copy of an attempt that was answered.
    pub async fn change_password(
        &self,
        caller: &Caller,
        (seen, hash): (&str, &str),
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<IssuedTokens, AuthError> {
        for _ in 0..ROUNDS {
            let found = self.look_up(caller).await?;
            if found.user.password_hash != seen {
                return Err(AuthError::InvalidCredentials);
            }
            if let Some(tokens) = self.try_to_change(found, hash, attempt, client).await? {
                return Ok(tokens);
            }
        }
        Err(AuthError::Contended)
    }

    /// What a rotation without a ticket means.
    pub(super) fn decide_untold(&self, session: &Session, attempt: Option<&Attempt>) -> Decision {
        let held = session.family.held_by(attempt);
        decide(&session.family, held, attempt, self.event_log.now(), self.policy)
    }

    /// All in one change. `None`: somebody else changed something meanwhile.
    async fn try_to_change(
        &self,
        Authenticated { user, session }: Authenticated,
        hash: &str,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<Option<IssuedTokens>, AuthError> {
        let (seen, now) = (session.family.generation, self.event_log.trusted_now()?);
        let family = match self.decide_untold(&session, attempt) {
            Decision::Accept { generation } => {
                session.family.accepted(generation, attempt.cloned(), now)
            }
            // A refresh has gone first, with the same key: it was answered with the next ticket.
            Decision::AnswerAgain => session.family.clone(),
            Decision::Duplicate => return Err(AuthError::DuplicateAttempt),
            // Without a ticket nobody replays one; the session has run into its limits.
            Decision::Replay | Decision::Refuse(_) => return Err(AuthError::InvalidToken),
        };
        let session = Session { family: family.clone(), authenticated_at: now, ..session };
        let change = PasswordChange {
            user: user.id,
            seen: user.password_hash.clone(),
            hash: hash.to_owned(),
            session: session.id,
            accepted: Accepted { seen, family, client: client.clone() },
            revocation: self.event_log.revocation(RevocationReason::PasswordChange),
        };
        let event = self.event_log.event(EventKind::PasswordChanged, Some(user.id), client);
        let change = Change::ChangePassword(Box::new(change));
        if !self.event_log.commit(change, vec![event.in_session(session.id)]).await?.took_place() {
            return Ok(None);
        }
        let generation = successor(session.family.generation)?;
        self.issue_tokens(&session, user, generation).await.map(Some)
    }
}
