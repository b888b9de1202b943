//! `POST /api/auth/revoke`: token revocation by its bearer, or by a service of its audience (RFC 7009).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::error::ApiError;
use super::guard::{IdempotencyKey, RequestContext, SameOrigin, TokenForm};
use crate::auth::session::logout::Logouts;

/// 200 for any token (RFC 7009 section 2.2); 503 if the revocation could not be stored. The clients that tokens are
/// issued to are public ones, so possession suffices. A service may authenticate: then 401 `invalid_client` if its
/// credentials are wrong, and 400 `unauthorized_client` for a token that is not of its audience.
pub async fn revoke(
    State(logouts): State<Arc<Logouts>>,
    _proof: SameOrigin,
    key: Option<IdempotencyKey>,
    context: RequestContext,
    TokenForm { service, token }: TokenForm,
) -> Result<StatusCode, ApiError> {
    let key = key.as_ref().map(|IdempotencyKey(key)| key);
    match service {
        Some(service) => logouts.revoke_for(&service, &token, key).await?,
        None => logouts.revoke(&token, key, &context).await?,
    }
    Ok(StatusCode::OK)
}
