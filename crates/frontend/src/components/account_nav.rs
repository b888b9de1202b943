//! Navigation between the pages that need a login.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::path::{ACCOUNT_PAGE, ACTIVITY_PAGE, NOTES_PAGE, SESSIONS_PAGE, SETTINGS_PAGE};

const PAGES: [(&str, &str); 5] = [
    (ACCOUNT_PAGE, "Overview"),
    (NOTES_PAGE, "Notes"),
    (SESSIONS_PAGE, "Sessions"),
    (ACTIVITY_PAGE, "Activity"),
    (SETTINGS_PAGE, "Settings"),
];

/// The links; `aria-current` marks the current page.
#[component]
pub(crate) fn AccountNav() -> impl IntoView {
    let links = PAGES.map(|(path, name)| {
        view! {
            <A href=path attr:class="account-nav-link">
                {name}
            </A>
        }
    });
    view! {
        <nav class="account-nav" aria-label="Your account">
            {links.collect_view()}
        </nav>
    }
}
