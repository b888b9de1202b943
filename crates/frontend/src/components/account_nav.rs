//! Navigation between the pages that need a login.

use leptos::prelude::*;
use shared::path::{ACCOUNT_PAGE, ACTIVITY_PAGE, NOTES_PAGE, SESSIONS_PAGE, SETTINGS_PAGE};

use super::link::Link;
use crate::page::server_context::NotesService;

const PAGES: [(&str, &str); 5] = [
    (ACCOUNT_PAGE, "Overview"),
    (NOTES_PAGE, "Notes"),
    (SESSIONS_PAGE, "Sessions"),
    (ACTIVITY_PAGE, "Activity"),
    (SETTINGS_PAGE, "Settings"),
];

/// The links, without the page of a service that is not there; `aria-current` marks the current page.
#[component]
pub(crate) fn AccountNav() -> impl IntoView {
    let NotesService(has_notes) = expect_context();
    let pages = PAGES.into_iter().filter(|(path, _)| has_notes || *path != NOTES_PAGE);
    let links = pages.map(|(path, name)| {
        view! {
            <Link href=path class="account-nav-link">
                {name}
            </Link>
        }
    });
    view! {
        <nav class="account-nav" aria-label="Your account">
            {links.collect_view()}
        </nav>
    }
}
