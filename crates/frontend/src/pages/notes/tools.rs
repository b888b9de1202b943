//! What one can do with notes besides reading them. It must not do it.

use leptos::prelude::*;

use super::Here;
use super::draft::Target;
use crate::components::search_bar::SearchBar;

/// What one can do besides reading.
#[component]
pub(super) fn Tools(here: Here) -> impl IntoView {
    view! {
        <div class="tools">
            <SearchBar label="Search your notes" wanted=here.wanted />
            {move || {
                here.writing
                    .with(Option::is_none)
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                id="new-note"
                                class="button"
                                data-kind="primary"
                                on:click=move |_| here.writing.set(Some(Target::New))
                            >
                                "New note"
                            </button>
                        }
                    })
            }}
        </div>
    }
}
