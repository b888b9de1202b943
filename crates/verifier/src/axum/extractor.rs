//! What the token of a request says, for handlers behind the layer. It must not read the token: what is
//! not behind the layer has none, whatever its headers say.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::HeaderMap;
use http::request::Parts;
use shared::NumericDate;

use super::demands::{Demand, Demands};
use super::refusal::{Refusal, request_id};
use crate::AccessToken;

/// The layer's word to the extractors: it has let this token in, at this moment.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) token: Arc<AccessToken>,
    pub(super) at: NumericDate,
}

/// The verified token of this request, which has to be valid and nothing more.
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

/// The verified token of this request, which meets what `D` demands. If it does not, the answer is that of the
/// layer.
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
/// Nothing else makes one, so whoever is handed one knows that the demand was met. Handlers take their
/// arguments in order: put it before what reads more of the request.
pub struct BearerFor<D> {
    /// What it says.
    pub token: Arc<AccessToken>,
    demand: PhantomData<fn() -> D>,
}

// Not derived: that would demand the same of `D`, which nobody ever makes a value of.
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

/// Why an extractor refused a request: the demand is not met, the `Idempotency-Key` is malformed, or the route is not
/// behind [`RequireToken`](super::RequireToken) (500, and an error in the log).
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub struct Refused {
    refusal: Refusal,
    request_id: String,
}

impl Refused {
    /// For the request with these headers.
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
