//! A password input that the user can reveal, which replaces typing the password twice. The value stays in the input.

use leptos::html::Input;
use leptos::prelude::*;

use super::field::{FieldErrorText, error_id};
use super::form::FormState;
use super::text::Text;
use crate::dom::Ready;

/// The input's name where a form has only one, and the member of the request body.
pub(crate) const PASSWORD: &str = "password";

/// A password input. `hint` is the id of an explaining text.
#[component]
pub(crate) fn PasswordField(
    autocomplete: &'static str,
    node: NodeRef<Input>,
    form: FormState,
    #[prop(optional)] hint: &'static str,
    #[prop(default = PASSWORD)] name: &'static str,
    #[prop(default = "Password")] label: &'static str,
) -> impl IntoView {
    let Ready(ready) = expect_context();
    let shown = RwSignal::new(false);
    let wrong = move || form.error_of(name).is_some();
    let described_by = move || match (wrong(), hint) {
        (true, _) => Some(format!("{} {hint}", error_id(name))),
        (false, "") => None,
        (false, hint) => Some(hint.to_owned()),
    };
    view! {
        <div class="field">
            <label class="field-label" for=name>
                {label}
            </label>
            <div class="password-field">
                <input
                    class="field-input"
                    id=name
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    node_ref=node
                    readonly=move || form.is_busy()
                    aria-invalid=move || wrong().then_some("true")
                    aria-describedby=described_by
                    on:input=move |_| form.clear_error(name)
                />
                <button
                    type="button"
                    class="password-toggle"
                    aria-controls=name
                    aria-pressed=move || shown.get().to_string()
                    disabled=move || !ready.get()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    <Text text=move || if shown.get() { "Hide password" } else { "Show password" } />
                </button>
            </div>
            <FieldErrorText name form />
        </div>
    }
}
