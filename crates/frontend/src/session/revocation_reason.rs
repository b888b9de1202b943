//! Asks the server whether it revoked this session, and why. Only a refusal of one of its tokens names the reason; a
//! refused refresh does not.

use super::memory::Token;
use super::send::with_token;
use super::{Session, clock};
use crate::{api, transport};

impl Session {
    /// Asks the server why this session was revoked, unless the reason is known or the token has expired. A resource
    /// server that refuses a token does not know the reason.
    pub(super) async fn ask_revocation_reason(self) {
        if let Some(token) = self.usable_token()
            && self.revocation_reason().is_none()
        {
            self.ask_if_revoked(&token).await;
        }
    }

    /// Whether the server says that the session of `token` was revoked. The call is not in the network log, where it
    /// would stand between a user's calls.
    pub(super) async fn ask_if_revoked(self, token: &Token) -> bool {
        let epoch = self.epoch();
        let Ok(answer) = transport::send(with_token(api::me(), token)).await else { return false };
        self.note_revocation_reason(&answer, epoch);
        self.revocation_reason().is_some()
    }

    /// The token until its expiry, by this browser's clock.
    pub(super) fn usable_token(self) -> Option<Token> {
        self.token().filter(|token| token.expires_at_ms > clock::now_ms())
    }
}
