//! The page for unknown paths. On the server it sets the status 404.

use std::sync::atomic::Ordering;

use leptos::prelude::*;
use shared::path::HOME_PAGE;

use crate::components::link::Link;
use crate::page::server_context::NotFoundFlag;

#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    if let Some(NotFoundFlag(flag)) = use_context() {
        flag.store(true, Ordering::Relaxed);
    }
    view! {
        <section class="narrow prose">
            <p class="eyebrow">"Error 404"</p>
            <h1 class="page-title" tabindex="-1">
                "Page not found"
            </h1>
            <p class="lead">
                "There is no page at this address. It may be mistyped, or the page may have moved."
            </p>
            <p>
                <Link href=HOME_PAGE class="button" kind="primary">
                    "Back to the start"
                </Link>
            </p>
        </section>
    }
}
