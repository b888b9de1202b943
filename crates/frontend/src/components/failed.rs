//! Error message with a retry button, in place of content that could not be fetched.

use leptos::prelude::*;

use super::text::Text;

/// The reason, and a retry button.
#[component]
pub(crate) fn Failed(why: String, retry: impl Fn() + 'static) -> impl IntoView {
    view! {
        <div class="notice" data-kind="trouble" role="alert">
            <p>
                <Text text=why />
            </p>
            <button type="button" class="button" data-size="small" on:click=move |_| retry()>
                "Try again"
            </button>
        </div>
    }
}
