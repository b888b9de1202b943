//! Reports on every page that the program has not started. It must stay readable without scripts, and outside the
//! root that they hydrate.

use leptos::prelude::*;

/// Hidden by the stylesheet until the start script reports a failure, or until a timeout: then that script may not
/// have run either. The script replaces the text with the reason.
#[component]
pub(crate) fn StartNote() -> impl IntoView {
    view! {
        <p class="start-note" role="alert" hidden>
            <span class="start-note-text">
                "This page is still loading. If it stays like this, reload it."
            </span>
            " "
            <a href="" rel="external">
                "Reload"
            </a>
        </p>
    }
}
