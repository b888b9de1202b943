//! The button that sends a form. It must not know what the form is for.

use leptos::prelude::*;

use super::form::FormState;
use super::text::Text;
use crate::dom::Ready;

/// Sends the form around it. Disabled until the scripts have taken over; while busy it keeps the
/// focus and says what it is doing, and the form ignores it; so it does while the server asked to wait.
#[component]
pub(crate) fn SubmitButton(
    label: &'static str,
    busy_label: &'static str,
    form: FormState,
    #[prop(default = "primary")] kind: &'static str,
) -> impl IntoView {
    let Ready(ready) = expect_context();
    view! {
        <button
            type="submit"
            class="button"
            data-kind=kind
            disabled=move || !ready.get()
            aria-disabled=move || (form.is_busy() || form.must_wait()).then_some("true")
        >
            <Text text=move || if form.is_busy() { busy_label } else { label } />
        </button>
    }
}
