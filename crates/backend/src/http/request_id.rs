//! Request ids: each request has one, for its log lines and its problem document. It must not log a query, a header
//! or a body: any of them may hold a secret.
//!
//! Not tower-http's `SetRequestIdLayer`, which keeps the id that a client sends.

use std::fmt;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::Response;
use shared::path::REQUEST_ID;
use tracing::Span;

use super::client_address::ClientAddress;
use crate::entropy::Entropy;
use crate::telemetry::REQUEST;

/// The id of one request. Never the client's choice, which could forge log lines.
#[derive(Debug, Clone, Copy)]
pub struct RequestId([u8; 8]);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).map_err(|_| fmt::Error)?)
    }
}

impl RequestId {
    /// In hexadecimal.
    fn digits(self) -> [u8; 16] {
        std::array::from_fn(|at| {
            let shift = if at % 2 == 0 { 4 } else { 0 };
            b"0123456789abcdef"[usize::from(self.0[at / 2] >> shift & 0xf)]
        })
    }

    /// Draws an id.
    pub(super) fn draw(entropy: &Entropy) -> Self {
        Self(entropy.request_id())
    }

    /// The log span of its request.
    pub(super) fn span(self, client: ClientAddress, request: &Request) -> Span {
        let method = start(request.method().as_str(), METHOD_BYTES);
        let path = start(request.uri().path(), PATH_BYTES);
        tracing::error_span!(target: REQUEST, "request", id = %self, %method, path, client = %client)
    }

    /// Sets `X-Request-Id`.
    pub(super) fn name(self, response: &mut Response) {
        let value =
            HeaderValue::from_bytes(&self.digits()).expect("hexadecimal digits are visible");
        response.headers_mut().insert(REQUEST_ID, value);
        tracing::debug!(event = "request.answered", status = response.status().as_u16());
    }
}

/// How much of a method and of a path is logged: the client chooses both, and a line is bounded.
const METHOD_BYTES: usize = 16;
const PATH_BYTES: usize = 256;

/// Truncates a text, to whole characters.
fn start(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
