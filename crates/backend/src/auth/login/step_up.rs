//! Step-up (RFC 9470): a user reauthenticates within a session. Demanded by `http/guard/recent_login.rs` and
//! `auth/risk.rs`.

use std::sync::Arc;

use rotation::{Attempt, Decision};
use shared::{EventKind, NumericDate, Secret, SessionId};

use super::device_tokens::DeviceTokens;
use super::password_check::PasswordChecks;
use super::signed_in::SignedIn;
use crate::auth::error::AuthError;
use crate::auth::idempotency::{IdempotencyKeys, KeyedRequest};
use crate::auth::request_context::{RequestContext, SignInContext};
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::refresh::{Judged, Sessions};
use crate::auth::session::tickets::Found;
use crate::store::{AccountTag, Change};

/// Reauthenticates users within their sessions.
pub struct StepUp {
    /// Judges and answers the refresh token.
    pub sessions: Arc<Sessions>,
    /// Stores that a user has reauthenticated, and logs it.
    pub event_log: SecurityEventLog,
    /// Recognises retries.
    pub idempotency: IdempotencyKeys,
    /// Verifies the password.
    pub passwords: PasswordChecks,
    /// Recognises the device.
    pub devices: DeviceTokens,
    /// The greatest age of the last authentication, for calls that want a recent login.
    pub recent_login_seconds: i64,
}

impl StepUp {
    /// A refresh with the password. The user reauthenticates, and the client's address and device
    /// count as usual from now on.
    ///
    /// # Errors
    /// As [`Sessions::refresh`], and [`AuthError::InvalidCredentials`] for a wrong password: then no state changed.
    pub async fn confirm(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        password: &Secret,
        context: &SignInContext,
    ) -> Result<SignedIn, AuthError> {
        let request = &context.request;
        // Checked before the password costs a hash, and before any state changes.
        let judge = self.sessions.judge(presented, attempt, request);
        let Judged { decision, found, .. } =
            self.sessions.within_limits(judge, presented, request).await?;
        let mut devices = None;
        if matches!(decision, Decision::Accept { .. } | Decision::AnswerAgain) {
            let account = AccountTag::of(&found.user.email);
            self.confirm_password(found, password, attempt, request).await?;
            let now = request.now;
            let known = self.devices.recognise(&context.devices, &account, now);
            devices = self.devices.kept(&context.devices, known, &account, now);
        }
        // Every other decision about the ticket is answered there.
        let judged = self.sessions.judge(presented, attempt, request).await?;
        let tokens = self.sessions.answer(judged, presented, attempt, request).await?;
        Ok(SignedIn { tokens, devices, is_anothers: false })
    }

    async fn confirm_password(
        &self,
        Found { user, session, .. }: Found,
        password: &Secret,
        attempt: Option<&Attempt>,
        request: &RequestContext,
    ) -> Result<(), AuthError> {
        let (session, client) = (session.id, &request.client);
        let event = |kind| self.event_log.event(kind, Some(user.id), client).in_session(session);
        if !self.passwords.is_password_of(&user, session, password, client).await? {
            self.event_log.note(vec![event(EventKind::ConfirmFailed)]).await;
            return Err(AuthError::InvalidCredentials);
        }
        let event_log = &self.event_log;
        // Read now: verification may have waited, and the clock may have come into doubt.
        let now = event_log.trusted_now()?;
        let confirm = Change::Confirm { session, at: now, client: client.clone() };
        // A retry confirms no second time.
        let keyed = attempt.map(|attempt| KeyedRequest::of_confirmation(attempt, session));
        let events = vec![event(EventKind::Confirmed)];
        let (keyed, change) = (keyed.as_ref(), confirm.clone());
        let outcome = self
            .idempotency
            .commit_keyed(keyed, user.id, Some(session), change, events.clone())
            .await?;
        // Unless the session has come to require step-up again since.
        if !outcome.took_place() && keyed.is_some() && self.is_wanted(session, now).await? {
            event_log.commit(confirm, events).await?;
        }
        Ok(())
    }

    /// Whether this session requires step-up: to continue, or for a call that wants a recent login (RFC 9470).
    async fn is_wanted(&self, session: SessionId, now: NumericDate) -> Result<bool, AuthError> {
        let found = self.event_log.store.find_session(session).await?;
        Ok(found.is_some_and(|(session, _)| {
            let age = now.since(session.authenticated_at);
            session.step_up_required_at.is_some() || age > self.recent_login_seconds
        }))
    }
}
