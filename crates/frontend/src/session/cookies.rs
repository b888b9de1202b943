//! Detects whether this browser keeps the session's cookies. They come with each token; scripts cannot see the
//! refresh cookie, but the readable hint cookie comes and goes with it. Without them the session lasts until the
//! expiry of its token: the user is warned at once, no refresh is tried, and the end gets its own reason.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::RevocationReason;

use super::cookie_state::CookieState;
use super::memory::Token;
use super::no_cookie::NoCookie;
use super::{AuthState, Session, SignOutReason, action_keys, clock, hint, probe};

/// Checks before the cookies count as missing: a browser may need a moment until scripts see the cookies of an
/// answer.
const CHECKS: u32 = 5;
const CHECK_INTERVAL_MS: u32 = 100;

impl Session {
    /// State of the session's cookies, tracked.
    pub(crate) fn cookie_state(self) -> CookieState {
        self.cookies.get()
    }

    /// Checks the cookies that should have come with a new token.
    pub(super) fn check_cookies(self, token: &Token) {
        let token = token.clone();
        spawn_local(async move {
            for _ in 0..CHECKS {
                if !hint::is_there() {
                    clock::pause(CHECK_INTERVAL_MS).await;
                }
            }
            if !self.is_current(&token) {
                return;
            }
            if hint::is_there() {
                // By now the hint's name is known.
                hint::note_session();
                probe::take_note();
                return self.set_cookie_state(CookieState::Kept);
            }
            probe::note_not_kept();
            self.set_cookie_state(CookieState::NotKept(NoCookie::given(probe::observe())));
            self.sign_out_at_expiry(token).await;
        });
    }

    /// Checks whether the cookies are still there: no event tells a page that they were removed.
    pub(super) fn recheck_cookies(self) {
        match (self.cookies.get_untracked(), hint::is_there()) {
            (CookieState::Kept, false) => self.set_cookie_state(CookieState::Removed),
            (CookieState::Removed | CookieState::NotKept(_), true) => {
                probe::take_note();
                self.set_cookie_state(CookieState::Kept);
            }
            _ => {}
        }
    }

    /// Ends the session at the expiry of this token, in case no call comes that would notice.
    async fn sign_out_at_expiry(self, token: Token) {
        let left_ms = token.expires_at_ms - clock::now_ms();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and a cast of floats saturates"
        )]
        clock::pause(left_ms.max(0.0).ceil() as u32).await;
        if self.is_current(&token) && self.cannot_be_refreshed() {
            spawn_local(action_keys::discard_of_session(clock::unix_ms()));
            self.forget(SignOutReason::NoCookies);
        }
    }

    /// Whether a refresh would have no cookie.
    pub(super) fn cannot_be_refreshed(self) -> bool {
        matches!(self.cookies.get_untracked(), CookieState::NotKept(_)) && !hint::is_there()
    }

    /// Why the session ended, if it cannot be refreshed or the server named no reason. To be called before the hint
    /// is removed.
    pub(super) fn sign_out_reason(self, reason: Option<RevocationReason>) -> SignOutReason {
        match reason {
            None if self.cannot_be_refreshed() => SignOutReason::NoCookies,
            None if !hint::is_there() => SignOutReason::CookiesRemoved,
            reason => SignOutReason::Ended(reason),
        }
    }

    fn is_current(self, token: &Token) -> bool {
        matches!(self.auth_state_untracked(), AuthState::SignedIn(_))
            && self.token().is_some_and(|current| current.serial == token.serial)
    }

    fn set_cookie_state(self, state: CookieState) {
        if self.cookies.get_untracked() != state {
            self.cookies.set(state);
        }
    }
}
