//! Whether this browser keeps the cookies of the session. They come with each token; the refresh cookie cannot be seen, but
//! the readable hint comes and goes with it. Without them the session lasts as long as its token does: the user is told at
//! once, nothing is asked of the server that cannot succeed, and the end is not taken for another one. It must not show
//! anything.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::RevocationReason;

use super::no_cookie::NoCookie;
use super::{AuthState, Session, SignOutReason, Token, action_keys, browser, hint, probe};

/// A browser may need a moment until scripts see the cookies of an answer: it is looked so often before they are missed.
const CHECKS: u32 = 5;
const CHECK_INTERVAL_MS: u32 = 100;

/// What has become of the session's cookies, as far as the hint tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieState {
    /// There is no session, or it has not been looked yet.
    Unknown,
    /// They are there.
    Kept,
    /// They were not there when they should have come.
    NotKept(NoCookie),
    /// They were there, and are not any more.
    Removed,
}

impl Session {
    /// What has become of the session's cookies, tracked.
    pub(crate) fn cookie_state(self) -> CookieState {
        self.cookies.get()
    }

    /// A token has come, and cookies with it. Are they there?
    pub(super) fn check_cookies(self, token: &Token) {
        let token = token.clone();
        spawn_local(async move {
            for _ in 0..CHECKS {
                if !hint::is_there() {
                    browser::pause(CHECK_INTERVAL_MS).await;
                }
            }
            if !self.is_current(&token) {
                return;
            }
            if hint::is_there() {
                // By now it is seen under which name.
                hint::note_session();
                probe::take_note();
                return self.set_cookie_state(CookieState::Kept);
            }
            probe::note_not_kept();
            self.set_cookie_state(CookieState::NotKept(NoCookie::given(probe::observe())));
            self.sign_out_at_expiry(token).await;
        });
    }

    /// Looks whether the cookies are still there: nothing tells a page that they were removed.
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

    /// The session lasts as long as this token, and no call may come that would notice.
    async fn sign_out_at_expiry(self, token: Token) {
        let left_ms = token.expires_at_ms - browser::now_ms();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and a cast of floats saturates"
        )]
        browser::pause(left_ms.max(0.0).ceil() as u32).await;
        if self.is_current(&token) && self.cannot_be_refreshed() {
            spawn_local(action_keys::discard_of_session(browser::unix_ms()));
            self.forget(SignOutReason::NoCookies);
        }
    }

    /// Whether a refresh would be a request without a cookie.
    pub(super) fn cannot_be_refreshed(self) -> bool {
        matches!(self.cookies.get_untracked(), CookieState::NotKept(_)) && !hint::is_there()
    }

    /// Why a session is over that cannot be refreshed, or was refused with no cause given. To be asked before the hint is
    /// dropped.
    pub(super) fn sign_out_reason(self, cause: Option<RevocationReason>) -> SignOutReason {
        match cause {
            None if self.cannot_be_refreshed() => SignOutReason::NoCookies,
            None if !hint::is_there() => SignOutReason::CookiesRemoved,
            cause => SignOutReason::Ended(cause),
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
