//! Says why a form needs scripting, to those who have none and to those whose scripts did not start.
//! It must stay readable without either.

use leptos::prelude::*;

/// A parser that runs scripts reads the inside of `noscript` as one text, so it must not be made of
/// elements that hydration would look for.
const WITHOUT_SCRIPTING: &str = "<p class=\"script-needed\">Logging in needs scripting. \
    Baton keeps the access token in the memory of the page and nowhere else, \
    and without a script there is no memory to keep it in. Every other page can be read without.</p>";

/// The sentence, where it is needed.
#[component]
pub(crate) fn ScriptNeeded() -> impl IntoView {
    view! {
        <noscript inner_html=WITHOUT_SCRIPTING></noscript>
        // Shown by the stylesheet when the start script reports a failure.
        <p class="script-needed script-failed" role="alert">
            "The scripts of this page did not start, so this form cannot be sent. Reload the page to try again."
        </p>
    }
}
