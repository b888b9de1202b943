//! The shape of an account page while the session is being restored, or what is on it is being
//! fetched. It must not promise that there is anything.

use leptos::prelude::*;

use super::text::Text;

/// Not written into the view: an attribute that is a literal there is rendered as any other.
const WITHOUT_SCRIPTING: &str =
    "<p>This page needs scripting: the access token lives in the memory of the page.</p>";

/// Calm, and readable without scripts.
#[component]
pub(crate) fn Skeleton(
    #[prop(default = "Restoring your session…")] says: &'static str,
) -> impl IntoView {
    view! {
        <div class="skeleton" aria-busy="true">
            <p>
                <Text text=says />
            </p>
            <noscript inner_html=WITHOUT_SCRIPTING></noscript>
            <div class="skeleton-lane" aria-hidden="true"></div>
            <div class="skeleton-lane" aria-hidden="true"></div>
            <div class="skeleton-lane" aria-hidden="true"></div>
        </div>
    }
}
