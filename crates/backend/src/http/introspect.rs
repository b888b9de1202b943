//! `POST /api/auth/introspect`: token introspection by a registered service (RFC 7662): the claims, and whether the
//! token is active.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::{NumericDate, SessionId, UserId};
use verifier::AccessToken;

use super::error::ApiError;
use super::guard::{SameOrigin, ServiceCaller};
use crate::auth::introspection::{Introspected, Services};

/// RFC 7662 section 2.2.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Introspection {
    /// An inactive token is answered without claims or reason.
    Inactive {
        /// Always false.
        active: bool,
    },
    /// The claims of an access token for this service.
    Active(Box<Claims>),
}

/// The claims, under the names of RFC 7662 section 2.2 and RFC 9068 section 2.2.
#[derive(Serialize)]
pub struct Claims {
    active: bool,
    token_type: &'static str,
    iss: String,
    sub: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    aud: Vec<String>,
    exp: NumericDate,
    iat: NumericDate,
    jti: String,
    client_id: String,
    sid: SessionId,
    auth_time: NumericDate,
    amr: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// 200, or 401 `invalid_client`. The service authenticates in `Authorization` or in the form.
pub async fn introspect(
    State(services): State<Arc<Services>>,
    _proof: SameOrigin,
    ServiceCaller { service, token }: ServiceCaller,
) -> Result<Json<Introspection>, ApiError> {
    let active = services.introspect(&service, token.expose()).await?;
    Ok(Json(active.map_or(Introspection::Inactive { active: false }, Introspection::of)))
}

impl Introspection {
    fn of(Introspected { token, username }: Introspected) -> Self {
        let AccessToken {
            iss, sub, aud, exp, iat, jti, client_id, sid, auth_time, amr, scope, ..
        } = token;
        let token_type = "Bearer";
        Self::Active(Box::new(Claims {
            active: true,
            token_type,
            iss,
            sub,
            username,
            aud,
            exp,
            iat,
            jti,
            client_id,
            sid,
            auth_time,
            amr,
            scope,
        }))
    }
}
