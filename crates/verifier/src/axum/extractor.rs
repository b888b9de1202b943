//! Extractors of the verified access token, for handlers behind the layer. They must not read the `Authorization`
//! header: without the layer there is no verified token.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::HeaderMap;
use http::request::Parts;
use types::NumericDate;

use super::demands::{Demand, Demands};
use super::refusal::{Refusal, request_id};
use crate::AccessToken;

/// The request extension by which the layer hands a verified token to the extractors.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) token: Arc<AccessToken>,
    pub(super) at: NumericDate,
}

/// The verified token of this request, without further demands.
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

/// The verified token of this request, which meets the demands of `D`. Otherwise the response is that of the layer.
///
/// ```
/// use axum::{Router, routing::post};
/// use verifier::axum::{BearerFor, Demand, RequireToken};
/// use verifier::remote::Issuer;
///
/// struct Payment;
///
/// impl Demand for Payment {
///     const SCOPES: &[&str] = &["payments:write"];
///     const RECENT_LOGIN_SECONDS: Option<u32> = Some(300);
/// }
///
/// async fn pay(BearerFor { token, .. }: BearerFor<Payment>) -> String {
///     format!("paid by {}", token.sub)
/// }
///
/// let issuer = Issuer::new("https://baton.example", ["https://api.example"])?;
/// let router: Router =
///     Router::new().route("/payments", post(pay)).layer(RequireToken::from(&issuer));
/// # Ok::<(), verifier::remote::IssuerError>(())
/// ```
///
/// Two scopes that are written as one do not compile:
///
/// ```compile_fail
/// # use axum::{Router, routing::post};
/// # use verifier::axum::{BearerFor, Demand, RequireToken};
/// # use verifier::remote::Issuer;
/// # struct Payment;
/// impl Demand for Payment {
///     const SCOPES: &[&str] = &["payments:read payments:write"];
/// }
/// # async fn pay(BearerFor { token, .. }: BearerFor<Payment>) -> String {
/// #     format!("paid by {}", token.sub)
/// # }
/// # let issuer = Issuer::new("https://baton.example", ["https://api.example"])?;
/// # let router: Router =
/// #     Router::new().route("/payments", post(pay)).layer(RequireToken::from(&issuer));
/// # Ok::<(), verifier::remote::IssuerError>(())
/// ```
///
/// Only this extractor constructs the type, so its presence in a signature proves that the demand was met. Extractors
/// run in the order of a handler's arguments: put it before those that read more of the request.
pub struct BearerFor<D> {
    /// The claims.
    pub token: Arc<AccessToken>,
    demand: PhantomData<fn() -> D>,
}

// Not derived: that would require `D: Clone`, and `D` has no values.
impl<D> Clone for BearerFor<D> {
    fn clone(&self) -> Self {
        Self { token: Arc::clone(&self.token), demand: PhantomData }
    }
}

impl<D> fmt::Debug for BearerFor<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("BearerFor").field(&self.token).finish()
    }
}

/// Why an extractor refused a request: a demand is not met, the `Idempotency-Key` is malformed, or the route is not
/// behind [`RequireToken`](super::RequireToken) (500, and an error in the log).
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub struct Refused {
    refusal: Refusal,
    request_id: String,
}

impl Refused {
    pub(super) fn new(refusal: Refusal, headers: &HeaderMap) -> Self {
        Self { refusal, request_id: request_id(headers) }
    }
}

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(admitted(parts, &Demands::default())?))
    }
}

impl<S: Sync, D: Demand> FromRequestParts<S> for BearerFor<D> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self { token: admitted(parts, &Demands::of::<D>())?, demand: PhantomData })
    }
}

fn admitted(parts: &Parts, demands: &Demands) -> Result<Arc<AccessToken>, Refused> {
    let found = parts.extensions.get::<Admitted>().ok_or(Refusal::MissingLayer);
    found
        .and_then(|it| demands.check(&it.token, it.at).map(|()| Arc::clone(&it.token)))
        .map_err(|refusal| Refused::new(refusal, &parts.headers))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.refusal.answer(self.request_id)
    }
}
