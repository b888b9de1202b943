//! Placeholder of a page while the session is restored or its content is fetched.

use leptos::prelude::*;

use super::text::Text;

/// Not in the view: an attribute that is a literal there is rendered as any other.
const WITHOUT_SCRIPTING: &str =
    "<p>This page needs scripting: the access token lives in the memory of the page.</p>";

/// The placeholder, readable without scripts.
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
