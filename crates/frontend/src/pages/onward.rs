//! Where to go once somebody is logged in. It must not lead to another origin.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;
use shared::path::{ACCOUNT_PAGE, NEXT_PARAMETER, safe_next};

use crate::session::{Session, Standing};

/// Goes to the page that was asked for as soon as somebody is logged in, be it by this form, by a
/// restored session, or in another tab.
#[component]
pub(crate) fn OnwardOnceSignedIn() -> impl IntoView {
    let standing = expect_context::<Session>().standing();
    let query = use_query_map();
    move || {
        (standing.get() == Standing::SignedIn).then(|| {
            let asked_for = query.with_untracked(|query| query.get(NEXT_PARAMETER));
            let path = on_this_origin(safe_next(asked_for.as_deref()));
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            view! { <Redirect path options /> }
        })
    }
}

/// `path` as the browser resolves it, if that is still a path on this origin: `/.//elsewhere` is
/// one before it is resolved and none after.
fn on_this_origin(path: &str) -> String {
    let resolve = || {
        let origin = window().location().origin().ok()?;
        let url = web_sys::Url::new_with_base(path, &origin).ok()?;
        let ours = url.origin() == origin && !url.pathname().starts_with("//");
        ours.then(|| url.pathname() + &url.search() + &url.hash())
    };
    resolve().unwrap_or_else(|| ACCOUNT_PAGE.to_owned())
}
