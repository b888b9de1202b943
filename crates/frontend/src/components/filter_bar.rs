//! Buttons that filter a list. The list itself applies the filter.

use leptos::prelude::*;

use crate::messages::Filter;

/// One button for each filter; the chosen one is pressed.
#[component]
pub(crate) fn FilterBar(chosen: RwSignal<Filter>) -> impl IntoView {
    let buttons = Filter::ALL.map(|filter| {
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || (chosen.get() == filter).to_string()
                on:click=move |_| chosen.set(filter)
            >
                {filter.label()}
            </button>
        }
    });
    view! {
        <div class="filter-bar" role="group" aria-label="Show">
            {buttons.collect_view()}
        </div>
    }
}
