//! Extractors of the verified access token, for handlers behind the layer. They must not read the `Authorization`
//! header: without the layer there is no verified token.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use types::NumericDate;

use super::demands::{Demand, Demands};
use super::refusal::{Refusal, request_id};
use super::response_options::ResponseOptions;
use crate::AccessToken;

/// The request extension by which the layer hands a verified token to the extractors.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    /// [`None`] if the request has no token, and the layer does not require one.
    pub(super) token: Option<Arc<AccessToken>>,
    pub(super) at: NumericDate,
    pub(super) options: Arc<ResponseOptions>,
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
///
/// `Option<Bearer>`, behind [`RequireToken::optional`](super::RequireToken::optional), is [`None`] for a request
/// without a token. An invalid token is refused there as elsewhere.
///
/// ```
/// use verifier::axum::Bearer;
///
/// async fn greet(bearer: Option<Bearer>) -> String {
///     bearer.map_or_else(|| "hello".to_owned(), |Bearer(token)| format!("hello, {}", token.sub))
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(greet));
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

/// Why an extractor refused a request: there is no token behind an optional layer, a demand is not met, the
/// `Idempotency-Key` is malformed, or the route is not behind [`RequireToken`](super::RequireToken) (500, and an
/// error in the log).
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub struct Refused {
    refusal: Refusal,
    request_id: String,
    options: Arc<ResponseOptions>,
}

impl Refused {
    pub(super) fn new(refusal: Refusal, parts: &Parts) -> Self {
        let admitted = parts.extensions.get::<Admitted>();
        let options = admitted.map(|admitted| Arc::clone(&admitted.options)).unwrap_or_default();
        Self { refusal, request_id: request_id(&parts.headers), options }
    }
}

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        required(parts, &Demands::default()).map(Self)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        Ok(admitted(parts, &Demands::default())?.map(Self))
    }
}

impl<S: Sync, D: Demand> FromRequestParts<S> for BearerFor<D> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self { token: required(parts, &Demands::of::<D>())?, demand: PhantomData })
    }
}

impl<S: Sync, D: Demand> OptionalFromRequestParts<S> for BearerFor<D> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        let token = admitted(parts, &Demands::of::<D>())?;
        Ok(token.map(|token| Self { token, demand: PhantomData }))
    }
}

/// The token that the layer has verified, if the request has one; it meets `demands`.
fn admitted(parts: &Parts, demands: &Demands) -> Result<Option<Arc<AccessToken>>, Refused> {
    let refused = |refusal| Refused::new(refusal, parts);
    // Without the layer no token was verified: an absent one cannot be told from a forged one.
    let admitted =
        parts.extensions.get::<Admitted>().ok_or_else(|| refused(Refusal::MissingLayer))?;
    let Some(token) = &admitted.token else { return Ok(None) };
    demands.check(token, admitted.at).map_err(refused)?;
    Ok(Some(Arc::clone(token)))
}

fn required(parts: &Parts, demands: &Demands) -> Result<Arc<AccessToken>, Refused> {
    admitted(parts, demands)?.ok_or_else(|| Refused::new(Refusal::NoToken, parts))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.refusal.answer(self.request_id, &self.options)
    }
}
