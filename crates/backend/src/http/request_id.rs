//! Request ids: each request has one, for its log lines and its problem document. It must not log a query, a header
//! or a body: any of them may hold a secret.
//!
//! Not tower-http's `SetRequestIdLayer`, which keeps the id that a client sends.

use std::convert::Infallible;
use std::fmt;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use shared::path::REQUEST_ID;
use tracing::Instrument as _;

use super::client_address::ClientAddress;
use crate::entropy::Entropy;
use crate::telemetry::REQUEST;

/// The id of one request. Never the client's choice, which could forge log lines.
#[derive(Debug, Clone, Copy)]
pub struct RequestId([u8; 8]);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(*parts.extensions.get::<Self>().expect("the outermost layer names every request"))
    }
}

/// How much of a method and of a path is logged: the client chooses both, and a line is bounded.
const METHOD_BYTES: usize = 16;
const PATH_BYTES: usize = 256;

/// Middleware, the outermost: draws the id, opens the log span, sets `X-Request-Id`.
pub async fn assign(
    State(entropy): State<Entropy>,
    client: ClientAddress,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId(entropy.bytes());
    request.extensions_mut().insert(id);
    let method = start(request.method().as_str(), METHOD_BYTES);
    let path = start(request.uri().path(), PATH_BYTES);
    let span =
        tracing::error_span!(target: REQUEST, "request", %id, %method, path, client = %client);
    let mut response = next.run(request).instrument(span.clone()).await;
    let value =
        HeaderValue::from_str(&id.to_string()).expect("hexadecimal digits are visible ASCII");
    response.headers_mut().insert(REQUEST_ID, value);
    span.in_scope(|| {
        tracing::debug!(event = "request.answered", status = response.status().as_u16())
    });
    response
}

/// Truncates a text, to whole characters.
fn start(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
