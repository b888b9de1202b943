//! Versions of notes as HTTP tells them: `ETag` and `If-Match` (RFC 9110 sections 8.8.3 and 13.1.1).

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::response::IntoResponse;

use super::error::ApiError;
use crate::note::Versioned;

/// A note, with its version.
pub fn tagged(Versioned { note, version }: Versioned) -> impl IntoResponse + use<> {
    ([(ETAG, format!("\"{version}\""))], Json(note))
}

/// The version that a write is meant to replace; none if it may replace any.
pub struct IfMatch(pub Option<i64>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        let (first, second) = (values.next(), values.next());
        let Some(value) = first else { return Ok(Self(None)) };
        match value.to_str() {
            Ok("*") if second.is_none() => Ok(Self(None)),
            Ok(tag) if second.is_none() => version(tag).map(Some).map(Self).ok_or(MALFORMED),
            _ => Err(MALFORMED),
        }
    }
}

const MALFORMED: ApiError = ApiError::Malformed("`If-Match` is one version as `ETag` told it.");

/// One spelling for each version.
fn version(tag: &str) -> Option<i64> {
    let version = tag.strip_prefix('"')?.strip_suffix('"')?.parse::<i64>().ok()?;
    (format!("\"{version}\"") == tag).then_some(version)
}
