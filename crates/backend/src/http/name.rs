//! `PUT /api/me/name`: sets another name, or none.

use axum::extract::State;
use axum::http::StatusCode;
use shared::body::NameRequest;

use super::error::ApiError;
use super::guard::{Bearer, ClientInfo, Json, SameOrigin};
use crate::auth::account::accounts::Accounts;

/// 204; 422 if the name breaks a rule.
pub async fn change(
    State(accounts): State<Accounts>,
    _proof: SameOrigin,
    Bearer(caller): Bearer,
    client: ClientInfo,
    Json(request): Json<NameRequest>,
) -> Result<StatusCode, ApiError> {
    accounts.rename(&caller, request.name.as_deref(), &client).await?;
    Ok(StatusCode::NO_CONTENT)
}
