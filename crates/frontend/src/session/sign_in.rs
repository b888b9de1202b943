//! Registration, login and logout. Each try takes the refresh lock: a late refresh of the former session would
//! otherwise overwrite the new cookie, or bring one back after a logout.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::{LoginRequest, RegisterRequest, SessionBody};
use shared::{ErrorCode, SessionId};

use super::channel::Reason;
use super::idempotent_action::{ActionError, LockTurn, SendMode, is_refused};
use super::logout_failure::LogoutFailure;
use super::rejected::Rejected;
use super::storage_names::DISMISSED;
use super::transient_error::TransientError;
use super::{
    AuthState, Session, SignOutReason, action_keys, address, clock, hint, key_store, local_storage,
    lock,
};
use crate::action::Action;
use crate::api;
use crate::transport::Answer;

impl Session {
    /// Creates an account and begins its first session. An account that an earlier try of this form has created does
    /// not count as a taken address.
    pub(crate) async fn register(self, body: &RegisterRequest) -> Result<(), Rejected> {
        let (action, former) = (api::register(body), self.session_id());
        let begun = self.begin_session(&action).await;
        let begun = if is_refused(&begun, ErrorCode::DuplicateAttempt) {
            // The account exists, and the password is the right one.
            if self.has_session_of(&body.email, former).await {
                Ok(())
            } else {
                self.try_log_in(&as_login(body)).await
            }
        } else if is_refused(&begun, ErrorCode::IdempotencyKeyReused) {
            self.log_in_or_register(&action, body).await
        } else {
            begun
        };
        begun.map_err(rejected)
    }

    /// Begins a session.
    pub(crate) async fn log_in(self, body: &LoginRequest) -> Result<(), Rejected> {
        self.try_log_in(body).await.map_err(rejected)
    }

    async fn try_log_in(self, body: &LoginRequest) -> Result<(), ActionError> {
        let (action, former) = (api::log_in(body), self.session_id());
        let begun = self.begin_session(&action).await;
        if is_refused(&begun, ErrorCode::DuplicateAttempt) {
            if self.has_session_of(&body.email, former).await {
                return Ok(());
            }
        } else if is_refused(&begun, ErrorCode::IdempotencyKeyReused) {
            action_keys::discard(&action).await;
        } else {
            return begun;
        }
        self.begin_session(&action).await
    }

    /// An earlier try of the form, with another name, has used the idempotency key: it may have created this very
    /// account. Its key stays pending until that is known.
    async fn log_in_or_register(
        self,
        action: &Action,
        body: &RegisterRequest,
    ) -> Result<(), ActionError> {
        let mut begun = self.try_log_in(&as_login(body)).await;
        if is_refused(&begun, ErrorCode::InvalidCredentials) {
            // That account is gone, or has another password.
            let registered = self.begin_session(&api::register_again(body)).await;
            if !is_refused(&registered, ErrorCode::EmailTaken) {
                begun = registered;
            }
        }
        if begun.is_ok() {
            action_keys::discard(action).await;
        }
        begun
    }

    async fn begin_session(self, action: &Action) -> Result<(), ActionError> {
        let mut mode =
            SendMode::UnderLock(LockTurn { held: Some(lock::acquire().await), epoch: None });
        let read = Answer::json::<SessionBody>;
        let done = self.send_with_one_key(action, &mut mode, read).await?;
        self.adopt_and_broadcast(done.settle(action).await);
        spawn_local(action_keys::discard_expired());
        Ok(())
    }

    /// Whether this browser has a session of this email address: another tab may have refreshed the session that the
    /// login began, or its cookie has arrived although the answer was lost. A session that was not here before counts
    /// if the server may spell the address like that.
    async fn has_session_of(self, email: &str, former: Option<SessionId>) -> bool {
        let is_of_user = || match self.auth_state_untracked() {
            AuthState::SignedIn(here) if Some(here.session_id) != former => {
                address::may_be_one(email, &here.user.email)
            }
            AuthState::SignedIn(here) => address::is_one(email, &here.user.email),
            _ => false,
        };
        if !is_of_user() {
            let stale = self.token().map(|token| token.serial);
            // The auth state shows the outcome.
            let _ = self.fresh_token(stale).await;
        }
        is_of_user()
    }

