//! Where this page is open. For effects and event handlers only, never while the server renders.

use leptos::prelude::window;

/// The page's origin, and its path with the query.
pub(crate) fn here() -> (String, String) {
    let location = window().location();
    let part = |part: Result<String, _>| part.unwrap_or_default();
    (part(location.origin()), part(location.pathname()) + &part(location.search()))
}
