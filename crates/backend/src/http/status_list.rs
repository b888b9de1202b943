//! `GET /status-lists/0`: the signed list of revoked sessions, for services that verify offline
//! (draft-ietf-oauth-status-list section 8). There is one list.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

use super::error::ApiError;
use crate::auth::token::status_list::{StatusLists, TTL_SECONDS};

/// 200 with the list as a token; 503 if revocations are unknown.
pub async fn status_list(
    State(lists): State<Arc<StatusLists>>,
) -> Result<impl IntoResponse, ApiError> {
    let list = lists.token().await?;
    let caching = format!("public, max-age={TTL_SECONDS}");
    let headers =
        [(CONTENT_TYPE, "application/statuslist+jwt".to_owned()), (CACHE_CONTROL, caching)];
    // With a million revocations it has two megabytes, so it is not copied for each request.
    Ok((headers, Bytes::from_owner(list)))
}