    /// Revokes the session in all tabs. If the server is unreachable, the user stays signed in and sees an error: a
    /// logout that only looks like one is worse than none.
    pub(crate) async fn log_out(self) {
        let expected = self.session_id();
        let held = lock::acquire().await;
        // The tab that held the lock may have broadcast a login or a sign-out; let that message arrive.
        clock::pause(0).await;
        if !self.is_still_current(expected) {
            // Ended already; another session was not meant.
            return self.report_other_session();
        }
        // The cookie may be blocked, cleared or another session's; the bearer token names the session all the same.
        let bearer = self.token().map(|token| token.secret);
        let action = api::log_out(expected, bearer);
        // 204 only: a proxy's page has revoked no session.
        let read = |answer: &Answer| (answer.status == 204).then_some(answer.session_ended);
        let mut mode =
            SendMode::UnderLock(LockTurn { held: Some(held), epoch: Some(self.epoch()) });
        let error = match self.send_until_answered(&action, &mut mode, read).await {
            Ok(done) => {
                let session_ended = done.settle(&action).await;
                Self::broadcast_sign_out(expected, Reason::LoggedOut, None);
                clear_stored().await;
                // The answer clears the hint, unless the cookie is of another session.
                if hint::is_there() {
                    drop(mode);
                    return self.identify_session(expected).await;
                }
                hint::forget();
                if self.is_still_current(expected) {
                    self.forget(match session_ended {
                        Some(false) => SignOutReason::LoggedOutHereOnly,
                        _ => SignOutReason::LoggedOut,
                    });
                }
                return self.report_other_session();
            }
            Err(ActionError::Refused { answer, .. })
                if answer.is(ErrorCode::PreconditionFailed) =>
            {
                drop(mode);
                return self.identify_session(expected).await;
            }
            Err(ActionError::Refused { answer, .. }) => TransientError::from(&answer),
            Err(ActionError::Uncertain(error)) => error,
            Err(ActionError::NotSent(_)) => TransientError::Unavailable,
        };
        if self.is_still_current(expected) {
            self.logout_failure.set(Some(LogoutFailure::Transient(error)));
        } else {
            self.report_other_session();
        }
    }

    /// Another login has taken place whose broadcast has not arrived. A refresh tells whose session the cookie is;
    /// until then the page shows no user.
    async fn identify_session(self, gone: Option<SessionId>) {
        let stale = self.token().map(|token| token.serial);
        let _ = self.fresh_token(stale).await;
        if self.is_still_current(gone) {
            self.restore_again();
        }
        self.report_other_session();
    }

    /// Whether the expected session is still the current one. While a session is restored, its id is unknown.
    fn is_still_current(self, expected: Option<SessionId>) -> bool {
        match self.auth_state_untracked() {
            AuthState::SignedOut(_) => false,
            AuthState::Restoring => expected.is_none(),
            AuthState::SignedIn(_) => expected.is_some() && self.session_id() == expected,
        }
    }

    fn report_other_session(self) {
        if matches!(self.auth_state_untracked(), AuthState::SignedIn(_)) {
            self.logout_failure.set(Some(LogoutFailure::Replaced));
        }
    }
}

/// Why a session has not begun. An error in the typed values is shown even if an earlier try is unanswered: the
/// corrected form is the same action.
fn rejected(error: ActionError) -> Rejected {
    match error {
        ActionError::Refused { answer, .. }
            if answer.is(ErrorCode::InvalidCredentials)
                || answer.is(ErrorCode::ValidationFailed) =>
        {
            Rejected::by(&answer)
        }
        error => error.into(),
    }
}

fn as_login(body: &RegisterRequest) -> LoginRequest {
    LoginRequest { email: body.email.clone(), password: body.password.clone() }
}

/// Removes all stored data of a session (ASVS 5.0.0 V14.3.1), for logout and account deletion.
pub(super) async fn clear_stored() {
    local_storage::remove(DISMISSED);
    key_store::clear().await;
}
