//! The submit button of a form.

use leptos::prelude::*;

use super::form::FormState;
use super::text::Text;
use crate::dom::Ready;

/// Submits the form around it. It is disabled until hydration. While the form is busy, or waits for a rate limit, the
/// button keeps the focus, and the form ignores it.
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
