//! The two cookies: the refresh token's, and the readable hint beside it. It must not know what a
//! token means.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use shared::Secret;
use shared::path::{REFRESH_COOKIE, SIGNED_IN_COOKIE};

/// Sets both cookies.
pub struct SetSession<'a> {
    /// The refresh token. It appears nowhere else.
    pub refresh_token: &'a Secret,
    /// How long the session may still live: no cookie outlives it.
    pub seconds: i64,
}

/// Clears both cookies and what pages have stored (ASVS 5.0.0 V14.3.1).
pub struct ClearSession;

impl IntoResponseParts for SetSession<'_> {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: ResponseParts,
    ) -> Result<ResponseParts, Self::Error> {
        let headers = response.headers_mut();
        append(headers, refresh_cookie(self.refresh_token.expose(), self.seconds));
        append(headers, signed_in_cookie("1", self.seconds));
        Ok(response)
    }
}

impl IntoResponseParts for ClearSession {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: ResponseParts,
    ) -> Result<ResponseParts, Self::Error> {
        let headers = response.headers_mut();
        append(headers, refresh_cookie("", 0));
        append(headers, signed_in_cookie("", 0));
        // Not "cookies", which would reach beyond this host; not "cache", which holds nothing of the
        // user's, since every answer about one is `no-store`.
        headers.insert(
            HeaderName::from_static("clear-site-data"),
            HeaderValue::from_static("\"storage\""),
        );
        Ok(response)
    }
}

fn refresh_cookie(value: &str, seconds: i64) -> Cookie<'_> {
    Cookie::build((REFRESH_COOKIE, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(seconds))
        .build()
}

/// Lax, so that a page reached through a link from elsewhere is rendered for a signed-in user too.
fn signed_in_cookie(value: &str, seconds: i64) -> Cookie<'_> {
    Cookie::build((SIGNED_IN_COOKIE, value))
        .path("/")
        .secure(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(seconds))
        .build()
}

fn append(headers: &mut HeaderMap, cookie: Cookie<'_>) {
    let mut value = HeaderValue::from_str(&cookie.to_string())
        .expect("tickets are base64url and the rest is constant");
    value.set_sensitive(true);
    headers.append(SET_COOKIE, value);
}

/// The values of all cookies with this name. The line is read as bytes: whatever else stands in it,
/// set by whomever, must not hide ours.
pub fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(move |pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        // What is not even text is a value all the same, and opens nothing.
        .map(|value| std::str::from_utf8(value).unwrap_or_default())
}
