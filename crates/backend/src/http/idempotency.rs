//! Idempotency middleware: state-changing calls with an access token and an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header). A retry reaches the handler marked as such, and is answered as the
//! first request was. The domain stores the key with the change
//! ([`commit_for`](crate::auth::idempotency::IdempotencyKeys::commit_for)).

use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use super::guard::{Bearer, IdempotencyKey, SameOrigin, read_body};
use crate::app::AppState;
use crate::auth::AuthError;
use crate::auth::Caller;
use crate::auth::idempotency::{Idempotency, KeyedRequest};

/// Passes a call without a key on. With a key, the caller is authenticated here, where the handler's [`Bearer`] finds
/// it.
///
/// # Errors
/// Those of the guards; 422 if the key was used for another request, or by another caller.
pub async fn once(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    // RFC 9110 section 9.2.1: a safe method changes no state.
    if request.method().is_safe() {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let Some(IdempotencyKey(key)) = IdempotencyKey::of(&parts.headers)? else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    SameOrigin::from_request_parts(&mut parts, &app).await?;
    let (caller, is_over) = caller(&mut parts, &app).await?;
    let body = read_body(body).await?;
    let keyed = KeyedRequest::new(
        &key,
        &[
            parts.method.as_str().as_bytes(),
            parts.uri.path().as_bytes(),
            caller.user.as_bytes(),
            caller.session.as_bytes(),
            &body,
        ],
    );
    let keys = &app.idempotency;
    let under_way = keys.under_way(Some(&keyed)).await?;
    let answer = async {
        let idempotency = match (keys.earlier(Some(&keyed)).await?, is_over) {
            (Some(_), _) => Idempotency::Repeated,
            (None, None) => Idempotency::Keyed(keyed),
            (None, Some(refused)) => return Err(refused),
        };
        parts.extensions.insert(Caller { idempotency, ..caller });
        Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
    };
    let answer = Box::pin(answer).await.into_response();
    under_way.end(answer.status() == StatusCode::SERVICE_UNAVAILABLE);
    Ok(answer)
}

/// The caller; if its token is no longer valid, with the reason. The first request may have revoked its own session,
/// so only a retry is answered then.
async fn caller(parts: &mut Parts, app: &AppState) -> Result<(Caller, Option<ApiError>), ApiError> {
    let refused = match Bearer::from_request_parts(parts, app).await {
        Ok(Bearer(caller)) => return Ok((caller, None)),
        Err(refused) => refused,
    };
    if !matches!(refused, ApiError::Auth(AuthError::InvalidToken | AuthError::SessionRevoked(_))) {
        return Err(refused);
    }
    match Bearer::of_a_session_that_is_over(parts, app).await? {
        Some(caller) => Ok((caller, Some(refused))),
        None => Err(refused),
    }
}
