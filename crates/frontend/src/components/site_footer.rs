//! The footer of every page.

use leptos::prelude::*;
use shared::path::JWKS;

/// A description, and a link to the JWKS.
#[component]
pub(crate) fn SiteFooter() -> impl IntoView {
    view! {
        <footer class="site-footer">
            <div class="site-footer-inner">
                <p>"A reference implementation, in Rust from the database to the browser."</p>
                <p>
                    <a href=JWKS rel="external">
                        "Public keys for services"
                    </a>
                </p>
            </div>
        </footer>
    }
}
