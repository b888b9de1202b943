//! Starts the session on page load: first without the client, which may not be loaded yet, then the client.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{AuthState, Session, SignOutReason, action_keys, hint, probe, wake};

impl Session {
    /// Whether the client has a session to restore. The hint cookie decides, not the page: it may have changed since
    /// the page was rendered.
    pub(crate) fn look(self) -> bool {
        // A page from the browser's back/forward cache is stale. The handle would remove the listener; closing the
        // page does that.
        let _ = window_event_listener(leptos::ev::pageshow, |event| {
            if event.persisted() {
                let _ = window().location().reload();
            }
        });
        let is_there = hint::is_there();
        self.auth_state.set(if is_there {
            AuthState::Restoring
        } else {
            let reloaded = probe::take_note().then_some(SignOutReason::ReloadedWithoutCookies);
            AuthState::SignedOut(reloaded)
        });
        is_there
    }

    /// Waits for another tab to log in; then `load` has to load the client and start it.
    pub(crate) fn wait_for_other_tabs(self, load: impl Fn() + 'static) {
        wake::wait(load);
    }

    /// Starts the client: listens to other tabs, removes expired keys, and restores the session if there may be one.
    pub(crate) fn start(self) {
        self.listen();
        // Only now, so that no message is lost in between.
        for message in wake::stop() {
            self.hear(&message);
        }
        spawn_local(action_keys::discard_expired());
        if self.auth_state.get_untracked() == AuthState::Restoring {
            self.resume();
        }
    }
}
