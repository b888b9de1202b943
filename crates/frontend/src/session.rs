//! The one handle on "who is logged in here": the client side of the relay.
//!
//! The access token lives in this handle's memory and nowhere else: not in a signal, the document
//! or storage. Pages see a [`AuthState`] and call verbs. It must not know about views.
//!
//! Read on in [`refresh_outcome`] for what an answer means, [`attempt`] for how a lost answer is survived, `refresh` for how a token
//! is renewed, `once` for how an action is sent, `sign_in` for how a session begins and ends, `proof` for how the user
//! proves again who they are, `watch` for how an end elsewhere is noticed, `cookies` for a browser that keeps none.

mod action_keys;
pub mod address;
pub mod attempt;
mod auth_state;
pub mod backoff;
pub(crate) mod browser;
mod call;
mod channel;
pub(crate) mod cookies;
mod hint;
mod idempotent_action;
mod key_store;
mod lock;
pub mod login_alerts;
pub mod network_log;
pub mod no_cookie;
mod password_change;
pub mod pending_action;
pub(crate) mod probe;
pub mod record;
mod refresh;
pub mod refresh_outcome;
mod rejected;
pub mod retry;
mod session_poll;
mod settings;
mod sign_in;
pub mod single_flight;
mod step_up;
mod tabs;
pub mod transient_error;

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::SessionBody;
use shared::{RevocationReason, Secret, SessionId};

pub(crate) use auth_state::AuthStatus;
pub use auth_state::{AuthState, SignOutReason, SignedIn};
pub(crate) use call::{CallError, CallPath, CallResult};
use cookies::CookieState;
use login_alerts::LoginAlert;
use network_log::NetworkLog;
use refresh::{RefreshError, RefreshResult};
pub(crate) use rejected::Rejected;
use sign_in::LogoutFailure;
use single_flight::SingleFlight;
pub(crate) use step_up::StepUpReason;
use step_up::{StepUpPrompt, StepUpResult};
use transient_error::TransientError;

/// An access token. No `Debug`: it opens things.
#[derive(Clone)]
struct Token {
    secret: Secret,
    /// Tells tokens apart without comparing secrets.
    serial: u64,
    session_id: SessionId,
    expires_at_ms: f64,
}

/// What must not be seen by views.
#[derive(Default)]
struct Memory {
    token: Option<Token>,
    serial: u64,
    /// Changes whenever another session takes this one's place or it ends: an answer that was asked
    /// for in an earlier era is nobody's any more.
    epoch: u64,
    /// The sessions known to be over. What still arrives of them is nobody's any more.
    ended: Vec<SessionId>,
    /// Why the server says that the session of this era was ended.
    revocation_reason: Option<RevocationReason>,
    /// When it was last asked for new logins, by this browser's clock.
    alerts_checked_ms: f64,
}

/// The handle. Copied freely; all copies are the same session.
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
    /// A session that is [`AuthState::Restoring`] if the hint says there may be one. Nothing is sent
    /// until [`Session::start`], so that the server can make one too.
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

    /// Begins to listen to other tabs, removes what is outdated, and restores the session silently if the hint is there.
    /// The cookie decides, not the page: it may have come or gone since the page was rendered.
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

    /// Tries again, in the background, what could not be done for now.
    pub(crate) fn resume(self) {
        spawn_local(async move {
            // The outcome is seen in the phase and in the trouble.
            let _ = self.retry().await;
        });
    }

    /// Tries again what could not be done for now. Whether the trouble is over.
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

    /// The phase, tracked.
    pub(crate) fn auth_state(self) -> AuthState {
        self.auth_state.get()
    }

    /// The phase as it is now.
    pub(crate) fn auth_state_untracked(self) -> AuthState {
        self.auth_state.get_untracked()
    }

    /// The phase without details; changes only when they do not.
    pub(crate) fn auth_status(self) -> Memo<AuthStatus> {
        Memo::new(move |_| {
            self.auth_state.with(|auth_state| match auth_state {
                AuthState::Restoring => AuthStatus::Restoring,
                AuthState::SignedOut(_) => AuthStatus::SignedOut,
                AuthState::SignedIn(_) => AuthStatus::SignedIn,
            })
        })
    }

    /// Something of the session, tracked; `None` unless there is one.
    pub(crate) fn detail<T>(self, of: impl FnOnce(&SignedIn) -> T) -> Option<T> {
        self.auth_state.with(|auth_state| match auth_state {
            AuthState::SignedIn(signed_in) => Some(of(signed_in)),
            _ => None,
        })
    }

    /// Why the last refresh failed for now, tracked.
    pub(crate) fn transient_error(self) -> Option<TransientError> {
        self.transient_error.get()
    }

    /// Why the user is still logged in although they wanted out, tracked.
    pub(crate) fn logout_failure(self) -> Option<LogoutFailure> {
        self.logout_failure.get()
    }

    /// Whether a refresh is under way in this tab, tracked.
    pub(crate) fn is_refreshing(self) -> bool {
        self.refreshing.get()
    }

    /// What was lately said on the wire.
    pub(crate) fn network_log(self) -> RwSignal<NetworkLog> {
        self.network_log
    }

    fn token(self) -> Option<Token> {
        self.memory.with_value(|memory| memory.token.clone())
    }

    /// The session, as far as it is known.
    fn session_id(self) -> Option<SessionId> {
        self.memory.with_value(|memory| memory.token.as_ref().map(|token| token.session_id))
    }

    /// Why the session of this era was ended, if a call of it has been told.
    fn revocation_reason(self) -> Option<RevocationReason> {
        self.memory.with_value(|memory| memory.revocation_reason)
    }

    fn epoch(self) -> u64 {
        self.memory.with_value(|memory| memory.epoch)
    }

    /// Notes that a session is over, whoever said so.
    fn note_ended(self, session_id: SessionId) {
        self.memory.update_value(|memory| memory.ended.push(session_id));
    }

    fn has_ended(self, session_id: SessionId) -> bool {
        self.memory.with_value(|memory| memory.ended.contains(&session_id))
    }

    /// From now on this is the session and its token.
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

    /// There is a session here, but it is not the one that was; which it is has to be asked for.
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

    /// From now on there is no session here.
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
