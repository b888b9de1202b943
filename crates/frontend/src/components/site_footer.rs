//! The foot of every page. It must not hold anything one needs.

use leptos::prelude::*;
use shared::path::JWKS;

/// What this is, and where a service finds the public keys.
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
