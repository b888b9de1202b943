//! A labelled input of many lines with its error. It must not judge what is typed.

use leptos::html::Textarea;
use leptos::prelude::*;

use super::field::{FieldErrorText, error_id};
use super::form::FormState;

/// What is typed stays in the document; read it through `node`.
#[component]
pub(crate) fn TextArea(
    name: &'static str,
    label: &'static str,
    node: NodeRef<Textarea>,
    form: FormState,
    /// What stands in it at first.
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
