//! Broadcasts what happened to this tab's session: a new token, or its end. `tabs` receives it in the others.

use shared::body::SessionBody;
use shared::{RevocationReason, SessionId};

use super::channel::{self, Kind, Message, Reason};
use super::memory::Token;
use super::{Session, clock};

impl Session {
    /// Adopts `body` as the session of this tab, and broadcasts it to the others.
    pub(super) fn adopt_and_broadcast(self, body: SessionBody) -> Token {
        #[expect(clippy::cast_precision_loss, reason = "a number of seconds far below 2^52")]
        let expires_at_ms = clock::now_ms() + body.expires_in as f64 * 1000.0;
        channel::post(&Message {
            session: Some(body.clone()),
            expires_at_ms: Some(expires_at_ms),
            ..Message::new(Kind::Token)
        });
        let token = self.adopt(body, expires_at_ms);
        self.check_cookies(&token);
        token
    }

    /// Broadcasts that `session_id` has ended. Without an id there is no message: this tab never learned which
    /// session it tried to restore.
    pub(super) fn broadcast_sign_out(
        session_id: Option<SessionId>,
        reason: Reason,
        cause: Option<RevocationReason>,
    ) {
        if session_id.is_some() {
            channel::post(&Message {
                session_id,
                reason: Some(reason),
                cause,
                ..Message::new(Kind::Ended)
            });
        }
    }
}
