//! A labelled input of many lines with its error.

use leptos::html::Textarea;
use leptos::prelude::*;

use super::field::{FieldErrorText, error_id};
use super::form::FormState;

/// The value stays in the document; callers read it through `node`.
#[component]
pub(crate) fn TextArea(
    name: &'static str,
    label: &'static str,
    node: NodeRef<Textarea>,
    form: FormState,
    /// Initial value.
    value: String,
) -> impl IntoView {
    let wrong = move || form.error_of(name).is_some();
    view! {
        <div class="field">
            <label class="field-label" for=name>
                {label}
            </label>
            <textarea
                class="field-input text-area"
                id=name
                rows="8"
                prop:value=value
                node_ref=node
                readonly=move || form.is_busy()
                aria-invalid=move || wrong().then_some("true")
                aria-describedby=move || wrong().then(|| error_id(name))
                on:input=move |_| form.clear_error(name)
            ></textarea>
            <FieldErrorText name form />
        </div>
    }
}
