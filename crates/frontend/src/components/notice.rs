//! Notices on every page: why the session was revoked or expired, a transient error, a pending step-up, a failed
//! logout, missing cookies, a login alert. The session decides each of them.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::login_alert::LoginAlertNotice;
use super::text::Text;
use crate::dom::{focus_soon, time_of_day};
use crate::messages;
use crate::session::{AuthState, CookieState, Session, SignOutReason};

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
    // Not rebuilt at every retry: the focus may be on the button in it.
    let failing = Memo::new(move |_| session.transient_error().is_some());
    view! {
        <div class="notices" aria-live="polite">
            {move || end_notice(session)}
            {move || failing.get().then(|| view! { <TransientErrorNotice /> })}
            {move || session.is_suspended().then(|| view! { <SuspendedNotice /> })}
            {move || cookie_notice(session)}
            <LoginAlertNotice />
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

/// Shown while cookies are missing: the session lasts only until the expiry of its access token.
fn cookie_notice(session: Session) -> Option<impl IntoView> {
    let until = session.detail(|it| time_of_day(it.expires_at_ms))?;
    let text = match session.cookie_state() {
        CookieState::Unknown | CookieState::Kept => return None,
        CookieState::NotKept(why) => messages::ends_at(why, &until),
        CookieState::Removed => messages::removed_before(&until),
    };
    Some(view! {
        <p class="notice" data-kind="trouble">
            <Text text />
        </p>
    })
}

/// A transient error: the session stays, but calls fail until a retry succeeds.
#[component]
fn TransientErrorNotice() -> impl IntoView {
    let session = expect_context::<Session>();
    let text = move || {
        let error = session.transient_error().map(|error| format!("{error} Your session is kept."));
        error.unwrap_or_default()
    };
    let retry = move |_| {
        // Single-flight: a second click joins the retry in flight.
        spawn_local(async move {
            if session.retry().await {
                // The button is gone, and the focus with it.
                focus_soon("main h1");
            }
        });
    };
    view! {
        <div class="notice" data-kind="trouble">
            <p>
                <Text text />
            </p>
            <button
                type="button"
                class="button"
                data-size="small"
                aria-disabled=move || session.is_refreshing().then_some("true")
                on:click=retry
            >
                <Text text=move || if session.is_refreshing() { "Still trying…" } else { "Try again" } />
            </button>
        </div>
    }
}

/// The session is suspended until the step-up.
#[component]
fn SuspendedNotice() -> impl IntoView {
    let session = expect_context::<Session>();
    let busy = RwSignal::new(false);
    let leave = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            session.log_out().await;
            // After a logout this button is gone, and with it the signal and the focus.
            busy.try_set(false);
            if matches!(session.auth_state_untracked(), AuthState::SignedOut(_)) {
                focus_soon("main h1");
            }
        });
    };
    view! {
        <div class="notice" data-kind="trouble">
            <p>
                "Your session is kept, but it was used in another browser, on another device or in another place than before, here or elsewhere. Enter your password to continue."
            </p>
            <div class="notice-actions">
                <button
                    type="button"
                    class="button"
                    data-size="small"
                    on:click=move |_| session.prompt_step_up()
                >
                    "Enter password"
                </button>
                <button
                    type="button"
                    class="button"
                    data-size="small"
                    aria-disabled=move || busy.get().then_some("true")
                    on:click=leave
                >
                    "Log out instead"
                </button>
            </div>
        </div>
    }
}
