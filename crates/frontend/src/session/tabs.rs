//! Messages of other tabs, and events of the browser: online, visible again. It sends no
//! requests itself; the session does.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use super::channel::{self, Kind, Message, Reason};
use super::{AuthState, Session, SignOutReason, local_storage, lock};

impl Session {
    /// Listens until the page closes.
    pub(super) fn listen(self) {
        channel::open(move |message| self.receive(message));
        spawn_local(async {
            if let Some(lock) = lock::hold_own().await {
                channel::post(&Message { lock: Some(lock), ..Message::new(Kind::Here) });
            }
        });
        // The handles would remove the listeners; closing the page does that.
        let _ = window_event_listener(leptos::ev::online, move |_| self.resume_after_error());
        // It is fired at the document and bubbles.
        let _ = window_event_listener_untyped("visibilitychange", move |_| {
            if !document().hidden() {
                self.resume_after_error();
                self.recheck_cookies();
            }
        });
    }

    fn resume_after_error(self) {
        if self.transient_error.with_untracked(Option::is_some) {
            self.resume();
        }
    }

    /// Receives a message that came before the client was loaded.
    pub(super) fn hear(self, data: &JsValue) {
        if let Some(message) = channel::read(data) {
            self.receive(message);
        }
    }

    fn receive(self, message: Message) {
        match message {
            Message {
                kind: Kind::Token,
                session: Some(body),
                expires_at_ms: Some(expires_at_ms),
                ..
            } => {
                let outdated = self.token().is_some_and(|token| {
                    token.session_id == body.session_id && token.expires_at_ms > expires_at_ms
                });
                if !outdated && !self.has_ended(body.session_id) {
                    let token = self.adopt(body, expires_at_ms);
                    self.check_cookies(&token);
                }
            }
            Message { kind: Kind::Ended, session_id: Some(session_id), reason, cause, .. } => {
                self.note_ended(session_id);
                let logged_out = reason == Some(Reason::LoggedOut);
                let ours = match self.token() {
                    Some(token) => token.session_id == session_id,
                    // A session that is being restored can only be the one of this browser. If the server revoked it,
                    // this tab's own refresh finds out.
                    None => logged_out && self.auth_state_untracked() == AuthState::Restoring,
                };
                if ours {
                    local_storage::forget_actions_in_memory();
                    self.forget(match cause {
                        _ if logged_out => SignOutReason::LoggedOutElsewhere,
                        None if self.cannot_be_refreshed() => SignOutReason::NoCookies,
                        cause => SignOutReason::Ended(cause),
                    });
                }
            }
            Message { kind: Kind::Here, lock: Some(lock), .. } => {
                spawn_local(async move {
                    if lock::can_see(&lock).await == Some(false) {
                        lock::distrust();
                        channel::post(&Message::new(Kind::LocksDiffer));
                    }
                });
            }
            Message { kind: Kind::LocksDiffer, .. } => lock::distrust(),
            Message { .. } => {}
        }
    }
}
