//! A labelled input with its error.

use leptos::html::Input;
use leptos::prelude::*;

use super::form::FormState;
use super::text::Text;

/// The description of an input.
#[derive(Clone, Copy)]
pub(crate) struct FieldSpec {
    /// Its id, its name, and the member of the request body.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
}

/// A labelled input. Its value stays in the document, so that text typed before hydration is not lost; callers read
/// it through `node`.
#[component]
pub(crate) fn Field(
    spec: FieldSpec,
    node: NodeRef<Input>,
    form: FormState,
    /// Initial value.
    #[prop(default = None)]
    value: Option<String>,
) -> impl IntoView {
    let FieldSpec { name, label, kind, autocomplete } = spec;
    let wrong = move || form.error_of(name).is_some();
    view! {
        <div class="field">
            <label class="field-label" for=name>
                {label}
            </label>
            <input
                class="field-input"
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                spellcheck="false"
                value=value
                node_ref=node
                readonly=move || form.is_busy()
                aria-invalid=move || wrong().then_some("true")
                aria-describedby=move || wrong().then(|| error_id(name))
                on:input=move |_| form.clear_error(name)
            />
            <FieldErrorText name form />
        </div>
    }
}

/// The error of the input `name`.
#[component]
pub(crate) fn FieldErrorText(name: &'static str, form: FormState) -> impl IntoView {
    move || {
        form.error_of(name).map(|message| {
            view! {
                <p class="field-error" id=error_id(name)>
                    <Text text=message />
                </p>
            }
        })
    }
}

pub(crate) fn error_id(name: &str) -> String {
    format!("{name}-error")
}

/// The value of an input.
pub(crate) fn value_of(node: NodeRef<Input>) -> String {
    node.get_untracked().map(|input| input.value()).unwrap_or_default()
}
