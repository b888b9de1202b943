//! A labelled input with its error. It must not judge what is typed.

use leptos::html::Input;
use leptos::prelude::*;

use super::form::FormState;
use super::text::Text;

/// What an input is for.
#[derive(Clone, Copy)]
pub(crate) struct FieldSpec {
    /// Its id, its name, and the member of the request body.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
}

/// A labelled input. What is typed stays in the document, so that nothing typed before the scripts
/// took over is lost; read it through `node`.
#[component]
pub(crate) fn Field(
    spec: FieldSpec,
    node: NodeRef<Input>,
    form: FormState,
    /// What stands in it at first.
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

/// What is wrong with the input `name`.
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

/// The id of the error of the input `name`.
pub(crate) fn error_id(name: &str) -> String {
    format!("{name}-error")
}

/// What was typed.
pub(crate) fn value_of(node: NodeRef<Input>) -> String {
    node.get_untracked().map(|input| input.value()).unwrap_or_default()
}
