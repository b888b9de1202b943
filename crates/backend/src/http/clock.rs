//! Middleware: while the machine's clock is not trusted, calls are 503 (`Retry-After`), because expiry cannot be
//! checked, and a token issued now could live for weeks. A call is admitted at the instant that is read here.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use shared::NumericDate;

use super::error::ApiError;
use crate::auth::AuthError;
use crate::clock::Clock;

/// When a call was admitted, by a trusted clock.
#[derive(Debug, Clone, Copy)]
pub struct AdmittedAt(pub NumericDate);

impl<S: Sync> FromRequestParts<S> for AdmittedAt {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(*parts.extensions.get::<Self>().expect("the middleware admits every call of the API"))
    }
}

/// Refuses calls while the clock is not trusted.
pub async fn demand(State(clock): State<Clock>, mut request: Request, next: Next) -> Response {
    match clock.trusted_now() {
        Ok(now) => {
            request.extensions_mut().insert(AdmittedAt(now));
            next.run(request).await
        }
        Err(error) => ApiError::Auth(AuthError::Clock(error)).into_response(),
    }
}
