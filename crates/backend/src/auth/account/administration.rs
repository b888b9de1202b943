//! What an administrator does to accounts and sessions. It must not authenticate the administrator: the database's
//! credentials authorize all of this.

use shared::body::RegisterRequest;
use shared::{EventKind, RevocationReason};

use super::rules::validated;
use super::spelling::{self, is_taken_as_typed};
use crate::auth::error::AuthError;
use crate::auth::login::password_hasher::{PasswordHasher, Priority};
use crate::auth::revocation::bulk_revocation::{Progress, revoke_all_of, revoke_in_parts};
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{AccountTag, Change, ClientInfo, Event, PartScope, StoreError, User};

/// Accounts and sessions, managed by an administrator.
pub struct Administration {
    /// Stores users and sessions, and logs each change.
    pub event_log: SecurityEventLog,
    /// Hashes the passwords of new users.
    pub hasher: PasswordHasher,
}

impl Administration {
    /// Adds a user without a session, by the rules of a registration.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] with every field that breaks a rule, [`AuthError::EmailTaken`], or a failure of
    /// storage.
    pub async fn add_user(&self, request: &RegisterRequest) -> Result<User, AuthError> {
        let (email, name) = validated(request)?;
        if is_taken_as_typed(&*self.event_log.store, &request.email).await? {
            return Err(AuthError::EmailTaken);
        }
        let now = self.event_log.now();
        let user = User {
            id: self.event_log.entropy.user_id(now),
            email,
            name,
            password_hash: self.hasher.hash(&request.password, Priority::Normal).await?,
            created_at: now,
            disabled_at: None,
        };
        let add = Change::AddUser(Box::new(user.clone()));
        let added =
            self.event_log.commit(add, vec![self.event(EventKind::Registered, &user)]).await?;
        if added.took_place() { Ok(user) } else { Err(AuthError::EmailTaken) }
    }

    /// The user with this email address, in any spelling; of two who share an address, the user of this spelling.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn find(&self, email: &str) -> Result<Option<User>, StoreError> {
        match spelling::meant(&*self.event_log.store, email).await? {
            Some(email) => self.event_log.store.find_user(&email).await,
            None => Ok(None),
        }
    }

    /// Disables the user, who can no longer log in, and revokes all of their sessions. Returns how many. For a user
    /// who was disabled before, it revokes the sessions that a failure left.
    ///
    /// # Errors
    /// If storage fails. Then the user is not disabled, or a retry revokes the remaining sessions.
    pub async fn disable(&self, user: &User, progress: Progress<'_>) -> Result<u64, StoreError> {
        let revocation = self.event_log.revocation(RevocationReason::Disabled);
        let event = self.event(EventKind::Disabled, user).because(RevocationReason::Disabled);
        let disable = Change::Disable(user.id, revocation);
        let disabled = self.event_log.commit(disable, vec![event]).await?;
        let first = disabled.revoked.len() as u64;
        progress(first);
        let (event_log, reason) = (&self.event_log, RevocationReason::Disabled);
        let mut more = |sessions: u64| progress(first + sessions);
        Ok(first + revoke_all_of(event_log, user.id, reason, &mut more).await?)
    }

    /// Enables the user, who can log in again, and resets their failed logins.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn enable(&self, user: &User) -> Result<(), StoreError> {
        let event = self.event(EventKind::Enabled, user);
        self.event_log.commit(Change::Enable(user.id), vec![event]).await?;
        let forget = Change::ForgetFailures(AccountTag::of(&user.email));
        self.event_log.commit(forget, Vec::new()).await?;
        Ok(())
    }

    /// Revokes all of a user's sessions, each with an event of its own. Returns how many.
    ///
    /// # Errors
    /// If storage fails. A retry revokes the remaining sessions.
    pub async fn revoke_sessions(
        &self,
        user: &User,
        progress: Progress<'_>,
    ) -> Result<u64, StoreError> {
        let reason = RevocationReason::Administrator;
        revoke_all_of(&self.event_log, user.id, reason, progress).await
    }

    /// Revokes the sessions of all users, in parts, each with an event of its own. Returns how many.
    ///
    /// # Errors
    /// As [`revoke_in_parts`].
    pub async fn revoke_everyones(&self, progress: Progress<'_>) -> Result<u64, StoreError> {
        let reason = RevocationReason::Administrator;
        revoke_in_parts(&self.event_log, &PartScope::All, reason, progress).await
    }

    fn event(&self, kind: EventKind, user: &User) -> Event {
        self.event_log.event(kind, Some(user.id), &ClientInfo::unknown())
    }
}
