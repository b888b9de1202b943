//! Terms and values as a description list.

use leptos::prelude::*;

use super::text::Text;

/// One term; goes into `<dl class="facts">`.
#[component]
pub(crate) fn Fact(term: &'static str, #[prop(into)] value: Signal<String>) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{term}</dt>
            <dd>
                <Text text=value />
            </dd>
        </div>
    }
}
