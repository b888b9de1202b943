//! A text that changes while it is visible. A browser's translator replaces text nodes with its own elements, and a
//! framework that kept a node would change an invisible one. So this component replaces the content of an element,
//! always escaped: it must not take markup.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// The text, in an element of its own.
#[component]
pub(crate) fn Text(#[prop(into)] text: TextProp) -> impl IntoView {
    view! { <span inner_html=move || escape(&text.get())></span> }
}

/// Escapes the special characters of text (HTML section 13.1.3).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_text_is_never_markup() {
        assert_eq!(escape("a < b & <img src=x>"), "a &lt; b &amp; &lt;img src=x&gt;");
        assert_eq!(escape("&lt;"), "&amp;lt;");
    }
}
