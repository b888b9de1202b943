//! Starts the session on page load.

use leptos::prelude::Set as _;
use leptos::task::spawn_local;

use super::{AuthState, Session, SignOutReason, action_keys, hint, probe};

impl Session {
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
}
