//! `GET /.well-known/jwks.json`: the public keys (RFC 7517 section 5). Public members only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

use crate::auth::sessions::Sessions;

/// How long others may keep the set: a key must be published that long before it signs.
const CACHE: &str = "public, max-age=300";

/// 200 with the set.
pub async fn jwks(State(sessions): State<Arc<Sessions>>) -> impl IntoResponse {
    // RFC 7517 section 8.5.2 registers this media type.
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, CACHE)];
    (headers, sessions.keys.public_keys().to_jwks())
}
