//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header): `Option<IdempotencyKey>` in the
//! signature of a handler, and the request hash to store. A malformed key is an error: treated as an absent one, a
//! retry would have an effect of its own.

use axum_core::extract::OptionalFromRequestParts;
use http::Method;
use http::request::Parts;
use types::idempotency::HEADER;

use super::extractor::Refused;
use super::refusal::Refusal;
use crate::{AccessToken, IdempotencyKey};

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(value), None) => value.to_str().ok().and_then(Self::parse),
            // With two values, a service behind this one might pick the other.
            (Some(_), Some(_)) => None,
        };
        let malformed = || Refused::new(Refusal::IdempotencyKey, parts);
        key.map(Some).ok_or_else(malformed)
    }
}

impl IdempotencyKey {
    /// [`IdempotencyKey::request_hash`] of a request with an access token: the method, the path (with its query if
    /// that matters), the user (`iss` and `sub`) and the body. The user and not the session (`sid`), because a client
    /// may retry after its user has logged in again.
    ///
    /// ```
    /// use axum::{body::Bytes, http::Method};
    /// use verifier::IdempotencyKey;
    /// use verifier::axum::Bearer;
    ///
    /// async fn pay(Bearer(token): Bearer, key: Option<IdempotencyKey>, body: Bytes) {
    ///     if let Some(key) = key {
    ///         let request_hash = key.request_hash_for(&token, &Method::POST, "/payments", &body);
    ///         // In one transaction with the payment: a row with this primary key, or the row that is there.
    ///         let row = (key.hash(), request_hash);
    ///     }
    /// }
    /// # let _: axum::Router = axum::Router::new().route("/payments", axum::routing::post(pay));
    /// ```
    #[must_use]
    pub fn request_hash_for(
        &self,
        caller: &AccessToken,
        method: &Method,
        path: &str,
        body: &[u8],
    ) -> [u8; 32] {
        self.request_hash(&[
            method.as_str().as_bytes(),
            path.as_bytes(),
            // RFC 7519 section 4.1.2: a subject is unique in the context of its issuer.
            caller.iss.as_bytes(),
            caller.sub.as_bytes().as_slice(),
            body,
        ])
    }
}
