//! The header of every page: home, and login or logout.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::path::{ACCOUNT_PAGE, HOME_PAGE, LOGIN_PAGE, REGISTER_PAGE};

use super::keyed::keyed;
use super::link::Link;
use crate::dom::focus_soon;
use crate::part::{self, Piece};
use crate::session::{AuthState, AuthStatus, Session};

#[component]
pub(crate) fn SiteHeader() -> impl IntoView {
    let status = expect_context::<Session>().auth_status();
    view! {
        <header class="site-header">
            <div class="site-header-inner">
                <Link href=HOME_PAGE class="brand">
                    <span class="brand-mark" aria-hidden="true"></span>
                    "Baton"
                </Link>
                <nav class="site-nav" aria-label="Main">
                    {keyed(
                        move || status.get(),
                        |status| match status {
                            AuthStatus::SignedOut => view! { <LoginLinks /> }.into_any(),
                            AuthStatus::Restoring => view! { <AccountLink /> }.into_any(),
                            AuthStatus::SignedIn => {
                                view! {
                                    <AccountLink />
                                    {part::view(Piece::LogoutButton)}
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
        <Link href=LOGIN_PAGE class="nav-link">
            "Log in"
        </Link>
        <Link href=REGISTER_PAGE class="nav-link">
            "Register"
        </Link>
    }
}

#[component]
fn AccountLink() -> impl IntoView {
    view! {
        <Link href=ACCOUNT_PAGE class="nav-link">
            "Account"
        </Link>
    }
}

/// Of the second part: signed-in users alone see it.
#[component]
pub(crate) fn LogoutButton() -> impl IntoView {
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
