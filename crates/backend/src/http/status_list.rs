//! `GET /status-lists/{number}`: the signed lists of revoked sessions, for services that verify offline
//! (draft-ietf-oauth-status-list section 8). They are numbered from 1 to 128; list 0 is all of them as one.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::cached::knows;
use super::error::ApiError;
use crate::auth::revocation::status_index::{ListId, ListNumber};
use crate::auth::token::status_list::{STALE_IF_ERROR_SECONDS, StatusLists, TTL_SECONDS};

const MEDIA_TYPE: &str = "application/statuslist+jwt";

/// 200 with the list as a token, or 304 if the caller's cache has it; 404 if there is none of this number; 503 if
/// revocations are unknown.
pub async fn numbered(
    State(lists): State<Arc<StatusLists>>,
    number: Result<Path<String>, PathRejection>,
    request: HeaderMap,
) -> Result<Response, ApiError> {
    let Path(number) = number.map_err(|_| ApiError::NotFound)?;
    let list = ListNumber::parse(&number).ok_or(ApiError::NotFound)?;
    answer(&lists, ListId::Numbered(list), &request).await
}

/// The same of all lists as one. Deprecated: for access tokens of version 0.1.
pub async fn whole(
    State(lists): State<Arc<StatusLists>>,
    request: HeaderMap,
) -> Result<Response, ApiError> {
    answer(&lists, ListId::Whole, &request).await
}

async fn answer(
    lists: &Arc<StatusLists>,
    id: ListId,
    request: &HeaderMap,
) -> Result<Response, ApiError> {
    let list = lists.list(id).await?;
    // No `stale-while-revalidate`: its seconds would add to those in which services learn of a revocation.
    let lifetimes =
        format!("public, max-age={TTL_SECONDS}, stale-if-error={STALE_IF_ERROR_SECONDS}");
    let caching = [(CACHE_CONTROL, lifetimes), (ETAG, format!("W/{}", list.tag))];
    if knows(request, &list.tag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    // With a million revocations the whole list has two megabytes, so it is not copied for each request.
    Ok((caching, [(CONTENT_TYPE, MEDIA_TYPE)], Bytes::from_owner(list.token)).into_response())
}
