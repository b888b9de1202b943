//! The client: the one handle on the session of this browser, which refreshes tokens, retries calls and shares the
//! session with other tabs.
//!
//! The access token is in this handle's memory only: not in a signal, the document or storage. Views see an
//! [`AuthState`] and call methods; the client must not know views.
//!
//! Start with [`refresh_outcome`] for the meaning of an answer, [`attempt`] for the attempt key, `refresh` for
//! single-flight refresh, `idempotent_action` for actions and their retries, `sign_in` for login and logout,
//! `step_up` for reauthentication, `session_poll` for revocation elsewhere, `cookies` for a browser that keeps none.

mod action_keys;
pub mod address;
pub mod attempt;
mod auth_state;
pub mod backoff;
mod call;
mod call_error;
mod channel;
pub(crate) mod clock;
mod cookie_state;
mod cookies;
mod hint;
mod idempotent_action;
mod key_store;
mod local_storage;
pub(crate) mod location;
mod lock;
mod login_alert_check;
pub mod login_alerts;
mod logout_failure;
mod memory;
pub mod network_log;
pub mod no_cookie;
mod password_change;
pub mod pending_action;
pub(crate) mod probe;
mod random;
pub mod record;
mod refresh;
mod refresh_error;
pub mod refresh_outcome;
mod rejected;
pub mod retry;
mod session_poll;
mod settings;
mod sign_in;
pub mod single_flight;
mod step_up;
mod step_up_prompt;
mod storage_names;
mod tabs;
pub mod transient_error;

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::SessionBody;
use shared::{RevocationReason, SessionId};

pub(crate) use auth_state::AuthStatus;
pub use auth_state::{AuthState, SignOutReason, SignedIn};
pub(crate) use call::{CallPath, CallResult};
pub(crate) use call_error::CallError;
pub(crate) use cookie_state::CookieState;
use login_alerts::LoginAlert;
use logout_failure::LogoutFailure;
use memory::{Memory, Token};
use network_log::NetworkLog;
use refresh_error::{RefreshError, RefreshResult};
pub(crate) use rejected::Rejected;
use single_flight::SingleFlight;
pub(crate) use step_up_prompt::StepUpReason;
use step_up_prompt::{StepUpPrompt, StepUpResult};
use transient_error::TransientError;

/// The handle. All copies are the same session.
#[derive(Clone, Copy)]
pub struct Session {
    auth_state: RwSignal<AuthState>,
    transient_error: RwSignal<Option<TransientError>>,
    logout_failure: RwSignal<Option<LogoutFailure>>,
    refreshing: RwSignal<bool>,
    step_up_prompt: StepUpPrompt,
    login_alert: RwSignal<Option<LoginAlert>>,
    cookies: RwSignal<CookieState>,
    network_log: RwSignal<NetworkLog>,
    memory: StoredValue<Memory>,
    flight: StoredValue<Arc<SingleFlight<RefreshResult>>>,
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

    /// Listens to other tabs, removes expired keys, and restores the session if the hint cookie is there. The cookie
    /// decides, not the page: it may have changed since the page was rendered.
    pub(crate) fn start(self) {
        self.listen();
        spawn_local(action_keys::discard_expired());
        if hint::is_there() {
            self.auth_state.set(AuthState::Restoring);
            self.resume();
        } else {
            let reloaded = probe::take_note().then_some(SignOutReason::ReloadedWithoutCookies);
            self.auth_state.set(AuthState::SignedOut(reloaded));
        }
    }

    /// Retries in the background after a transient error.
    pub(crate) fn resume(self) {
        spawn_local(async move {
            // The auth state and the transient error show the outcome.
            let _ = self.retry().await;
        });
    }

    /// Retries after a transient error. Whether the error is over.
    pub(crate) async fn retry(self) -> bool {
        let stale = self.token().map(|token| token.serial);
        match self.fresh_token(stale).await {
            Err(RefreshError::Transient(_)) => false,
            Err(RefreshError::StepUpRequired) => {
                self.require_step_up(StepUpReason::Unusual).await == StepUpResult::Reauthenticated
            }
            Ok(_) | Err(RefreshError::SignedOut) => true,
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

    fn token(self) -> Option<Token> {
        self.memory.with_value(|memory| memory.token.clone())
    }

    /// The session id, if it is known.
    fn session_id(self) -> Option<SessionId> {
        self.memory.with_value(|memory| memory.token.as_ref().map(|token| token.session_id))
    }

    /// Why the session of this epoch was revoked, if an answer has said so.
    fn revocation_reason(self) -> Option<RevocationReason> {
        self.memory.with_value(|memory| memory.revocation_reason)
    }

    fn epoch(self) -> u64 {
        self.memory.with_value(|memory| memory.epoch)
    }

    /// Records that a session has ended.
    fn note_ended(self, session_id: SessionId) {
        self.memory.update_value(|memory| memory.ended.push(session_id));
    }

    fn has_ended(self, session_id: SessionId) -> bool {
        self.memory.with_value(|memory| memory.ended.contains(&session_id))
    }

    /// Adopts a session and its token.
    fn adopt(self, body: SessionBody, expires_at_ms: f64) -> Token {
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
        let token = token.expect("the session lives as long as the page");
        self.check_cookies(&token);
        token
    }

    /// Another session has replaced this one; a refresh has to find out which.
    fn restore_again(self) {
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
    fn forget(self, reason: impl Into<Option<SignOutReason>>) {
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
