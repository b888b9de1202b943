//! What an administrator does to accounts and sessions, without being anybody's user. It must not know who
//! the administrator is: whoever may use the database's credentials may do all of this.

use shared::body::RegisterRequest;
use shared::{EventKind, RevocationReason};

use super::AuthError;
use super::accounts::validated;
use super::bulk_revocation::Progress;
use super::password_hasher::{PasswordHasher, Priority};
use super::security_event_log::SecurityEventLog;
use super::spelling::{self, is_taken_as_typed};
use crate::store::{AccountTag, Change, ClientInfo, Event, StoreError, User};

/// Accounts and sessions in an administrator's hands.
pub struct Administration {
    /// Where they are stored, and told of.
    pub event_log: SecurityEventLog,
    /// Hashes the passwords of new users.
    pub hasher: PasswordHasher,
}

impl Administration {
    /// Adds a user who has no session yet, by the rules that hold for everybody.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] with every field that breaks a rule, [`AuthError::EmailTaken`], or a
    /// failure of storage.
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

    /// The user with this email address, however it is written; of two who share one, the user whose spelling it is.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn find(&self, email: &str) -> Result<Option<User>, StoreError> {
        match spelling::meant(&*self.event_log.store, email).await? {
            Some(email) => self.event_log.store.find_user(&email).await,
            None => Ok(None),
        }
    }

    /// From now on the user may not log in, and all of their sessions are over. How many that were. Of one who
    /// was disabled before, it ends what a failure left.
    ///
    /// # Errors
    /// If storage fails. Then the user is not disabled, or a repeat ends the sessions that are left.
    pub async fn disable(&self, user: &User) -> Result<u64, StoreError> {
        let revocation = self.event_log.revocation(RevocationReason::Disabled);
        let event = self.event(EventKind::Disabled, user).because(RevocationReason::Disabled);
        let disable = Change::Disable(user.id, revocation);
        let disabled = self.event_log.commit(disable, vec![event]).await?;
        Ok(disabled.revoked.len() as u64
            + self.event_log.revoke_all_of(user.id, RevocationReason::Disabled).await?)
    }

    /// From now on the user may log in, and logins that failed before do not count.
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

    /// Ends all of a user's sessions, each with an event of its own. How many that were.
    ///
    /// # Errors
    /// If storage fails. A repeat ends the sessions that are left.
    pub async fn revoke_sessions(&self, user: &User) -> Result<u64, StoreError> {
        self.event_log.revoke_all_of(user.id, RevocationReason::Administrator).await
    }

    /// Ends everyone's sessions, in parts, each with an event of its own. How many that were.
    ///
    /// # Errors
    /// As [`SecurityEventLog::revoke_in_parts`].
    pub async fn revoke_everyones(&self, progress: Progress<'_>) -> Result<u64, StoreError> {
        self.event_log.revoke_in_parts(None, RevocationReason::Administrator, progress).await
    }

    fn event(&self, kind: EventKind, user: &User) -> Event {
        self.event_log.event(kind, Some(user.id), &ClientInfo::unknown())
    }
}
