//! The shape of an account page while the session is being restored. It must not promise that there
//! is a session.

use leptos::prelude::*;

/// Calm, and readable without scripts.
#[component]
pub(crate) fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" aria-busy="true">
            <p>"Restoring your session…"</p>
            <noscript inner_html="<p>This page needs scripting: the access token lives in the memory of the page.</p>"></noscript>
            <div class="skeleton-lane" aria-hidden="true"></div>
            <div class="skeleton-lane" aria-hidden="true"></div>
            <div class="skeleton-lane" aria-hidden="true"></div>
        </div>
    }
}
