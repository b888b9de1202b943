//! The outermost middleware: names each request, writes problem documents (RFC 9457), sets `no-store`, and logs. It
//! must not log a query, a header or a body, nor choose a status.
//!
//! Not tower-http's `SetRequestIdLayer`, which keeps the id that a client sends.

use std::error::Error as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use shared::Problem;
use shared::path::REQUEST_ID;
use shared::problem::PROBLEM_JSON;
use tracing::Instrument as _;

use super::error::ApiError;
use crate::app::AppState;

/// The middleware.
pub async fn handle(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    // Never the client's: a chosen id could forge log lines. The middleware that requires an access token writes the
    // id into its problem documents.
    let id = app.dependencies.request_id();
    let value = HeaderValue::from_str(&id).expect("hexadecimal digits are visible ASCII");
    request.headers_mut().insert(REQUEST_ID, value.clone());
    let path = request.uri().path();
    let span = tracing::error_span!("request", %id, method = %request.method(), path);
    let mut response = next.run(request).instrument(span.clone()).await;
    let bare = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    let failure = response.extensions().get::<Arc<ApiError>>().cloned();
    if let Some(error) = failure.or_else(|| bare.then(|| Arc::new(ApiError::MethodNotAllowed))) {
        span.in_scope(|| log(&error));
        write(&mut response, &error, id);
    }
    response.headers_mut().insert(REQUEST_ID, value);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    span.in_scope(|| {
        tracing::debug!(event = "request.answered", status = response.status().as_u16());
    });
    response
}

/// Keeps headers that the error response already has, such as `Allow`.
fn write(response: &mut Response, error: &ApiError, request_id: String) {
    let problem = Problem {
        title: error.title().to_owned(),
        detail: error.detail().map(str::to_owned),
        request_id,
        errors: error.fields().to_vec(),
        ..Problem::new(error.code())
    };
    let body = serde_json::to_vec(&problem).expect("a problem is strings and numbers");
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(seconds) = error.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn log(error: &ApiError) {
    if error.status().is_server_error() {
        let code = error.code();
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(event = "request.failed", %code, %error, %cause);
    }
}
