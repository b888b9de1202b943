//! Fuzz target: a form with the parameter `token` (RFC 7009, RFC 7662). Every parameter stands there once, or the
//! answer is 400.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use backend::http::error::ApiError;
use backend::http::guard::Form;
use tokio::runtime::{Builder, Runtime};

/// The timeout of bodies needs a timer.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// Parses `input` as a body.
pub(crate) fn check(input: &[u8]) {
    match parse(input) {
        Ok(token) => {
            assert!(!token.is_empty());
            let decoded: Vec<_> = url::form_urlencoded::parse(input).collect();
            assert!(decoded.contains(&("token".into(), token.into())), "another token");
            let twice = [input, &b"&tok%65n=x"[..]].concat();
            assert!(parse(&twice).is_err(), "a parameter stands there twice");
        }
        Err(ApiError::Form(_) | ApiError::ContentTooLarge) => {}
        Err(other) => panic!("{other}"),
    }
}

fn parse(body: &[u8]) -> Result<String, ApiError> {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, form)]);
    let form = RUNTIME.block_on(Form::read(&headers, Body::from(body.to_vec())))?;
    Ok(form.token()?.expose().to_owned())
}
