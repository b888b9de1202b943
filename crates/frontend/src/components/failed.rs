//! What stands in place of something that could not be fetched. It must not know what that is.

use leptos::prelude::*;

use super::text::Text;

/// Why, what may help, and a way to try again.
#[component]
pub(crate) fn Failed(
    why: String,
    retry: impl Fn() + 'static,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="notice" data-kind="trouble" role="alert">
            <p>
                <Text text=why />
            </p>
            {children.map(|children| children())}
            <button type="button" class="button" data-size="small" on:click=move |_| retry()>
                "Try again"
            </button>
        </div>
    }
}
