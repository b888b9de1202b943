//! Does this session still stand? A page that shows what a service keeps would go on showing it after the
//! session was ended elsewhere, until the user does something: the service is asked only then. While such a
//! page is looked at, the server is asked every few seconds (docs/decisions/0018). It must never show trouble,
//! and never renew a token for its own sake: a session nobody uses would never be idle.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::call::with_token;
use super::{Session, Token, browser};
use crate::transport::Answer;
use crate::{api, transport};

/// An end is known at every instance within a second, and is to be seen within five, on slow machines too.
const EVERY: Duration = Duration::from_secs(2);

impl Session {
    /// Watches for as long as the part of the page lives that asks for it.
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
                    // The page may be gone meanwhile.
                    let _ = asking.try_set_value(false);
                });
            }
        };
        if let Ok(interval) = set_interval_with_handle(look, EVERY) {
            on_cleanup(move || interval.clear());
        }
        let shown = window_event_listener_untyped("visibilitychange", move |_| {
            if self.usable_token().is_none() && !document().hidden() {
                // Who comes back does something: that may renew the token.
                self.resume();
            }
            look();
        });
        on_cleanup(move || shown.remove());
    }

    /// Asks the server why the session of this token was ended, unless that is known, or the token is too
    /// old to be told. A service that refuses a token does not know why.
    pub(super) async fn ask_revocation_reason(self) {
        if let Some(token) = self.usable_token()
            && self.revocation_reason().is_none()
        {
            self.ask_if_revoked(&token).await;
        }
    }

    async fn poll_once(self, token: Token) {
        let epoch = self.epoch();
        if self.ask_if_revoked(&token).await && self.epoch() == epoch {
            // Whether that is the end is for the refresh to hear, as it is for every call.
            let _ = self.fresh_token(Some(token.serial)).await;
        }
    }

    /// Whether the server says that the session of `token` was ended. Not by way of the wire log, where it
    /// would stand between the legs of somebody's relay.
    async fn ask_if_revoked(self, token: &Token) -> bool {
        let epoch = self.epoch();
        let Ok(answer) = transport::send(with_token(api::me(), token)).await else { return false };
        self.note_revocation_reason(&answer, epoch);
        self.revocation_reason().is_some()
    }

    /// Keeps what a refusal says of the end of the session that was `epoch`'s.
    pub(super) fn note_revocation_reason(self, answer: &Answer, epoch: u64) {
        if answer.refuses_the_token() && epoch == self.epoch() {
            let cause = answer.problem().and_then(|problem| problem.ended_because);
            self.memory.update_value(|memory| memory.revocation_reason = cause);
        }
    }

    /// The token, while it lives by this browser's clock.
    fn usable_token(self) -> Option<Token> {
        self.token().filter(|token| token.expires_at_ms > browser::now_ms())
    }
}
