//! The cookies: the refresh token's, the readable hint beside it, and the list of known devices. Their attributes
//! (`Secure`, `HttpOnly`, `SameSite`, `Max-Age`) are set here; their names, with the prefix `__Host-`, are in
//! [`shared::path`]. There are no others but the mark of a redirect in [`site`](super::site), and no name depends on an
//! account (decision 33).

use std::borrow::Cow;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use shared::Secret;
use shared::path::{
    DEVICES_COOKIE, REFRESH_COOKIE, SEPARATE_DEVICE_COOKIE, SIGNED_IN_COOKIE, at_port,
};

use crate::auth::login::known_device::KNOWN_SECONDS;
use crate::auth::login::known_device::list::KeptDevices;

/// The names of a session's two cookies in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    refresh: Cow<'static, str>,
    signed_in: Cow<'static, str>,
}

impl Names {
    /// The usual names.
    #[must_use]
    pub const fn usual() -> Self {
        Self { refresh: Cow::Borrowed(REFRESH_COOKIE), signed_in: Cow::Borrowed(SIGNED_IN_COOKIE) }
    }

    /// The names while the usual ones hold another server's cookies on this host.
    #[must_use]
    pub fn at(port: u16) -> Self {
        Self {
            refresh: at_port(REFRESH_COOKIE, port).into(),
            signed_in: at_port(SIGNED_IN_COOKIE, port).into(),
        }
    }
}

/// Sets both cookies of a session.
pub struct SetSession<'a> {
    /// Their names.
    pub names: &'a Names,
    /// The refresh token. It is sent only in this cookie.
    pub refresh_token: &'a Secret,
    /// Seconds until the session expires, and the cookies with it.
    pub seconds: i64,
}

/// Sets the list of known devices, or clears it if it is empty. It outlives the session.
pub struct SetDevices(pub KeptDevices);

/// Clears both cookies of a session. Pages remove their own storage (ASVS 5.0.0 V14.3.1), because after the header
/// `Clear-Site-Data: "storage"` old and new tabs of a browser hold one Web Lock at a time each (decision 26).
pub struct ClearSession(pub Names);

impl IntoResponseParts for SetSession<'_> {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: ResponseParts,
    ) -> Result<ResponseParts, Self::Error> {
        let headers = response.headers_mut();
        self.names.set(headers, (self.refresh_token.expose(), "1"), self.seconds);
        Ok(response)
    }
}

impl IntoResponseParts for SetDevices {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: ResponseParts,
    ) -> Result<ResponseParts, Self::Error> {
        let Self(KeptDevices { list, replaced }) = self;
        let headers = response.headers_mut();
        match list.encode() {
            Some(list) => {
                append(headers, strict_cookie(DEVICES_COOKIE, list.expose(), KNOWN_SECONDS));
            }
            None => append(headers, strict_cookie(DEVICES_COOKIE, "", 0)),
        }
        for slot in replaced {
            append(headers, strict_cookie(format!("{SEPARATE_DEVICE_COOKIE}{slot}"), "", 0));
        }
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
        self.0.set(headers, ("", ""), 0);
        Ok(response)
    }
}

impl Names {
    fn set(&self, headers: &mut HeaderMap, (refresh, signed_in): (&str, &str), seconds: i64) {
        append(headers, strict_cookie(&*self.refresh, refresh, seconds));
        append(headers, signed_in_cookie(&self.signed_in, signed_in, seconds));
    }
}

fn strict_cookie<'a>(name: impl Into<Cow<'a, str>>, value: &'a str, seconds: i64) -> Cookie<'a> {
    Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(seconds))
        .build()
}

/// `SameSite=Lax`, so that a page reached through a link on another site is also rendered for a signed-in user.
fn signed_in_cookie<'a>(name: &'a str, value: &'a str, seconds: i64) -> Cookie<'a> {
    Cookie::build((name, value))
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

/// The names of all cookies that the server at this port sets. They are read among any number of others.
#[must_use]
pub fn names(port: u16) -> Vec<String> {
    let [usual, own] = [Names::usual(), Names::at(port)];
    let session = [usual.refresh, usual.signed_in, own.refresh, own.signed_in];
    session.map(Cow::into_owned).into_iter().chain([DEVICES_COOKIE.to_owned()]).collect()
}

/// The values of all cookies with this name. The header is parsed as bytes: malformed cookies of another origin must
/// not hide ours.
pub fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    all_named(headers, name).filter(|(rest, _)| rest.is_empty()).map(|(_, value)| value)
}

/// All cookies whose names have this prefix: the rest of the name, and the value.
pub fn all_named<'a>(
    headers: &'a HeaderMap,
    start: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let rest = pair.trim_ascii().strip_prefix(start.as_bytes())?;
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let rest_of_name = std::str::from_utf8(&rest[..equals]).ok()?;
        // A value that is not UTF-8 still counts as one, and authenticates no call.
        let value = std::str::from_utf8(&rest[equals + 1..]).unwrap_or_default();
        Some((rest_of_name, unquoted(value)))
    })
}

/// Quotes around a value are no part of it: Java's jar adds them (RFC 2965), and RFC 6265 section 4.1.1 allows them.
/// None of our values has a quote.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}
