//! Writes problem documents (RFC 9457) on the way out, or a page for a browser's navigation, and logs server errors
//! and requests that were refused before the domain saw them: once, here. Which failure has which code is a table in
//! [`error`](super::error); status and title of each code are one in `shared`'s `code.rs`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use shared::Problem;
use shared::problem::PROBLEM_JSON;

use super::client_address::shows_proxy;
use super::error::ApiError;
use super::refusal_page;
use super::request_id::RequestId;
use crate::config::Origin;
use crate::telemetry::causes;

const JSON: &str = "application/json";

/// What of a request its failure depends on.
pub(super) struct Asked {
    wants_page: bool,
    /// Its `Host`, if the server may be reached by several names, and the client's own.
    host: Option<HeaderValue>,
}

impl Asked {
    pub(super) fn of(request: &Request, origin: &Origin) -> Self {
        let headers = request.headers();
        // A proxy may have written `Host`: where the browser is, `Origin` says.
        let is_clients = match headers.get(ORIGIN) {
            Some(sent) => sent != origin.as_str(),
            None => !shows_proxy(headers),
        };
        let host = headers.get(HOST).filter(|_| origin.is_loopback() && is_clients);
        Self { wants_page: refusal_page::is_wanted(request), host: host.cloned() }
    }

    /// Whether it came by another loopback name.
    fn is_elsewhere(&self, origin: &Origin) -> bool {
        let host = self.host.as_ref().and_then(|host| host.to_str().ok());
        host.is_some_and(|host| origin.has_other_name(host))
    }
}

/// Gives a failure its problem document, or its page if the request asks for one.
pub(super) fn write(id: RequestId, asked: &Asked, origin: &Origin, response: Response) -> Response {
    let error = match response.extensions().get::<Arc<ApiError>>() {
        Some(error) => Arc::clone(error),
        None => match bare_failure(&response) {
            Some(error) => Arc::new(error),
            None => return response,
        },
    };
    log(&error);
    if let Some(page) = refusal_page::page(&error, &id).filter(|_| asked.wants_page) {
        return page;
    }
    // A client that came by another name has its cookies under that name, and a page there may not call.
    let is_elsewhere = error.status().is_client_error() && asked.is_elsewhere(origin);
    let accepted_origin = match &*error {
        ApiError::CrossSite { accepted, .. } => Some(accepted),
        _ => is_elsewhere.then_some(origin),
    };
    with_problem(response, &error, &id, accepted_origin)
}

/// Failures that the framework answers before a handler.
fn bare_failure(response: &Response) -> Option<ApiError> {
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => Some(ApiError::MethodNotAllowed),
        _ => None,
    }
}

fn with_problem(
    response: Response,
    error: &ApiError,
    id: &RequestId,
    accepted_origin: Option<&Origin>,
) -> Response {
    let problem = Problem {
        error: error.in_oauth_words().map(str::to_owned),
        detail: error.detail().map(str::to_owned),
        request_id: id.to_string(),
        errors: error.fields().to_vec(),
        limited_by: error.limited_by(),
        ended_because: error.ended_because(),
        accepted_origin: accepted_origin.map(|origin| origin.as_str().to_owned()),
        status: error.status().as_u16(),
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

fn log(error: &ApiError) {
    let code = error.code();
    match error {
        _ if error.status().is_server_error() => {
            tracing::error!(event = "request.failed", %code, %error, cause = causes(error));
        }
        ApiError::CrossSite { cause, .. } => {
            tracing::warn!(event = "cross_site_refused", cause = cause.as_str());
        }
        ApiError::FromBrowser(cause) => tracing::warn!(event = "browser_refused", cause),
        // Input is not quoted.
        _ if error.is_refused_input() => tracing::info!(event = "request.refused", %code),
        _ => {}
    }
}
