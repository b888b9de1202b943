//! The headers every answer carries (ASVS 5.0.0 V3.4). It must not know what is answered; a page
//! brings its own Content-Security-Policy, because only the page knows its nonce.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

use crate::config::Origin;

const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Paths and queries of ours are nobody else's business.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
/// For answers that are no page: nothing in them may run or be framed.
const NO_PAGE: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const NO_STORE: &str = "no-store";
const A_YEAR: &str = "max-age=31536000; includeSubDomains";

/// Middleware: sets the headers. What an endpoint has set itself stays.
pub async fn secure(State(origin): State<Origin>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        set_default(headers, name, value);
    }
    set_default(headers, CONTENT_SECURITY_POLICY, NO_PAGE);
    // Whatever does not say how long it keeps may be about one user: nobody keeps it (V14.3.2).
    set_default(headers, CACHE_CONTROL, NO_STORE);
    // RFC 6797 section 7.2: over plain HTTP the header MUST NOT be sent. On a loopback origin it would hold for every
    // other program and port of the machine, too.
    if origin.is_tls() && !origin.is_loopback() {
        set_default(headers, STRICT_TRANSPORT_SECURITY, A_YEAR);
    }
    response
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
