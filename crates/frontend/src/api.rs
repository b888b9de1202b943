//! The calls of the API as values: which method, path and body. It must not send anything or
//! decide what an answer means; [`crate::transport`] and [`crate::session`] do.

use gloo_net::http::Method;
use serde::Serialize;
use shared::body::{LoginRequest, RegisterRequest};
use shared::path;

use crate::transport::Request;

/// Creates an account and its first session.
pub(crate) fn register(body: &RegisterRequest) -> Request {
    with_json(Request::new(Method::POST, path::REGISTER), body)
}

/// Exchanges email address and password for a session.
pub(crate) fn log_in(body: &LoginRequest) -> Request {
    with_json(Request::new(Method::POST, path::LOGIN), body)
}

/// Hands the refresh cookie over for the next one; `attempt_key` makes asking again harmless.
pub(crate) fn refresh(attempt_key: &str) -> Request {
    Request {
        attempt_key: Some(attempt_key.to_owned()),
        ..Request::new(Method::POST, path::REFRESH)
    }
}

/// Ends the session the refresh cookie belongs to. Needs no access token.
pub(crate) fn log_out() -> Request {
    Request::new(Method::POST, path::LOGOUT)
}

/// The user and the session an access token speaks for.
pub(crate) fn me() -> Request {
    Request::new(Method::GET, path::ME)
}

fn with_json<T: Serialize>(request: Request, body: &T) -> Request {
    let json = serde_json::to_string(body).expect("a struct of strings is always valid JSON");
    Request { json: Some(json), ..request }
}
