//! `PUT /api/me/name`: sets another name, or none.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use shared::body::NameRequest;

use super::error::ApiError;
use super::guard::{Bearer, Json, RequestContext, SameOrigin};
use crate::auth::account::settings::AccountSettings;

/// 204; 422 if the name breaks a rule.
pub async fn change(
    State(settings): State<Arc<AccountSettings>>,
    _proof: SameOrigin,
    Bearer(caller): Bearer,
    context: RequestContext,
    Json(request): Json<NameRequest>,
) -> Result<StatusCode, ApiError> {
    settings.rename(&caller, request.name.as_deref(), &context).await?;
    Ok(StatusCode::NO_CONTENT)
}
