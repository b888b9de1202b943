//! Notices of a session: a transient error, a pending step-up, missing cookies, a login alert. The session decides
//! each of them.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::login_alert::LoginAlertNotice;
use super::text::Text;
use crate::dom::{focus_soon, time_of_day};
use crate::messages;
use crate::session::{AuthState, CookieState, Session};

/// The notices. They are shown in the live region of [`Notice`](super::notice).
#[component]
pub(crate) fn SessionNotices() -> impl IntoView {
    let session = expect_context::<Session>();
    // Not rebuilt at every retry: the focus may be on the button in it.
    let failing = Memo::new(move |_| session.transient_error().is_some());
    view! {
        {move || failing.get().then(|| view! { <TransientErrorNotice /> })}
        {move || session.is_suspended().then(|| view! { <SuspendedNotice /> })}
        {move || cookie_notice(session)}
        <LoginAlertNotice />
    }
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
