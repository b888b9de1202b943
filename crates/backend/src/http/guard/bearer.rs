//! The bearer of an access token (RFC 6750 section 2.1), within the rate limits of its session and account. The token
//! is accepted in the `Authorization` header only, never in a query or a cookie.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use shared::Secret;

use super::RequestContext;
use super::authorization::credentials;
use crate::app::AppState;
use crate::auth::Caller;
use crate::auth::deadline::within_deadline;
use crate::auth::session::callers::{self, Callers};
use crate::http::client_address::TrustedProxies;
use crate::http::error::ApiError;

/// The authenticated caller.
pub struct Bearer(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Bearer
where
    Arc<Callers>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // Authenticated and counted by the middleware for idempotency keys.
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(Self(*caller));
        }
        let unverified_token =
            credentials(&parts.headers, "bearer").ok_or_else(callers::no_token)?;
        let callers = Arc::<Callers>::from_ref(state);
        let caller = match callers.recognise(unverified_token) {
            Some(caller) => caller,
            None => within_deadline(callers.authenticate(unverified_token)).await?,
        };
        // RFC 9110 section 9.2.1: any other method may change state.
        let is_change = !parts.method.is_safe();
        let client = async || {
            let Ok(context) = RequestContext::from_request_parts(parts, state).await;
            context.client
        };
        callers.admission.admit_call(&caller, is_change, client).await?;
        Ok(Self(caller))
    }
}

impl Bearer {
    /// The caller of a genuine access token that has expired or whose session is revoked, within the rate limit of
    /// its network: only to answer a retry. `None` for any other token.
    pub(in crate::http) async fn of_a_session_that_is_over(
        parts: &mut Parts,
        app: &AppState,
    ) -> Result<Option<Caller>, ApiError> {
        let Ok(context) = RequestContext::from_request_parts(parts, app).await;
        let Some(token) = credentials(&parts.headers, "bearer") else { return Ok(None) };
        let token = Secret::new(token.to_owned());
        Ok(app.callers.caller_that_was(&token, &context.client).await?)
    }
}
