//! The header of every page: home, and login or logout.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use shared::path::{ACCOUNT_PAGE, HOME_PAGE, LOGIN_PAGE, REGISTER_PAGE};

use super::keyed::keyed;
use crate::dom::focus_soon;
use crate::session::{AuthState, AuthStatus, Session};

#[component]
pub(crate) fn SiteHeader() -> impl IntoView {
    let status = expect_context::<Session>().auth_status();
    view! {
        <header class="site-header">
            <div class="site-header-inner">
                <A href=HOME_PAGE exact=true attr:class="brand">
                    <span class="brand-mark" aria-hidden="true"></span>
                    "Baton"
                </A>
                <nav class="site-nav" aria-label="Main">
                    {keyed(
                        move || status.get(),
                        |status| match status {
                            AuthStatus::SignedOut => view! { <LoginLinks /> }.into_any(),
                            AuthStatus::Restoring => view! { <AccountLink /> }.into_any(),
                            AuthStatus::SignedIn => {
                                view! {
                                    <AccountLink />
                                    <LogoutButton />
                                }
                                    .into_any()
                            }
                        },
                    )}
                </nav>
            </div>
        </header>
    }
}

#[component]
fn LoginLinks() -> impl IntoView {
    view! {
        <A href=LOGIN_PAGE attr:class="nav-link">
            "Log in"
        </A>
        <A href=REGISTER_PAGE attr:class="nav-link">
            "Register"
        </A>
    }
}

#[component]
fn AccountLink() -> impl IntoView {
    view! {
        <A href=ACCOUNT_PAGE attr:class="nav-link">
            "Account"
        </A>
    }
}

#[component]
fn LogoutButton() -> impl IntoView {
    let session = expect_context::<Session>();
    let busy = RwSignal::new(false);
    let log_out = move |_| {
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
        <button
            type="button"
            class="nav-link"
            aria-disabled=move || busy.get().then_some("true")
            on:click=log_out
        >
            "Log out"
        </button>
    }
}
