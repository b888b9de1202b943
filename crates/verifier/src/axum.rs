//! Middleware for axum that requires a bearer access token (RFC 6750), and extractors for its claims (feature
//! `axum`). It must not verify a token itself: [`Issuer`] does; this layer maps the result to HTTP.
//!
//! Beyond validity, a service may demand an audience, scopes or a recent login: of a whole router by
//! [`RequireToken`], of one handler by [`BearerFor`] in its signature. Demands of both add up.
//!
//! | case | response |
//! | --- | --- |
//! | no token | 401, `WWW-Authenticate: Bearer realm="baton"` and no error (RFC 6750 section 3.1) |
//! | more than one `Authorization`, or one that is not text | 400 `invalid_request` |
//! | an invalid token, or one for another audience | 401 `invalid_token` |
//! | a demanded scope is missing | 403 `insufficient_scope`, with all scopes that this layer, or this handler, demands |
//! | the last login is too old | 401 `insufficient_user_authentication`, with `max_age`: step-up (RFC 9470) |
//! | keys or status list are unavailable | 503 with `Retry-After` |
//! | more than one `Idempotency-Key`, or a malformed one, where a handler takes `Option<IdempotencyKey>` | 400 |
//!
//! Bodies are problem documents (RFC 9457) with Baton's codes and `no-store`. A token in the query or the body is
//! ignored (RFC 9700 section 4.3.2): the request counts as one without a token.
//!
//! Next: `axum/token.rs` for the `Authorization` header, `axum/demands.rs` for the demands, `axum/idempotency.rs` for
//! requests that may arrive twice, `axum/refusal.rs` for the table.

mod demands;
mod extractor;
mod idempotency;
mod problem;
mod refusal;
mod token;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::response::{IntoResponse, Response};
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::remote::Issuer;

pub use self::demands::Demand;
use self::demands::Demands;
use self::extractor::Admitted;
pub use self::extractor::{Bearer, BearerFor, Refused};
use self::refusal::Refusal;

/// A layer that requires an access token, and hands its claims to [`Bearer`] and [`BearerFor`].
///
/// ```
/// use verifier::axum::RequireToken;
/// use verifier::remote::Issuer;
///
/// let issuer = Issuer::new("https://baton.example", ["https://api.example"])?;
/// let to_read = RequireToken::from(&issuer);
/// let to_write = RequireToken::from(&issuer).scope("notes:write").recent_login(900);
/// # Ok::<(), verifier::remote::IssuerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RequireToken {
    issuer: Issuer,
    demands: Arc<Demands>,
}

impl From<&Issuer> for RequireToken {
    /// Requires a valid token, without further demands.
    fn from(issuer: &Issuer) -> Self {
        Self { issuer: issuer.clone(), demands: Arc::default() }
    }
}

impl RequireToken {
    /// Demands a token for this audience as well, in addition to earlier demands and to an audience of the
    /// [`Issuer`].
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.with(|demands| demands.audiences.push(audience.into().into()))
    }

    /// Demands this scope, in addition to earlier ones. A token without the claim `scope` has no scope, and Baton's
    /// own tokens have no such claim.
    ///
    /// # Panics
    /// If `scope` is not one scope (RFC 6749 section 3.3: visible ASCII without quotes and backslashes): no token
    /// could meet the demand.
    #[must_use]
    pub fn scope(self, scope: impl Into<String>) -> Self {
        let scope = scope.into();
        assert!(demands::is_one_scope(&scope), "{scope:?} is not one scope");
        self.with(|demands| demands.scopes.push(scope.into()))
    }

    /// Demands a login within so many seconds (step-up, RFC 9470). The strictest of several demands counts.
    #[must_use]
    pub fn recent_login(self, seconds: u32) -> Self {
        self.with(|demands| {
            let strictest =
                demands.recent_login_seconds.map_or(seconds, |other| other.min(seconds));
            demands.recent_login_seconds = Some(strictest);
        })
    }

    fn with(mut self, add: impl FnOnce(&mut Demands)) -> Self {
        add(Arc::make_mut(&mut self.demands));
        self
    }

    async fn admit(&self, headers: &http::HeaderMap) -> Result<Admitted, Refusal> {
        let unverified_token = token::of(headers)?;
        let token = self.issuer.verify(unverified_token).await?;
        let now = self.issuer.now();
        self.demands.check(&token, now)?;
        Ok(Admitted { token: Arc::new(token), at: now })
    }
}

impl<S> Layer<S> for RequireToken {
    type Service = TokenRequired<S>;

    fn layer(&self, inner: S) -> TokenRequired<S> {
        TokenRequired { inner, layer: self.clone() }
    }
}

/// The service behind [`RequireToken`].
#[derive(Debug, Clone)]
pub struct TokenRequired<S> {
    inner: S,
    layer: RequireToken,
}

impl<S, B> Service<Request<B>> for TokenRequired<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // `poll_ready` reserved a place in this instance, not in its clone: call this one.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            match layer.admit(request.headers()).await {
                Ok(admitted) => {
                    request.extensions_mut().insert(admitted);
                    Ok(inner.call(request).await?.into_response())
                }
                Err(refusal) => Ok(refusal.answer(refusal::request_id(request.headers()))),
            }
        })
    }
}
