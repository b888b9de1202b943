//! The session handle: signals for views, the access token in memory, and the transitions of the auth state.

use std::sync::Arc;

use leptos::prelude::*;
use shared::body::SessionBody;
use shared::{RevocationReason, SessionId};

use super::auth_state::{AuthState, AuthStatus, SignOutReason, SignedIn};
use super::cookie_state::CookieState;
use super::login_alerts::LoginAlert;
use super::logout_failure::LogoutFailure;
use super::memory::{Memory, Token};
use super::network_log::NetworkLog;
use super::refresh_error::RefreshResult;
use super::single_flight::SingleFlight;
use super::step_up_prompt::StepUpPrompt;
use super::transient_error::TransientError;
use super::{hint, probe};

/// The handle. All copies are the same session.
#[derive(Clone, Copy)]
pub struct Session {
    pub(super) auth_state: RwSignal<AuthState>,
    pub(super) transient_error: RwSignal<Option<TransientError>>,
    pub(super) logout_failure: RwSignal<Option<LogoutFailure>>,
    pub(super) refreshing: RwSignal<bool>,
    pub(super) step_up_prompt: StepUpPrompt,
    pub(super) login_alert: RwSignal<Option<LoginAlert>>,
    pub(super) cookies: RwSignal<CookieState>,
    pub(super) network_log: RwSignal<NetworkLog>,
    pub(super) memory: StoredValue<Memory>,
    pub(super) flight: StoredValue<Arc<SingleFlight<RefreshResult>>>,
}

impl Session {
    /// A session that is [`AuthState::Restoring`] if the hint cookie is there. It sends no request before
    /// [`Session::start`], so the server can create one too.
    pub(crate) fn new(hint: bool) -> Self {
        let auth_state = if hint { AuthState::Restoring } else { AuthState::SignedOut(None) };
        Self {
            auth_state: RwSignal::new(auth_state),
            transient_error: RwSignal::new(None),
            logout_failure: RwSignal::new(None),
            refreshing: RwSignal::new(false),
            step_up_prompt: StepUpPrompt::new(),
            login_alert: RwSignal::new(None),
            cookies: RwSignal::new(CookieState::Unknown),
            network_log: RwSignal::new(NetworkLog::default()),
            memory: StoredValue::new(Memory::default()),
            flight: StoredValue::new(Arc::default()),
        }
    }

    /// The auth state, tracked.
    pub(crate) fn auth_state(self) -> AuthState {
        self.auth_state.get()
    }

    /// The current auth state, not tracked.
    pub(crate) fn auth_state_untracked(self) -> AuthState {
        self.auth_state.get_untracked()
    }

    /// The auth state without its details; it changes only when they do not.
    pub(crate) fn auth_status(self) -> Memo<AuthStatus> {
        Memo::new(move |_| {
            self.auth_state.with(|auth_state| match auth_state {
                AuthState::Restoring => AuthStatus::Restoring,
                AuthState::SignedOut(_) => AuthStatus::SignedOut,
                AuthState::SignedIn(_) => AuthStatus::SignedIn,
            })
        })
    }

    /// A detail of the session, tracked; `None` without a session.
    pub(crate) fn detail<T>(self, of: impl FnOnce(&SignedIn) -> T) -> Option<T> {
        self.auth_state.with(|auth_state| match auth_state {
            AuthState::SignedIn(signed_in) => Some(of(signed_in)),
            _ => None,
        })
    }

    /// The transient error of the last refresh, tracked.
    pub(crate) fn transient_error(self) -> Option<TransientError> {
        self.transient_error.get()
    }

    /// Why the last logout failed, tracked.
    pub(crate) fn logout_failure(self) -> Option<LogoutFailure> {
        self.logout_failure.get()
    }

    /// Whether this tab is refreshing, tracked.
    pub(crate) fn is_refreshing(self) -> bool {
        self.refreshing.get()
    }

    /// The last exchanges with the server.
    pub(crate) fn network_log(self) -> RwSignal<NetworkLog> {
        self.network_log
    }

    pub(super) fn token(self) -> Option<Token> {
        self.memory.with_value(|memory| memory.token.clone())
    }

    /// The session id, if it is known.
    pub(super) fn session_id(self) -> Option<SessionId> {
        self.memory.with_value(|memory| memory.token.as_ref().map(|token| token.session_id))
    }

    /// Why the session of this epoch was revoked, if an answer has said so.
    pub(super) fn revocation_reason(self) -> Option<RevocationReason> {
        self.memory.with_value(|memory| memory.revocation_reason)
    }

    pub(super) fn epoch(self) -> u64 {
        self.memory.with_value(|memory| memory.epoch)
    }

    /// Records that a session has ended.
    pub(super) fn note_ended(self, session_id: SessionId) {
        self.memory.update_value(|memory| memory.ended.push(session_id));
    }

    pub(super) fn has_ended(self, session_id: SessionId) -> bool {
        self.memory.with_value(|memory| memory.ended.contains(&session_id))
    }

    /// Adopts a session and its token. Its cookies are still to be checked.
    pub(super) fn adopt(self, body: SessionBody, expires_at_ms: f64) -> Token {
        let SessionBody { access_token, expires_in, session_id, user, .. } = body;
        if self.token().is_some_and(|token| token.session_id != session_id) {
            self.step_up_prompt.signed_out();
            self.login_alert.set(None);
            self.cookies.set(CookieState::Unknown);
        }
        let token = self.memory.try_update_value(|memory| {
            memory.serial += 1;
            if memory.token.as_ref().is_none_or(|token| token.session_id != session_id) {
                memory.epoch += 1;
            }
            memory.revocation_reason = None;
            let token =
                Token { secret: access_token, serial: memory.serial, session_id, expires_at_ms };
            memory.token = Some(token.clone());
            token
        });
        self.transient_error.set(None);
        self.logout_failure.set(None);
        hint::note_session();
        self.auth_state.set(AuthState::SignedIn(SignedIn {
            user,
            session_id,
            expires_at_ms,
            lifetime_seconds: expires_in,
        }));
        self.step_up_prompt.resumed();
        token.expect("the session lives as long as the page")
    }

    /// Another session has replaced this one; a refresh has to find out which.
    pub(super) fn restore_again(self) {
        self.memory.update_value(|memory| {
            memory.token = None;
            memory.epoch += 1;
            memory.revocation_reason = None;
        });
        self.login_alert.set(None);
        self.cookies.set(CookieState::Unknown);
        self.auth_state.set(AuthState::Restoring);
    }

    /// Ends the session in this tab.
    pub(super) fn forget(self, reason: impl Into<Option<SignOutReason>>) {
        self.memory.update_value(|memory| {
            let ended = memory.token.take().map(|token| token.session_id);
            memory.ended.extend(ended);
            memory.epoch += 1;
            memory.revocation_reason = None;
            memory.alerts_checked_ms = 0.0;
        });
        self.step_up_prompt.signed_out();
        self.login_alert.set(None);
        self.transient_error.set(None);
        self.logout_failure.set(None);
        self.cookies.set(CookieState::Unknown);
        probe::take_note();
        self.auth_state.set(AuthState::SignedOut(reason.into()));
    }
}
