//! The check that a call does not come from a browser: for calls that answer with a refresh token in the body. A
//! script in a page cannot leave these headers out (Fetch, "forbidden request-header"), so that no page can get one.
//!
//! `Sec-Fetch-Mode` alone is no sign: Node's `fetch` sends it, and neither of the two others.

use axum::extract::FromRequestParts;
use axum::http::header::ORIGIN;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use shared::path::{DEVICES_COOKIE, REFRESH_COOKIE, SEPARATE_DEVICE_COOKIE, SIGNED_IN_COOKIE};

use crate::http::cookie;
use crate::http::error::ApiError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How our cookies' names begin, with or without a port.
const COOKIES: [&str; 4] =
    [REFRESH_COOKIE, SIGNED_IN_COOKIE, DEVICES_COOKIE, SEPARATE_DEVICE_COOKIE];

/// The call comes from a program.
pub struct NoBrowser;

impl<S: Sync> FromRequestParts<S> for NoBrowser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match sign_of_browser(&parts.headers) {
            None => Ok(Self),
            Some(sign) => Err(ApiError::FromBrowser(sign)),
        }
    }
}

fn sign_of_browser(headers: &HeaderMap) -> Option<&'static str> {
    let has_cookie = |start: &&str| cookie::all_named(headers, start).next().is_some();
    if headers.contains_key(SEC_FETCH_SITE) {
        Some("sec-fetch-site")
    } else if headers.contains_key(ORIGIN) {
        Some("origin")
    } else if COOKIES.iter().any(has_cookie) {
        Some("cookie")
    } else {
        None
    }
}
