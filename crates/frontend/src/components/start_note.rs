//! Says that the page has not started, on every page: what can be read is there, what needs the program is not. It
//! must stay readable without scripts, and outside the part that they take over.

use leptos::prelude::*;

/// Hidden by the stylesheet until the start script reports a failure, or until the page has waited for long: then even
/// that script may not have run. The script puts the reason in the place of the text.
#[component]
pub(crate) fn StartNote() -> impl IntoView {
    view! {
        <p class="start-note" role="alert" hidden>
            <span class="start-note-text">
                "This page is still waiting for a part of it. If it stays like this, reload it."
            </span>
            " "
            <a href="" rel="external">
                "Reload"
            </a>
        </p>
    }
}
