//! The bearer token of a request, from one `Authorization` header alone (RFC 6750 section 2.1).

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::refusal::Refusal;

/// The token of a request with these headers.
pub(super) fn of(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoToken)?;
    // RFC 6750 section 2: a client MUST NOT use more than one method in each request. With two headers, a proxy in
    // front might check the other one.
    if values.next().is_some() {
        return Err(Refusal::Malformed);
    }
    let value = value.to_str().map_err(|_| Refusal::Malformed)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    // RFC 9110 section 11.1: the scheme is case-insensitive. Another one carries no bearer token.
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    Ok(token)
}
