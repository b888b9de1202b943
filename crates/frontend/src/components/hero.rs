//! The top of the home page: what Baton is, and links to register or log in.

use leptos::prelude::*;
use shared::path::{ACCOUNT_PAGE, LOGIN_PAGE, REGISTER_PAGE};

use super::keyed::keyed;
use super::link::Link;
use super::relay_picture::RelayPicture;
use crate::session::{AuthStatus, Session};

#[component]
pub(crate) fn Hero() -> impl IntoView {
    let status = expect_context::<Session>().auth_status();
    view! {
        <section class="hero">
            <div class="hero-text">
                <p class="eyebrow">"Access tokens and rotating refresh tokens"</p>
                <h1 class="hero-title" tabindex="-1">
                    "Staying logged in is a " <em>"relay"</em> "."
                </h1>
                <p class="lead">
                    "Think of a key under the doormat: a thief who finds it can use it for as long as it lies there. \
                    Baton works like a relay race instead. The proof that you are logged in is passed on, \
                    hand to hand, and each one is good for one exchange only. A copy gives itself away."
                </p>
                <div class="hero-actions">
                    {keyed(move || status.get() == AuthStatus::SignedOut, call_to_action)}
                </div>
            </div>
            <RelayPicture />
        </section>
    }
}

fn call_to_action(signed_out: bool) -> AnyView {
    if signed_out {
        view! {
            <Link href=REGISTER_PAGE class="button" kind="primary">
                "Create an account"
            </Link>
            <Link href=LOGIN_PAGE class="button">
                "I have one already"
            </Link>
        }
        .into_any()
    } else {
        view! {
            <Link href=ACCOUNT_PAGE class="button" kind="primary">
                "Watch your session run"
            </Link>
        }
        .into_any()
    }
}
