//! Session poll: while a page with data of a resource server is visible, asks every few seconds whether its session
//! was revoked elsewhere (docs/decisions/0018). Otherwise the page would show that data until the user's next call.
//! It shows no error, and does not refresh for its own sake: an unused session would never reach its idle expiry.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Session;
use super::memory::Token;

/// A revocation reaches every instance within a second, and should be visible within five, on slow machines too.
const EVERY: Duration = Duration::from_secs(2);

impl Session {
    /// Polls until the component that calls it is unmounted.
    pub(crate) fn poll_session(self) {
        let asking = StoredValue::new(false);
        let look = move || {
            if let Some(token) = self.usable_token()
                && !document().hidden()
                && asking.try_get_value() == Some(false)
            {
                asking.set_value(true);
                spawn_local(async move {
                    self.poll_once(token).await;
                    // The component may be unmounted by now.
                    let _ = asking.try_set_value(false);
                });
            }
        };
        if let Ok(interval) = set_interval_with_handle(look, EVERY) {
            on_cleanup(move || interval.clear());
        }
        let shown = window_event_listener_untyped("visibilitychange", move |_| {
            if self.usable_token().is_none() && !document().hidden() {
                // A user who comes back is active: that may renew the token.
                self.resume();
            }
            look();
        });
        on_cleanup(move || shown.remove());
    }

    async fn poll_once(self, token: Token) {
        let epoch = self.epoch();
        if self.ask_if_revoked(&token).await && self.epoch() == epoch {
            // The refresh decides whether the session has ended, as after any refused call.
            let _ = self.fresh_token(Some(token.serial)).await;
        }
    }
}
