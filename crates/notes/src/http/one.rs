//! `/api/notes/{id}`: one note of a user. Another user's note is 404.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use shared::NoteId;
use shared::note::NoteRequest;
use shared::path;
use verifier::axum::Bearer;

use super::body::Body;
use super::error::ApiError;
use super::version::tagged;
use super::write::WriteHeaders;
use crate::app::AppState;
use crate::note::Draft;
use crate::precondition::Preconditions;
use crate::store::RequestContext;

/// 200 and the note; 304 if `If-None-Match` names its version.
///
/// # Errors
/// 404, 412 if `If-Match` does not name its version, and 503.
pub async fn read(
    State(app): State<AppState>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
    preconditions: Preconditions,
) -> Result<Response, ApiError> {
    let note = app.store.find(token.sub, named(id)?).await?.ok_or(ApiError::NotFound)?;
    let answered = preconditions.for_a_look(Some(note.version))?;
    Ok(answered.unwrap_or_else(|| tagged(note).into_response()))
}

/// 200 and the note as this request has left it; 412 if a precondition does not hold. A retry with the same
/// idempotency key has no effect and gets the first answer.
///
/// # Errors
/// 404, 409 beyond the quota, 412, 422 and 503.
pub async fn replace(
    State(app): State<AppState>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
    headers: WriteHeaders,
    request: Request,
) -> Result<Response, ApiError> {
    let (owner, id) = (token.sub, named(id)?);
    let current = app.store.version(owner, id).await?.ok_or(ApiError::NotFound);
    // Evaluated before the body is read (RFC 9110 section 13.2.1), and again in the conditional write.
    let judged = current.and_then(|it| headers.preconditions.for_a_change(Some(it)));
    if let Err(refusal) = judged
        && !headers.may_be_a_copy(&app).await?
    {
        return Err(refusal);
    }
    let Body { value, bytes } = Body::<NoteRequest>::from_request(request, &()).await?;
    let draft = Draft::try_from(value).map_err(ApiError::Invalid)?;
    let key = headers.keyed(&token, &Method::PUT, &path::note(id), &bytes);
    let context = RequestContext { now: app.dependencies.now(), key };
    let note = app.store.replace(owner, id, &headers.preconditions, draft, context).await??;
    Ok(tagged(note).into_response())
}

/// 204, also for a retry of the request that deleted the note; 412 if a precondition does not hold.
///
/// # Errors
/// 404, 412, 422 if the idempotency key was used for another request, and 503.
pub async fn delete(
    State(app): State<AppState>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
    headers: WriteHeaders,
) -> Result<StatusCode, ApiError> {
    let (owner, id) = (token.sub, named(id)?);
    let key = headers.keyed(&token, &Method::DELETE, &path::note(id), b"");
    let context = RequestContext { now: app.dependencies.now(), key };
    app.store.delete(owner, id, &headers.preconditions, context).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// A malformed id names no note: 404.
fn named(id: Result<Path<NoteId>, PathRejection>) -> Result<NoteId, ApiError> {
    id.map(|Path(id)| id).map_err(|_| ApiError::NotFound)
}
