//! The redirect to the login page and back, with path, query and fragment (RFC 3986 section 3). It must stay
//! same-origin, or it would be an open redirect.

use leptos::prelude::*;
use shared::path::{ACCOUNT_PAGE, LOGIN_PAGE, NEXT_PARAMETER, safe_next};

use crate::router::{Here, Router, escape};
use crate::session::{AuthStatus, Session};

/// The URL of the login page, which leads back to the current page.
pub(super) fn login_with_return() -> String {
    // A server never gets the fragment: a browser carries it over to the target of a redirect (RFC 9110 section
    // 10.2.2).
    let here = expect_context::<Router>().here_untracked().whole();
    format!("{LOGIN_PAGE}?{NEXT_PARAMETER}={}", escape(&here))
}

/// The URL of `page`, login or registration, with the `next` parameter of the current one.
pub(super) fn with_next(page: &'static str) -> impl Fn() -> String {
    let router = expect_context::<Router>();
    move || match next_in(&router.here().query) {
        Some(next) => format!("{page}?{NEXT_PARAMETER}={next}"),
        None => page.to_owned(),
    }
}

/// The `next` parameter of a query, still encoded.
fn next_in(query: &str) -> Option<&str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == NEXT_PARAMETER).map(|(_, value)| value)
}

/// Goes to the requested page as soon as a user is signed in: by this form, by a restored session, or in another tab.
#[component]
pub(crate) fn RedirectOnceSignedIn() -> impl IntoView {
    let status = expect_context::<Session>().auth_status();
    let router = expect_context::<Router>();
    take_fragment_along(router);
    move || {
        if status.get() == AuthStatus::SignedIn {
            let next = next_in(&router.here_untracked().query).map(decoded);
            router.redirect(&on_this_origin(safe_next(next.as_deref())));
        }
    }
}

/// A value of a query, decoded once. In the browser only.
fn decoded(value: &str) -> String {
    let spaced = value.replace('+', " ");
    js_sys::decode_uri_component(&spaced).map_or(spaced, String::from)
}

/// The fragment that came with the server's redirect belongs to the requested page: it moves into the `next`
/// parameter before a link on this page can replace it.
fn take_fragment_along(router: Router) {
    Effect::new(move |_| {
        let Here { path, query, fragment } = router.here_untracked();
        let Some(next) = next_in(&query) else { return };
        if fragment.is_empty() || next.contains("%23") {
            return;
        }
        router.rewrite(&format!("{path}?{NEXT_PARAMETER}={next}{}", escape(&fragment)));
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
