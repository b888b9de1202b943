//! `/api/notes/{id}`: one note of a user. A note of somebody else is not there.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use shared::NoteId;
use shared::note::NoteRequest;
use verifier::axum::Bearer;

use super::body::Body;
use super::error::ApiError;
use super::version::tagged;
use crate::note::Draft;
use crate::precondition::Preconditions;
use crate::router::App;

/// 200 and the note; 304 if it is in a version of `If-None-Match`.
///
/// # Errors
/// 404, 412 if it is in none of `If-Match`, and 503.
pub async fn read(
    State(app): State<App>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
    preconditions: Preconditions,
) -> Result<Response, ApiError> {
    let note = app.store.find(token.sub, named(id)?).await?.ok_or(ApiError::NotFound)?;
    let answered = preconditions.for_a_look(Some(note.version))?;
    Ok(answered.unwrap_or_else(|| tagged(note).into_response()))
}

/// 200 and the note as it is now; 412 if a precondition does not hold.
///
/// # Errors
/// Those, 404, 409 beyond the quota, 422 and 503.
pub async fn replace(
    State(app): State<App>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
    preconditions: Preconditions,
    request: Request,
) -> Result<Response, ApiError> {
    let whose = (token.sub, named(id)?);
    let current = app.store.version(whose).await?.ok_or(ApiError::NotFound)?;
    // Before the body is read (RFC 9110 section 13.2.1), and once more in the statement that writes.
    preconditions.for_a_change(Some(current))?;
    let Body(written) = Body::<NoteRequest>::from_request(request, &()).await?;
    let draft = Draft::try_from(written).map_err(ApiError::Invalid)?;
    let note = app.store.replace(whose, &preconditions, &draft, app.doors.now()).await??;
    Ok(tagged(note).into_response())
}

/// 204; 412 if a precondition does not hold.
///
/// # Errors
/// Those, 404, and 503.
pub async fn delete(
    State(app): State<App>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
    preconditions: Preconditions,
) -> Result<StatusCode, ApiError> {
    app.store.delete((token.sub, named(id)?), &preconditions).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// What is no id names no note.
fn named(id: Result<Path<NoteId>, PathRejection>) -> Result<NoteId, ApiError> {
    id.map(|Path(id)| id).map_err(|_| ApiError::NotFound)
}
