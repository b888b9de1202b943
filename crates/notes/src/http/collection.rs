//! `/api/notes`: all the notes of a user. `GET` lists or searches them, `POST` adds one.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use serde::Deserialize;
use shared::NoteId;
use shared::note::{NoteRequest, Notes};
use shared::path;
use verifier::axum::Bearer;

use super::body::Body;
use super::error::ApiError;
use super::version::tagged;
use crate::note::Draft;
use crate::router::App;

/// How many notes one answer holds.
const PAGE: usize = 50;
/// The longest text that is searched for, in characters.
const MAX_QUERY: usize = 200;

/// What to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    #[serde(default)]
    q: String,
    before: Option<NoteId>,
}

/// 200 and a page; 400 if a parameter cannot be read.
///
/// # Errors
/// Those, and 503.
pub async fn list(
    State(app): State<App>,
    Bearer(token): Bearer,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Notes>, ApiError> {
    let Query(Parameters { q, before }) =
        parameters.map_err(|_| ApiError::Malformed("`q` is text, `before` the id of a note."))?;
    if q.chars().count() > MAX_QUERY || q.contains('\0') {
        return Err(ApiError::Malformed("`q` is text of at most 200 characters."));
    }
    // One more than is shown tells whether there are more.
    let most = i64::try_from(PAGE + 1).expect("a small number");
    let mut notes = app.store.list(token.sub, before, &q, most).await?;
    let more = notes.len() > PAGE;
    notes.truncate(PAGE);
    Ok(Json(Notes { notes, more }))
}

/// 201 and the new note; 422 if it breaks a rule.
///
/// # Errors
/// Those, and 503.
pub async fn create(
    State(app): State<App>,
    Bearer(token): Bearer,
    Body(written): Body<NoteRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let draft = Draft::try_from(written).map_err(ApiError::Invalid)?;
    let (id, now) = (app.doors.note_id(), app.doors.now());
    let note = app.store.create(token.sub, id, draft, now).await?;
    Ok((StatusCode::CREATED, [(LOCATION, path::note(id))], tagged(note)))
}
