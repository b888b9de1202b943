//! The error page for a request that was too large for any page to be rendered. It must have no script, load no
//! resource and clear no data: a link makes any browser send a long address.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};

use super::csp;
use super::error::ApiError;
use super::request_id::RequestId;

const STYLE: &str = include_str!("refusal_page/page.css");
const HTML: &str = "text/html; charset=utf-8";

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| csp::refusal_page(STYLE));

/// Whether a browser's navigation expects a page, unlike a script or a program.
pub(super) fn is_wanted(request: &Request) -> bool {
    let path = request.uri().path();
    let is_call = path == "/api" || path.starts_with("/api/");
    let accepted = request.headers().get_all(ACCEPT).iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !is_call
        && accepted.any(|value| value.contains("text/html"))
}

/// The page for this failure, if it has one.
pub(super) fn page(error: &ApiError, id: &RequestId) -> Option<Response> {
    let (heading, text) = match error {
        ApiError::UriTooLong => (
            "This address is too long",
            "It is longer than any page of this site has. The link that led here may be broken.",
        ),
        ApiError::HeaderFieldsTooLarge => (
            "The request is too large",
            "What came along with it, beside the address, is more than this site reads. It is not your \
             cookies: those that belong to other sites are left out. A browser extension, or a proxy on the \
             way, may have added it: try a private window, or another browser.",
        ),
        _ => return None,
    };
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{heading} · Baton</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<p class=\"brand\">Baton</p>\n\
         <h1>{heading}</h1>\n<p>{text} Nothing was changed, and if you are logged in, you still are.</p>\n\
         <p><a href=\"/\">Go to the start page</a></p>\n<p class=\"id\">Request {id}</p>\n</main>\n</body>\n\
         </html>\n"
    );
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static(HTML)), (CONTENT_SECURITY_POLICY, POLICY.clone())];
    Some((error.status(), headers, html).into_response())
}
