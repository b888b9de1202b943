//! The search field. The page runs the search.

use leptos::html::Input;
use leptos::prelude::*;
use shared::note::MAX_QUERY;

use super::field::value_of;
use crate::dom::focus_soon;

const NAME: &str = "search";

/// Validation message for a text that is too long; empty for any other. Not `maxlength`: that counts UTF-16 code
/// units, and the service counts characters.
fn validity_message(text: &str) -> String {
    match text.trim().chars().count() {
        ..=MAX_QUERY => String::new(),
        _ => format!("A search has at most {MAX_QUERY} characters."),
    }
}

/// A field with its button; `query` is the last search, empty for all notes.
#[component]
pub(crate) fn SearchBar(label: &'static str, query: RwSignal<String>) -> impl IntoView {
    let node = NodeRef::<Input>::new();
    let search = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        query.set(value_of(node).trim().to_owned());
    };
    let show_all = move |_| {
        if let Some(input) = node.get_untracked() {
            input.set_value("");
            input.set_custom_validity("");
        }
        query.set(String::new());
        // The button is gone, and the focus with it.
        focus_soon(format!("#{NAME}"));
    };
    view! {
        <form class="search-bar" role="search" on:submit=search>
            <label class="field-label" for=NAME>
                {label}
            </label>
            <input
                class="field-input"
                id=NAME
                type="search"
                autocomplete="off"
                on:input=move |_| {
                    if let Some(input) = node.get_untracked() {
                        input.set_custom_validity(&validity_message(&input.value()));
                    }
                }
                node_ref=node
            />
            <button type="submit" class="button">
                "Search"
            </button>
            {move || {
                query
                    .with(|query| !query.is_empty())
                    .then(|| {
                        view! {
                            <button type="button" class="button" on:click=show_all>
                                "Show all"
                            </button>
                        }
                    })
            }}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_one_however_it_is_encoded() {
        for character in ["a", "é", "😀"] {
            assert_eq!(validity_message(&format!(" {} ", character.repeat(200))), "");
            assert!(!validity_message(&character.repeat(201)).is_empty());
        }
    }
}
