//! Tells password managers the account of a form. The field is hidden, and its value is not sent.

use leptos::prelude::*;

use crate::session::Session;

/// The email address, where a password manager looks for it.
#[component]
pub(crate) fn Username() -> impl IntoView {
    let session = expect_context::<Session>();
    let email = move || session.detail(|it| it.user.email.clone());
    view! { <input type="email" autocomplete="username" value=email readonly hidden /> }
}
