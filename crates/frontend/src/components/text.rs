//! A text that changes while it is shown. Translators of browsers put elements of their own in the place of text
//! nodes, and a framework that holds on to the node changes one that is not shown any more. So the content of an
//! element is replaced as a whole. It must not take markup: everything is escaped.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// The text, in an element of its own.
#[component]
pub(crate) fn Text(#[prop(into)] text: TextProp) -> impl IntoView {
    view! { <span inner_html=move || escape(&text.get())></span> }
}

/// HTML section 13.1.3: the characters that mean something in text.
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
