//! `/api/notes`: `GET` lists or searches a user's notes, `POST` adds one. The list itself has no version, so of all
//! preconditions only `*` matches it.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest as _, Query, Request, State};
use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shared::NoteId;
use shared::note::{MAX_QUERY, NoteRequest};
use shared::path;
use verifier::axum::Bearer;

use super::body::Body;
use super::error::ApiError;
use super::version::tagged;
use super::write::WriteHeaders;
use crate::app::AppState;
use crate::note::Draft;
use crate::precondition::Preconditions;
use crate::rate_limit::SEARCH;
use crate::store::{Page, RequestContext, Wanted};

/// The limits of a page, in notes and in bytes of titles and texts; a page holds at least one note.
const PAGE: Page = Page { notes: 50, bytes: 256 * 1024 };

/// The query parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    #[serde(default)]
    q: String,
    before: Option<NoteId>,
}

/// 200 and a page; 400 for a malformed parameter.
///
/// # Errors
/// 400, 412, 429, and 503.
pub async fn list(
    State(app): State<AppState>,
    Bearer(token): Bearer,
    preconditions: Preconditions,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(Parameters { q, before }) =
        parameters.map_err(|_| ApiError::Malformed("`q` is text, `before` the id of a note."))?;
    if q.chars().count() > MAX_QUERY || q.contains('\0') {
        return Err(ApiError::Malformed("`q` is text of at most 200 characters."));
    }
    if let Some(answered) = preconditions.for_a_look(None)? {
        return Ok(answered);
    }
    let mut permit = None;
    if !q.is_empty() {
        app.rate_limit.take(token.sub, SEARCH)?;
        permit = Some(app.search_permits.acquire(token.sub).await);
    }
    let wanted = Wanted { before, text: &q };
    let notes = app.store.list(token.sub, wanted, PAGE).await?;
    drop(permit);
    Ok(Json(notes).into_response())
}

/// 201 and the new note; 422 if it breaks a rule, or if its idempotency key was used for another request. A retry
/// with the same key creates no second note and is answered with the first.
///
/// # Errors
/// 422, 409 beyond the quota, 412, and 503.
pub async fn create(
    State(app): State<AppState>,
    Bearer(token): Bearer,
    headers: WriteHeaders,
    request: Request,
) -> Result<impl IntoResponse, ApiError> {
    headers.preconditions.for_a_change(None)?;
    let Body { value, bytes } = Body::<NoteRequest>::from_request(request, &()).await?;
    let draft = Draft::try_from(value).map_err(ApiError::Invalid)?;
    let key = headers.keyed(&token, &Method::POST, path::NOTES, &bytes);
    let (id, now) = (app.dependencies.note_id(), app.dependencies.now());
    let made = app.store.create(token.sub, id, draft, RequestContext { now, key }).await??;
    Ok((StatusCode::CREATED, [(LOCATION, path::note(made.note.id))], tagged(made)))
}
