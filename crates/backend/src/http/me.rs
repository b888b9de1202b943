//! `GET /api/me`: the user and the session of an access token. `DELETE /api/me`: deletes the account.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::body::Me;

use super::cookie::{ClearSession, SetDevices};
use super::error::ApiError;
use super::guard::{Bearer, Devices, RecentLogin, RefreshCookies, SameOrigin, SessionCookies};
use super::session_answer::shown;
use super::sessions::info;
use crate::auth::account::settings::AccountSettings;
use crate::auth::native_clients::client_names;
use crate::auth::session::callers::{Authenticated, Callers};
use crate::auth::session::tickets::Accompanying;

/// 200, or 401 `invalid_token`.
pub async fn me(
    State(callers): State<Arc<Callers>>,
    Bearer(caller): Bearer,
) -> Result<Json<Me>, ApiError> {
    let Authenticated { session, user } = callers.look_up(&caller).await?;
    let names = client_names(&*callers.store, std::slice::from_ref(&session)).await?;
    Ok(Json(Me { user: shown(&user), session: info(&callers, &session, &caller, &names) }))
}

/// 204, with the session's cookies cleared (unless another session has replaced them) and the account removed from
/// the known devices; 401 `insufficient_user_authentication` without a recent login.
pub async fn delete(
    State(settings): State<Arc<AccountSettings>>,
    _proof: SameOrigin,
    cookies: SessionCookies,
    RecentLogin(caller): RecentLogin,
    Devices(devices): Devices,
    RefreshCookies(tokens): RefreshCookies,
) -> Result<impl IntoResponse, ApiError> {
    // Read first: afterwards the session of a cookie is unknown. A browser may have another session by now.
    let Accompanying { another_stands, is_anothers } =
        cookies.accompanying(&tokens, caller.session).await?;
    let devices = settings.delete(&caller, &devices).await?;
    let cleared = (!another_stands).then(|| ClearSession(cookies.free_unless(is_anothers)));
    Ok((StatusCode::NO_CONTENT, cleared, devices.map(SetDevices), ()))
}
