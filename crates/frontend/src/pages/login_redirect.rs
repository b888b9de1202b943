//! The redirect to the login page and back, with path, query and fragment (RFC 3986 section 3). It must stay
//! same-origin, or it would be an open redirect.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::location::Url;
use shared::path::{ACCOUNT_PAGE, LOGIN_PAGE, NEXT_PARAMETER, safe_next};

use crate::session::{AuthStatus, Session};

/// The URL of the login page, which leads back to the current page.
pub(super) fn login_with_return() -> String {
    let here = use_location();
    let mut next = here.pathname.get_untracked();
    let query = here.search.get_untracked();
    if !query.is_empty() {
        next = format!("{next}?{query}");
    }
    // A server never gets the fragment: a browser carries it over to the target of a redirect (RFC 9110 section
    // 10.2.2).
    if !cfg!(feature = "ssr") {
        next += &here.hash.get_untracked();
    }
    leading_to(LOGIN_PAGE, &next)
}

/// The URL of `page`, login or registration, with the `next` parameter of the current one.
pub(super) fn with_next(page: &'static str) -> impl Fn() -> String {
    let query = use_location().search;
    move || match query.with(|query| next_in(query).map(str::to_owned)) {
        Some(next) => format!("{page}?{NEXT_PARAMETER}={next}"),
        None => page.to_owned(),
    }
}

fn leading_to(page: &str, next: &str) -> String {
    format!("{page}?{NEXT_PARAMETER}={}", Url::escape(next))
}

/// The `next` parameter of a query, still encoded. (The router's map of a query decodes twice.)
fn next_in(query: &str) -> Option<&str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == NEXT_PARAMETER).map(|(_, value)| value)
}

/// Goes to the requested page as soon as a user is signed in: by this form, by a restored session, or in another tab.
#[component]
pub(crate) fn RedirectOnceSignedIn() -> impl IntoView {
    let status = expect_context::<Session>().auth_status();
    let query = use_location().search;
    take_fragment_along();
    move || {
        (status.get() == AuthStatus::SignedIn).then(|| {
            let next = query.with_untracked(|query| next_in(query).map(decoded));
            let path = on_this_origin(safe_next(next.as_deref()));
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            view! { <Redirect path options /> }
        })
    }
}

/// A value of a query, decoded once. In the browser only.
fn decoded(value: &str) -> String {
    let spaced = value.replace('+', " ");
    js_sys::decode_uri_component(&spaced).map_or(spaced, String::from)
}

/// The fragment that came with the server's redirect belongs to the requested page: it moves into the `next`
/// parameter before a link on this page can replace it.
fn take_fragment_along() {
    let (here, navigate) = (use_location(), use_navigate());
    Effect::new(move |_| {
        let (query, fragment) = (here.search.get_untracked(), here.hash.get_untracked());
        let Some(next) = next_in(&query) else { return };
        if fragment.is_empty() || next.contains("%23") {
            return;
        }
        let path = here.pathname.get_untracked();
        let path = format!("{path}?{NEXT_PARAMETER}={next}{}", Url::escape(&fragment));
        let options =
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&path, options);
    });
}

/// `path` as the browser resolves it, if the result is same-origin: `/.//elsewhere` is before it is resolved, and is
/// not afterwards.
fn on_this_origin(path: &str) -> String {
    let resolve = || {
        let origin = window().location().origin().ok()?;
        let url = web_sys::Url::new_with_base(path, &origin).ok()?;
        let ours = url.origin() == origin && !url.pathname().starts_with("//");
        ours.then(|| url.pathname() + &url.search() + &url.hash())
    };
    resolve().unwrap_or_else(|| ACCOUNT_PAGE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::next_in;

    #[test]
    fn the_return_path_is_read_as_it_stands() {
        assert_eq!(next_in("next=%2Fa%3Fb%3D%2520c"), Some("%2Fa%3Fb%3D%2520c"));
        assert_eq!(next_in("x=1&next=%2Fa&next=%2Fb"), Some("%2Fa"));
        for none in ["", "next", "nextt=1", "x=next"] {
            assert_eq!(next_in(none), None, "{none}");
        }
    }
}
