//! Account settings: a user changes the password or the name, or deletes the account.

use rotation::{Attempt, Decision};
use shared::body::PasswordRequest;
use shared::{EventKind, RevocationReason, Secret};

use super::accounts::Accounts;
use crate::auth::account::rules;
use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::login::known_device::Slot;
use crate::auth::login::known_device::list::{KeptDevices, PresentedDevices};
use crate::auth::login::password_hasher::{Priority, Verification};
use crate::auth::session::callers::Authenticated;
use crate::auth::token::issue_tokens::IssuedTokens;
use crate::auth::token::issue_tokens::successor;
use crate::store::{AccountTag, Change, ClientInfo, Outcome, Session, User};
use crate::telemetry::AUDIT;

impl Accounts {
    /// Sets a new password for a user who gives the current one. A client that lost the answer retries with the same
    /// attempt key: here, or at refresh.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] if the current password is wrong, [`AuthError::Invalid`] if the new one
    /// breaks a rule, [`AuthError::DuplicateAttempt`] for a late copy.
    pub async fn change_password(
        &self,
        caller: &Caller,
        request: &PasswordRequest,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<IssuedTokens, AuthError> {
        let Authenticated { user, session } = self.sessions.look_up(caller).await?;
        let (email, name) = (user.email.shown(), user.name.as_deref().unwrap_or_default());
        rules::new_password("new_password", &request.new_password, &email, name)
            .map_err(|error| AuthError::Invalid(vec![error]))?;
        let current = &request.current_password;
        if !self.is_password_of(&user, session.id, current, client).await? {
            return self.answer_again(request, attempt, (user, session), client).await;
        }
        let priority = Priority::KnownAccount(AccountTag::of(&user.email));
        let hash = self.hasher.hash(&request.new_password, priority).await?;
        let hashes = (user.password_hash.as_str(), hash.as_str());
        match self.sessions.change_password(caller, hashes, attempt, client).await {
            // A concurrent change was faster; perhaps a retry of this call.
            Err(AuthError::InvalidCredentials) => {
                let Authenticated { user, session } = self.sessions.look_up(caller).await?;
                self.answer_again(request, attempt, (user, session), client).await
            }
            other => other,
        }
    }

    /// The current password is not the request's. If this attempt has changed it, the request is a retry whose answer
    /// was lost.
    async fn answer_again(
        &self,
        request: &PasswordRequest,
        attempt: Option<&Attempt>,
        (user, session): (User, Session),
        client: &ClientInfo,
    ) -> Result<IssuedTokens, AuthError> {
        let decision = self.sessions.decide_untold(&session, attempt);
        if decision == Decision::AnswerAgain && self.knows(&request.new_password, &user).await? {
            self.reset_failures([AccountTag::of_session(session.id)]).await;
            let generation = successor(session.family.generation)?;
            return self.sessions.issue_tokens(&session, user, generation).await;
        }
        let event = self.event(EventKind::ConfirmFailed, &user, client);
        self.sessions.event_log.note(vec![event.in_session(session.id)]).await;
        Err(AuthError::InvalidCredentials)
    }

    async fn knows(&self, password: &Secret, user: &User) -> Result<bool, AuthError> {
        let permit =
            self.hasher.permit(Priority::KnownAccount(AccountTag::of(&user.email))).await?;
        let verdict = self.hasher.verify(permit, password, Some(&user.password_hash)).await?;
        Ok(verdict != Verification::Wrong)
    }

    /// Sets another name, or none.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] if it breaks a rule.
    pub async fn rename(
        &self,
        caller: &Caller,
        name: Option<&str>,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let name = rules::name(name).map_err(|error| AuthError::Invalid(vec![error]))?;
        let Some(Authenticated { user, session }) = self.sessions.begin_change(caller).await?
        else {
            return Ok(());
        };
        let event = self.sessions.event_log.event(EventKind::NameChanged, Some(user.id), client);
        let rename = Change::Rename { user: user.id, name };
        let events = vec![event.in_session(session.id)];
        found(&self.sessions.idempotency.commit_for(caller, rename, events).await?)
    }

    /// Deletes the account: revokes all of its sessions and keeps no personal data. Returns the browser's new list of
    /// known devices, if it changes.
    ///
    /// # Errors
    /// If the session is no longer active, or storage fails.
    pub async fn delete(
        &self,
        caller: &Caller,
        devices: &PresentedDevices,
    ) -> Result<Option<KeptDevices>, AuthError> {
        let Some(Authenticated { user, .. }) = self.sessions.begin_change(caller).await? else {
            // The address is deleted, so the browser's list cannot be corrected by it.
            return Ok(None);
        };
        let revocation = self.sessions.event_log.revocation(RevocationReason::Deleted);
        let erase = Change::Erase(user.id, revocation);
        found(&self.sessions.idempotency.commit_for(caller, erase, Vec::new()).await?)?;
        // A later account with this address may be another person's: reset its count.
        let account = AccountTag::of(&user.email);
        self.reset_failures([account]).await;
        tracing::info!(target: AUDIT, event = "deleted", user = %user.id);
        Ok(devices.without(Slot::of(&account)))
    }
}

/// If the account is no longer there and enabled, the caller's session is revoked.
const fn found(outcome: &Outcome) -> Result<(), AuthError> {
    if outcome.took_place() { Ok(()) } else { Err(AuthError::InvalidToken) }
}
