//! The button that sends a form. It must not know the form.

use leptos::prelude::*;

use crate::dom::Ready;

/// Sends the form around it. Disabled until the scripts have taken over; while busy it keeps the
/// focus and says what it is doing, and the form ignores it.
#[component]
pub(crate) fn SubmitButton(
    label: &'static str,
    busy_label: &'static str,
    busy: RwSignal<bool>,
) -> impl IntoView {
    let Ready(ready) = expect_context();
    view! {
        <button
            type="submit"
            class="button"
            data-kind="primary"
            disabled=move || !ready.get()
            aria-disabled=move || busy.get().then_some("true")
        >
            {move || if busy.get() { busy_label } else { label }}
        </button>
    }
}
