//! What a user changes about their account: password, name, and its end. It must not know what a
//! session's tokens are made of.

use rotation::Attempt;
use shared::body::PasswordRequest;
use shared::{EndCause, EventKind};

use super::accounts::Accounts;
use super::callers::{Authenticated, Caller};
use super::sessions::successor;
use super::{AuthError, Grant, rules};
use crate::store::{Accepted, Change, PasswordChange, Session, User, Whence};

/// How often a change that lost a race reads again. A loser finds what the winner wrote.
const ROUNDS: usize = 8;

impl Accounts {
    /// Sets another password, ends all other sessions, and passes this one's refresh token on: a copy
    /// of the one before is worth nothing from now on. It is a rotation like any other: whoever loses
    /// the answer asks again, at refresh, with the same attempt key.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] if the current password is another one, [`AuthError::Invalid`]
    /// if the new one breaks a rule.
    pub async fn change_password(
        &self,
        caller: &Caller,
        request: &PasswordRequest,
        attempt: Option<&Attempt>,
        whence: &Whence,
    ) -> Result<Grant, AuthError> {
        let Authenticated { user, session } = self.sessions.look_up(caller).await?;
        let (email, name) = (user.email.as_str(), user.name.as_deref().unwrap_or_default());
        let new = rules::new_password("new_password", &request.new_password, email, name);
        new.map_err(|error| AuthError::Invalid(vec![error]))?;
        if !self.is_password_of(&user, session.id, &request.current_password, whence).await? {
            let event = self.event(EventKind::ConfirmFailed, &user, whence);
            self.sessions.journal.note(vec![event.in_session(session.id)]).await;
            return Err(AuthError::InvalidCredentials);
        }
        let hash = self.passwords.hash(&request.new_password).await?;
        for _ in 0..ROUNDS {
            let Authenticated { user: now, session } = self.sessions.look_up(caller).await?;
            if now.password_hash != user.password_hash {
                return Err(AuthError::InvalidCredentials);
            }
            let change = (hash.clone(), attempt);
            if let Some(grant) = self.try_to_change(now, session, change, whence).await? {
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
        let journal = &self.sessions.journal;
        let now = journal.now();
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
            ending: journal.ending(EndCause::PasswordChange),
        };
        let event = journal.event(EventKind::PasswordChanged, Some(user.id), whence);
        let change = Change::ChangePassword(Box::new(change));
        if !journal.commit(change, vec![event.in_session(session.id)]).await?.took_place() {
            return Ok(None);
        }
        self.sessions.grant(&session, user, successor(accepted)?).map(Some)
    }

    /// Sets another name, or none.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] if it breaks a rule.
    pub async fn rename(
        &self,
        caller: &Caller,
        name: Option<&str>,
        whence: &Whence,
    ) -> Result<(), AuthError> {
        let name = rules::name(name).map_err(|error| AuthError::Invalid(vec![error]))?;
        let Authenticated { user, session } = self.sessions.look_up(caller).await?;
        let event = self.sessions.journal.event(EventKind::NameChanged, Some(user.id), whence);
        let rename = Change::Rename { user: user.id, name };
        self.sessions.journal.commit(rename, vec![event.in_session(session.id)]).await?;
        Ok(())
    }

    /// Deletes the account: all of its sessions end, and nothing personal is kept.
    ///
    /// # Errors
    /// If the session has ended, or storage fails.
    pub async fn delete(&self, caller: &Caller) -> Result<(), AuthError> {
        let Authenticated { user, .. } = self.sessions.look_up(caller).await?;
        let ending = self.sessions.journal.ending(EndCause::Deleted);
        self.sessions.journal.commit(Change::Erase(user.id, ending), Vec::new()).await?;
        tracing::info!(event = "deleted", user = %user.id);
        Ok(())
    }
}
