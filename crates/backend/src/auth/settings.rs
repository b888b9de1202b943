//! What a user changes about their account: password, name, and its end. It must not know what a
//! session's tokens are made of.

use rotation::Attempt;
use shared::body::PasswordRequest;
use shared::{EndCause, EventKind};

use super::accounts::Accounts;
use super::callers::{Authenticated, Caller};
use super::password::Verdict;
use super::{AuthError, Grant, rules};
use crate::store::{Change, User, Whence};

impl Accounts {
    /// Sets another password for somebody who knows the current one.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] if the current password is another one, [`AuthError::Invalid`]
    /// if the new one breaks a rule; otherwise as [`Sessions::change_password`](super::sessions::Sessions).
    pub async fn change_password(
        &self,
        caller: &Caller,
        request: &PasswordRequest,
        attempt: Option<&Attempt>,
        whence: &Whence,
    ) -> Result<Grant, AuthError> {
        let Authenticated { user, .. } = self.sessions.look_up(caller).await?;
        self.check_passwords(&user, request).await?;
        let hash = self.passwords.hash(&request.new_password).await?;
        self.sessions.change_password(caller, (&user.password_hash, &hash), attempt, whence).await
    }

    async fn check_passwords(
        &self,
        user: &User,
        request: &PasswordRequest,
    ) -> Result<(), AuthError> {
        let (email, name) = (user.email.as_str(), user.name.as_deref().unwrap_or_default());
        let new = rules::new_password("new_password", &request.new_password, email, name);
        new.map_err(|error| AuthError::Invalid(vec![error]))?;
        let current = self.passwords.verify(&request.current_password, Some(&user.password_hash));
        if current.await? == Verdict::Wrong { Err(AuthError::InvalidCredentials) } else { Ok(()) }
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
