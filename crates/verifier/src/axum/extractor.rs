//! What the token of a request says, for handlers behind the layer. It must not read the request: what is
//! not behind the layer has no token, whatever its headers say.

use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use super::refusal::{self, Refusal};
use crate::AccessToken;

/// The verified token of this request.
///
/// ```
/// use verifier::axum::Bearer;
///
/// async fn hello(Bearer(token): Bearer) -> String {
///     format!("hello, {}", token.sub)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Bearer(pub Arc<AccessToken>);

/// The route is not behind [`RequireToken`](super::RequireToken). Nobody gets in: 500, and an error in
/// the log.
#[derive(Debug, Clone)]
pub struct MissingLayer {
    request_id: String,
}

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| MissingLayer { request_id: refusal::request_id(&parts.headers) })
    }
}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        tracing::error!(
            event = "bearer.no_layer",
            "a handler takes a Bearer on a route without RequireToken"
        );
        Refusal::MissingLayer.with_id(self.request_id)
    }
}
