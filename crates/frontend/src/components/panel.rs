//! A titled section of a page.

use leptos::prelude::*;

/// A section with a heading; `id` is the heading's.
#[component]
pub(crate) fn Panel(id: &'static str, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby=id>
            <h2 class="panel-title" id=id>
                {title}
            </h2>
            {children()}
        </section>
    }
}
