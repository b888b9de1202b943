//! What the server knows when it renders a page: contexts on the server, repeated as attributes of `<html>` for the
//! client, so that its first state is the one that the server rendered.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use leptos::prelude::*;

/// Whether the readable hint cookie says that a user is probably signed in. The cookie may have changed since.
#[derive(Clone, Copy, Default)]
pub struct SignedInHint(pub bool);

/// Whether access tokens name the notes service as an audience: only then does a gateway lead to one, and the site
/// shows its page.
#[derive(Clone, Copy, Default)]
pub struct NotesService(pub bool);

/// The path and the query of the request. On the server only.
#[derive(Clone)]
pub struct PageUrl(pub String);

/// Set during rendering if another page is to be shown instead: its path on this origin. On the server only.
#[derive(Clone, Default)]
pub struct ServerRedirect(pub Arc<Mutex<Option<String>>>);

/// Set during rendering if the page is "not found", so that the server answers 404. On the server only.
#[derive(Clone, Default)]
pub struct NotFoundFlag(pub Arc<AtomicBool>);

impl SignedInHint {
    /// The hint from the time when the server rendered this page.
    pub(crate) fn of_the_page() -> Self {
        if cfg!(feature = "ssr") {
            use_context().unwrap_or_default()
        } else {
            Self(is_set("data-signed-in-hint"))
        }
    }
}

impl NotesService {
    /// What the server knew when it rendered this page.
    pub(crate) fn of_the_page() -> Self {
        if cfg!(feature = "ssr") {
            use_context().unwrap_or_default()
        } else {
            Self(is_set("data-notes-service"))
        }
    }
}

/// Whether this attribute of `<html>` is `true`. In the browser only.
fn is_set(attribute: &str) -> bool {
    document()
        .document_element()
        .and_then(|html| html.get_attribute(attribute))
        .is_some_and(|value| value == "true")
}
