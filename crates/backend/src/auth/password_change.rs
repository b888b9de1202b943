//! What a change of password does to sessions. It must not know passwords: hashes are handed in.

use rotation::Attempt;
use shared::{EndCause, EventKind};

use super::callers::{Authenticated, Caller};
use super::sessions::{Sessions, successor};
use super::{AuthError, Grant};
use crate::store::{Accepted, Change, PasswordChange, Session, User, Whence};

/// How often a change that lost a race reads again. A loser finds what the winner wrote.
const ROUNDS: usize = 8;

impl Sessions {
    /// Sets another hash in the place of the one that was `seen`, ends all other sessions, and passes
    /// this one's refresh token on: a copy of the one before is worth nothing from now on. It is a
    /// rotation like any other: whoever loses the answer asks again, at refresh, with the same attempt
    /// key.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] if another hash stands there by now;
    /// [`AuthError::DuplicateAttempt`] if the key has been used for a rotation: then nothing was changed.
    pub async fn change_password(
        &self,
        caller: &Caller,
        (seen, hash): (&str, &str),
        attempt: Option<&Attempt>,
        whence: &Whence,
    ) -> Result<Grant, AuthError> {
        for _ in 0..ROUNDS {
            let Authenticated { user, session } = self.look_up(caller).await?;
            if user.password_hash != seen {
                return Err(AuthError::InvalidCredentials);
            }
            // The client has given this up meanwhile and asked at refresh, with this key, as it should:
            // it holds the ticket that it got there. Another rotation would make that one an old one, and
            // the client a thief.
            let used = [&session.family.attempt, &session.family.previous_attempt];
            if attempt.is_some() && used.iter().any(|used| used.as_ref() == attempt) {
                return Err(AuthError::DuplicateAttempt);
            }
            let change = (hash.to_owned(), attempt);
            if let Some(grant) = self.try_to_change(user, session, change, whence).await? {
                return Ok(grant);
            }
        }
        Err(AuthError::Contended)
    }

    async fn try_to_change(
        &self,
        user: User,
        session: Session,
        (hash, attempt): (String, Option<&Attempt>),
        whence: &Whence,
    ) -> Result<Option<Grant>, AuthError> {
        let now = self.journal.now();
        let seen = session.family.generation;
        let accepted = successor(seen)?;
        let family = session.family.accepted(accepted, attempt.cloned(), now);
        let session = Session { family: family.clone(), authenticated_at: now, ..session };
        let change = PasswordChange {
            user: user.id,
            seen: user.password_hash.clone(),
            hash,
            session: session.id,
            accepted: Accepted { seen, family, whence: whence.clone() },
            ending: self.journal.ending(EndCause::PasswordChange),
        };
        let event = self.journal.event(EventKind::PasswordChanged, Some(user.id), whence);
        let change = Change::ChangePassword(Box::new(change));
        if !self.journal.commit(change, vec![event.in_session(session.id)]).await?.took_place() {
            return Ok(None);
        }
        self.grant(&session, user, successor(accepted)?).map(Some)
    }
}
