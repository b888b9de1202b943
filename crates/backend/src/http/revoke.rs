//! `POST /api/auth/revoke`: token revocation by its bearer (RFC 7009).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};

use super::error::ApiError;
use super::guard::{IdempotencyKey, RequestContext, SameOrigin, TokenForm};
use crate::auth::introspection::service_refused;
use crate::auth::session::logout::Logouts;

/// 200 for any token (RFC 7009 section 2.2); 503 if the revocation could not be stored. The only client is a public
/// one: client credentials are refused rather than ignored.
pub async fn revoke(
    State(logouts): State<Arc<Logouts>>,
    _proof: SameOrigin,
    key: Option<IdempotencyKey>,
    headers: HeaderMap,
    context: RequestContext,
    TokenForm(token): TokenForm,
) -> Result<StatusCode, ApiError> {
    if headers.contains_key(AUTHORIZATION) {
        return Err(service_refused(None).into());
    }
    logouts.revoke(&token, key.map(|it| it.0).as_ref(), &context).await?;
    Ok(StatusCode::OK)
}
