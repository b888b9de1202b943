//! Account settings: a user changes the password or the name, or deletes the account.

use std::sync::Arc;

use rotation::{Attempt, Decision};
use shared::body::PasswordRequest;
use shared::{EventKind, RevocationReason};

use super::password_change::PasswordChanges;
use super::rules;
use crate::auth::caller::Caller;
use crate::auth::deadline::within_deadline;
use crate::auth::error::AuthError;
use crate::auth::idempotency::IdempotencyKeys;
use crate::auth::login::known_device::Slot;
use crate::auth::login::known_device::list::{KeptDevices, PresentedDevices};
use crate::auth::login::password_check::PasswordChecks;
use crate::auth::login::password_hasher::Priority;
use crate::auth::request_context::RequestContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::callers::{Authenticated, Callers};
use crate::auth::token::issue_tokens::{IssuedTokens, TokenIssuer, successor};
use crate::store::{AccountTag, Change, Outcome, Session, User};
use crate::telemetry::AUDIT;

/// The settings of accounts.
pub struct AccountSettings {
    /// Stores changes, and logs them.
    pub event_log: SecurityEventLog,
    /// Stores idempotency keys with changes.
    pub idempotency: IdempotencyKeys,
    /// Loads the caller.
    pub callers: Arc<Callers>,
    /// Verifies the current password.
    pub passwords: PasswordChecks,
    /// Replaces the password's hash.
    pub changes: PasswordChanges,
    /// Issues the answer to a retry.
    pub issuer: Arc<TokenIssuer>,
}

impl AccountSettings {
    /// Sets a new password for a user who gives the current one. A client that lost the answer retries with the same
    /// attempt key: here, or at refresh.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] if the current password is wrong, [`AuthError::Invalid`] if the new one
    /// breaks a rule, [`AuthError::DuplicateAttempt`] for a late copy; [`AuthError::NotForNativeClients`], because
    /// the next refresh token is sent in a cookie.
    pub async fn change_password(
        &self,
        caller: &Caller,
        request: &PasswordRequest,
        attempt: Option<&Attempt>,
        context: &RequestContext,
    ) -> Result<IssuedTokens, AuthError> {
        let Authenticated { user, session } = self.callers.look_up(caller).await?;
        if session.client_id.is_some() {
            return Err(AuthError::NotForNativeClients);
        }
        let (email, name) = (user.email.shown(), user.name.as_deref().unwrap_or_default());
        rules::new_password("new_password", &request.new_password, &email, name)
            .map_err(|error| AuthError::Invalid(vec![error]))?;
        let current = &request.current_password;
        if !self.passwords.is_password_of(&user, session.id, current, &context.client).await? {
            return self.answer_again(request, attempt, user, session, context).await;
        }
        let priority = Priority::KnownAccount(AccountTag::of(&user.email));
        let seen = &user.password_hash;
        // The new password waits for a permit of its own.
        let changed = within_deadline(async {
            let hash = self.passwords.hasher.hash(&request.new_password, priority).await?;
            self.changes.change_password(caller, seen, &hash, attempt, context).await
        });
        match changed.await {
            // A concurrent change was faster; perhaps a retry of this call.
            Err(AuthError::InvalidCredentials) => {
                let Authenticated { user, session } = self.callers.look_up(caller).await?;
                self.answer_again(request, attempt, user, session, context).await
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
        user: User,
        session: Session,
        context: &RequestContext,
    ) -> Result<IssuedTokens, AuthError> {
        // The password may have waited for its turn since the look-up.
        let now = self.event_log.trusted_now()?;
        let decision = self.changes.decide_without_ticket(&session, attempt, now);
        if decision == Decision::AnswerAgain
            && self.passwords.knows(&request.new_password, &user, session.id).await?
        {
            let generation = successor(session.family.generation)?;
            return self.issuer.issue(&session, user, generation).await;
        }
        let event = self.event_log.event(EventKind::ConfirmFailed, Some(user.id), &context.client);
        self.event_log.note(vec![event.in_session(session.id)]).await;
        Err(AuthError::InvalidCredentials)
    }

    /// Sets another name, or none.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] if it breaks a rule.
    pub async fn rename(
        &self,
        caller: &Caller,
        name: Option<&str>,
        context: &RequestContext,
    ) -> Result<(), AuthError> {
        let name = rules::name(name).map_err(|error| AuthError::Invalid(vec![error]))?;
        let Some(Authenticated { user, session }) = self.callers.begin_change(caller).await? else {
            return Ok(());
        };
        let event = self.event_log.event(EventKind::NameChanged, Some(user.id), &context.client);
        let rename = Change::Rename { user: user.id, name };
        let events = vec![event.in_session(session.id)];
        found(&self.idempotency.commit_for(caller, rename, events).await?)
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
        let Some(Authenticated { user, .. }) = self.callers.begin_change(caller).await? else {
            // The address is deleted, so the browser's list cannot be corrected by it.
            return Ok(None);
        };
        let revocation = self.event_log.revocation(RevocationReason::Deleted);
        let erase = Change::Erase(user.id, revocation);
        found(&self.idempotency.commit_for(caller, erase, Vec::new()).await?)?;
        // A later account with this address may be another person's: reset its count.
        let account = AccountTag::of(&user.email);
        self.passwords.throttle.reset([account]).await;
        tracing::info!(target: AUDIT, event = "deleted", user = %user.id);
        Ok(devices.without(Slot::of(&account)))
    }
}

/// If the account is no longer there and enabled, the caller's session is revoked.
const fn found(outcome: &Outcome) -> Result<(), AuthError> {
    if outcome.took_place() { Ok(()) } else { Err(AuthError::InvalidToken) }
}
