//! Security headers of every response (ASVS 5.0.0 V3.4): HSTS, CSP and others. A page sets its own CSP (`csp.rs`),
//! because only the page knows its nonce.

use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

use super::csp;
use crate::config::Origin;

const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Our paths and queries must not leak to other sites.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
const NO_STORE: &str = "no-store";
const A_YEAR: &str = "max-age=31536000; includeSubDomains";

/// Room for all of them, and for what an endpoint sets.
const HEADERS: usize = 16;

/// Sets the headers. A header that an endpoint has set stays.
pub(super) fn secure(origin: &Origin, response: &mut Response) {
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    for (name, value) in ALWAYS {
        set_default(headers, name, value);
    }
    set_default(headers, CONTENT_SECURITY_POLICY, csp::NO_PAGE);
    // A response without an explicit caching rule may be about one user: it must not be stored (V14.3.2).
    set_default(headers, CACHE_CONTROL, NO_STORE);
    // RFC 6797 section 7.2: over plain HTTP the header MUST NOT be sent. On a loopback origin HSTS would also hold
    // for every other program and port of the machine.
    if origin.is_tls() && !origin.is_loopback() {
        set_default(headers, STRICT_TRANSPORT_SECURITY, A_YEAR);
    }
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
