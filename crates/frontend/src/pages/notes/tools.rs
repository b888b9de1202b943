//! Search field and "New note" button.

use leptos::prelude::*;

use super::Page;
use super::draft::Target;
use crate::components::search_bar::SearchBar;

#[component]
pub(super) fn Tools(page: Page) -> impl IntoView {
    view! {
        <div class="tools">
            <SearchBar label="Search your notes" query=page.query />
            {move || {
                page.writing
                    .with(Option::is_none)
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                id="new-note"
                                class="button"
                                data-kind="primary"
                                on:click=move |_| page.writing.set(Some(Target::New))
                            >
                                "New note"
                            </button>
                        }
                    })
            }}
        </div>
    }
}
