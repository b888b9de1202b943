//! `/api/notes/{id}`: one note of a user. A note of somebody else is not there.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::NoteId;
use shared::note::NoteRequest;
use verifier::axum::Bearer;

use super::body::Body;
use super::error::ApiError;
use super::version::{IfMatch, tagged};
use crate::note::Draft;
use crate::router::App;
use crate::store::Change;

/// 200 and the note.
///
/// # Errors
/// 404, and 503.
pub async fn read(
    State(app): State<App>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let note = app.store.find(token.sub, named(id)?).await?;
    note.map(tagged).ok_or(ApiError::NotFound)
}

/// 200 and the note as it is now; 412 if it is in another version than `If-Match` says.
///
/// # Errors
/// Those, 404, 422 and 503.
pub async fn replace(
    State(app): State<App>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
    IfMatch(version): IfMatch,
    Body(written): Body<NoteRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let draft = Draft::try_from(written).map_err(ApiError::Invalid)?;
    let whose = (token.sub, named(id)?);
    match app.store.replace(whose, version, &draft, app.doors.now()).await? {
        Change::Made(note) => Ok(tagged(note)),
        Change::Overtaken => Err(ApiError::Overtaken),
        Change::NotThere => Err(ApiError::NotFound),
    }
}

/// 204.
///
/// # Errors
/// 404, and 503.
pub async fn delete(
    State(app): State<App>,
    Bearer(token): Bearer,
    id: Result<Path<NoteId>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    match app.store.delete(token.sub, named(id)?).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::NotFound),
    }
}

/// What is no id names no note.
fn named(id: Result<Path<NoteId>, PathRejection>) -> Result<NoteId, ApiError> {
    id.map(|Path(id)| id).map_err(|_| ApiError::NotFound)
}
