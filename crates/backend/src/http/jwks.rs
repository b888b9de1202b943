//! `GET /.well-known/jwks.json`: the JWKS, with public members only (RFC 7517 section 5).

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::cached::cached;
use super::clock::AdmittedAt;
use crate::keys::KeyRing;

/// RFC 7517 section 8.5.2.
const MEDIA_TYPE: &str = "application/jwk-set+json";

/// 200 with the key set. It may be cached for as long as a new key waits before it signs.
pub async fn jwks(
    State(keys): State<Arc<KeyRing>>,
    AdmittedAt(now): AdmittedAt,
    request: HeaderMap,
) -> Response {
    let published = keys.published(now);
    cached(&request, MEDIA_TYPE, keys.jwks_cache_seconds(), published.to_jwks())
}
