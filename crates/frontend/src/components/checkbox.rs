//! A checkbox with its error.

use leptos::html::Input;
use leptos::prelude::*;

use super::field::{FieldErrorText, error_id};
use super::form::FormState;

/// A labelled checkbox; callers read it through `node`.
#[component]
pub(crate) fn Checkbox(
    name: &'static str,
    label: &'static str,
    node: NodeRef<Input>,
    form: FormState,
) -> impl IntoView {
    let wrong = move || form.error_of(name).is_some();
    view! {
        <div class="field">
            <div class="checkbox">
                <input
                    class="checkbox-box"
                    id=name
                    name=name
                    type="checkbox"
                    node_ref=node
                    aria-invalid=move || wrong().then_some("true")
                    aria-describedby=move || wrong().then(|| error_id(name))
                    on:input=move |_| form.clear_error(name)
                />
                <label for=name>{label}</label>
            </div>
            <FieldErrorText name form />
        </div>
    }
}
