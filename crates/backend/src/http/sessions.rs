//! `GET /api/sessions`: the user's active sessions. `DELETE`: revokes one, or all others. Which sessions those are:
//! `auth/session/own_sessions.rs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use shared::SessionId;
use shared::body::{SessionInfo, Sessions as Body};

use super::cookie::ClearSession;
use super::error::ApiError;
use super::guard::{
    Bearer, RecentLogin, RefreshCookies, RequestContext, SameOrigin, SessionCookies,
};
use crate::auth::Caller;
use crate::auth::native_clients::{ClientNames, client_names};
use crate::auth::session::callers::Callers;
use crate::auth::session::own_sessions::OwnSessions;
use crate::auth::session::tickets::Accompanying;
use crate::store::Session;

/// 200 and the sessions, this one first.
pub async fn list(
    State(sessions): State<Arc<OwnSessions>>,
    Bearer(caller): Bearer,
) -> Result<Json<Body>, ApiError> {
    let found = sessions.list(&caller).await?;
    let names = client_names(&*sessions.callers.store, &found).await?;
    let shown = found.iter().map(|session| info(&sessions.callers, session, &caller, &names));
    Ok(Json(Body { sessions: shown.collect() }))
}

/// 204, also if repeated; 404 if the user has no such session; 401 `insufficient_user_authentication` without a
/// recent login (ASVS 5.0.0 V7.5.2).
pub async fn revoke_one(
    State(sessions): State<Arc<OwnSessions>>,
    _proof: SameOrigin,
    cookies: SessionCookies,
    RecentLogin(caller): RecentLogin,
    context: RequestContext,
    RefreshCookies(tokens): RefreshCookies,
    id: Result<Path<SessionId>, PathRejection>,
) -> Result<Response, ApiError> {
    // A malformed id is no session's.
    let Path(id) = id.map_err(|_| ApiError::NotFound)?;
    let own = if id == caller.session {
        // Read first: a failure must not hide that the session was revoked.
        let Accompanying { another_stands, is_anothers } =
            cookies.accompanying(&tokens, caller.session).await?;
        (!another_stands).then(|| ClearSession(cookies.free_unless(is_anothers)))
    } else {
        None
    };
    sessions.revoke_one(&caller, id, &context).await?;
    Ok((StatusCode::NO_CONTENT, own, ()).into_response())
}

/// 204; 401 `insufficient_user_authentication` without a recent login.
pub async fn revoke_others(
    State(sessions): State<Arc<OwnSessions>>,
    _proof: SameOrigin,
    RecentLogin(caller): RecentLogin,
    context: RequestContext,
) -> Result<StatusCode, ApiError> {
    sessions.revoke_others(&caller, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A session as shown to its user.
pub(super) fn info(
    callers: &Callers,
    session: &Session,
    caller: &Caller,
    names: &ClientNames,
) -> SessionInfo {
    let client = session.client_id.as_ref();
    SessionInfo {
        id: session.id,
        current: session.id == caller.session,
        created_at: session.family.created_at,
        last_seen_at: session.family.accepted_at,
        refreshes: Some(session.family.generation.0),
        expires_at: callers.expires_at(session),
        ip: session.client.address.map(|address| address.to_string()),
        device: session.client.device.clone(),
        client: client.map(|id| names.get(id).unwrap_or(id).clone()),
    }
}
