//! The headers of a write: preconditions (RFC 9110 section 13.1), and the `Idempotency-Key` of a request that may be
//! retried (draft-ietf-httpapi-idempotency-key-header).

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use verifier::{AccessToken, IdempotencyKey};

use super::error::ApiError;
use crate::app::AppState;
use crate::precondition::Preconditions;
use crate::store::KeyedRequest;

/// Preconditions and idempotency key of a request.
pub struct WriteHeaders {
    /// `If-Match` and `If-None-Match`.
    pub preconditions: Preconditions,
    key: Option<IdempotencyKey>,
}

impl<S: Send + Sync> FromRequestParts<S> for WriteHeaders {
    // `verifier` writes the response to a malformed key, as to a rejected access token.
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let preconditions = Preconditions::from_request_parts(parts, state).await;
        let key = Option::<IdempotencyKey>::from_request_parts(parts, state).await;
        Ok(Self {
            preconditions: preconditions.map_err(IntoResponse::into_response)?,
            key: key.map_err(IntoResponse::into_response)?,
        })
    }
}

impl WriteHeaders {
    /// The hashes under which the request is stored, if it has an idempotency key. Preconditions are not hashed: with
    /// others the request would ask for the same change.
    #[must_use]
    pub fn keyed(
        &self,
        caller: &AccessToken,
        method: &Method,
        path: &str,
        body: &[u8],
    ) -> Option<KeyedRequest> {
        let key = self.key.as_ref()?;
        let request_hash = key.request_hash_for(caller, method, path, body);
        Some(KeyedRequest { key_hash: key.hash(), request_hash })
    }

    /// Whether this may be a retry of a request that changed the note: then the note's version is no longer the one
    /// in `If-Match`, or the note is deleted, and 412 or 404 would be wrong.
    ///
    /// # Errors
    /// 503.
    pub async fn may_be_a_copy(&self, app: &AppState) -> Result<bool, ApiError> {
        match &self.key {
            Some(key) => Ok(app.store.is_used(&key.hash(), app.dependencies.now()).await?),
            None => Ok(false),
        }
    }
}
