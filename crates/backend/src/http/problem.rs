//! Writes problem documents (RFC 9457) on the way out, or a page for a browser's navigation, and logs server errors
//! and requests that were refused before the domain saw them: once, here. Which failure has which code is a table in
//! [`error`](super::error); status and title of each code are one in `shared`'s `code.rs`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use shared::Problem;
use shared::problem::PROBLEM_JSON;

use super::error::ApiError;
use super::refusal_page;
use super::request_id::RequestId;
use crate::telemetry::causes;

const JSON: &str = "application/json";

/// Gives a failure its problem document, or its page if the request asks for one.
pub(super) fn write(id: RequestId, wants_page: bool, response: Response) -> Response {
    let error = match response.extensions().get::<Arc<ApiError>>() {
        Some(error) => Arc::clone(error),
        None => match bare_failure(&response) {
            Some(error) => Arc::new(error),
            None => return response,
        },
    };
    log(&error);
    if let Some(page) = refusal_page::page(&error, &id).filter(|_| wants_page) {
        return page;
    }
    with_problem(response, &error, &id)
}

/// Failures that the framework answers before a handler.
fn bare_failure(response: &Response) -> Option<ApiError> {
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => Some(ApiError::MethodNotAllowed),
        _ => None,
    }
}

fn with_problem(response: Response, error: &ApiError, id: &RequestId) -> Response {
    let problem = Problem {
        error: error.in_oauth_words().map(str::to_owned),
        detail: error.detail().map(str::to_owned),
        request_id: id.to_string(),
        errors: error.fields().to_vec(),
        limited_by: error.limited_by(),
        ended_because: error.ended_because(),
        accepted_origin: accepted_origin(error),
        ..Problem::new(error.code())
    };
    let body = serde_json::to_vec(&problem).expect("a problem is strings and numbers");
    // Headers of the failure stay, such as `Allow`.
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    // RFC 6749 section 5.2: with `error`, it is application/json.
    let media_type = if problem.error.is_some() { JSON } else { PROBLEM_JSON };
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(challenge) = error.challenge() {
        let challenge = HeaderValue::from_str(&challenge).expect("constants and a number");
        parts.headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = error.retry_after() {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    (parts.status, parts.headers, Body::from(body)).into_response()
}

/// The accepted origin, if the call comes from another one.
fn accepted_origin(error: &ApiError) -> Option<String> {
    match error {
        ApiError::CrossSite { accepted, .. } => Some(accepted.as_str().to_owned()),
        _ => None,
    }
}

fn log(error: &ApiError) {
    let code = error.code();
    match error {
        _ if error.status().is_server_error() => {
            tracing::error!(event = "request.failed", %code, %error, cause = causes(error));
        }
        ApiError::CrossSite { cause, .. } => {
            tracing::warn!(event = "cross_site_refused", cause = cause.as_str());
        }
        // Input is not quoted.
        _ if error.is_refused_input() => tracing::info!(event = "request.refused", %code),
        _ => {}
    }
}
