//! Notices on every page: why the session was revoked or expired, a failed logout, and the notices of a session
//! ([`session_notices`](super::session_notices)). The session decides each of them.

use leptos::prelude::*;

use super::text::Text;
use crate::messages;
use crate::part::{Piece, SecondPart};
use crate::session::{AuthState, Session, SignOutReason};

const LOGGED_OUT: &str = "You are logged out.";
const LOGGED_OUT_HERE_ONLY: &str = "This browser is logged out, but its session could not be reached: neither a \
     cookie nor a token named it. Log in again and log it out under Sessions; otherwise it expires by itself.";
const LOGGED_OUT_ELSEWHERE: &str =
    "You logged out in another tab, so you are logged out here as well.";

/// The live region. It is always in the document, so that a screen reader reads what appears in it. A live region
/// inside it would be read twice.
#[component]
pub(crate) fn Notice() -> impl IntoView {
    let session = expect_context::<Session>();
    let part = expect_context::<SecondPart>();
    view! {
        <div class="notices" aria-live="polite">
            {move || end_notice(session)}
            {move || part.view_once_started(Piece::SessionNotices)}
            {move || {
                session
                    .logout_failure()
                    .map(|why| {
                        view! {
                            <p class="notice" data-kind="trouble">
                                <Text text=why.to_string() />
                            </p>
                        }
                    })
            }}
        </div>
    }
}

fn end_notice(session: Session) -> Option<impl IntoView> {
    let AuthState::SignedOut(Some(reason)) = session.auth_state() else {
        return None;
    };
    let (kind, text) = match reason {
        SignOutReason::Ended(reason) if messages::was_wanted(reason) => {
            ("calm", messages::why_this_ended(reason))
        }
        SignOutReason::Ended(reason) => ("ended", messages::why_this_ended(reason)),
        SignOutReason::LoggedOut => ("calm", LOGGED_OUT),
        SignOutReason::LoggedOutHereOnly => ("ended", LOGGED_OUT_HERE_ONLY),
        SignOutReason::LoggedOutElsewhere => ("calm", LOGGED_OUT_ELSEWHERE),
        SignOutReason::NoCookies => ("ended", messages::LASTED_AS_LONG_AS_ITS_TOKEN),
        SignOutReason::ReloadedWithoutCookies => ("ended", messages::GONE_WITH_THE_PAGE),
        SignOutReason::CookiesRemoved => ("ended", messages::COOKIES_ARE_GONE),
    };
    Some(view! {
        <p class="notice" data-kind=kind>
            <Text text />
        </p>
    })
}
