//! The `Authorization` header (RFC 9110 section 11.6.2).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// The credentials of this scheme. `None` without the header, with another scheme, or with several headers, which no
/// honest client sends.
pub(super) fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (said, credentials) = value.to_str().ok()?.split_once(' ')?;
    // RFC 9110 section 11.1: the scheme is case-insensitive.
    said.eq_ignore_ascii_case(scheme).then_some(credentials)
}
