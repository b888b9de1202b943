//! Middleware for axum that requires a bearer access token (RFC 6750), and extractors for its claims (feature
//! `axum`). It must not verify a token itself: the issuer does, a [`local::Issuer`] with keys in memory or, with
//! feature `remote`, a `remote::Issuer`; this layer maps the result to HTTP.
//!
//! Beyond validity, a service may demand an audience, scopes or a recent login: of a whole router by
//! [`RequireToken`], of one handler by [`BearerFor`] in its signature. Demands of both add up.
//!
//! | case | response |
//! | --- | --- |
//! | no token | 401, `WWW-Authenticate: Bearer realm="baton"` and no error (RFC 6750 section 3.1); behind [`RequireToken::optional`] `Option<Bearer>` is [`None`] |
//! | more than one `Authorization`, or one that is not text | 400 `invalid_request` |
//! | an invalid token, or one for another audience | 401 `invalid_token` |
//! | a demanded scope is missing | 403 `insufficient_scope`, with all scopes that this layer, or this handler, demands |
//! | the last login is too old | 401 `insufficient_user_authentication`, with `max_age`: step-up (RFC 9470) |
//! | keys or status list are unavailable | 503 with `Retry-After` |
//! | more than one `Idempotency-Key`, or a malformed one, where a handler takes `Option<IdempotencyKey>` | 400 |
//!
//! Bodies are problem documents (RFC 9457) with Baton's codes and `no-store`; [`RequireToken::realm`] and
//! [`RequireToken::problem_types`] set others. A token in the query or the body is ignored (RFC 9700 section 4.3.2):
//! the request counts as one without a token.
//!
//! Next: `axum/token.rs` for the `Authorization` header, `axum/demands.rs` for the demands, `axum/idempotency.rs` for
//! requests that may arrive twice, `axum/refusal.rs` for the table.

mod demands;
mod extractor;
mod idempotency;
mod issuer;
mod problem;
mod refusal;
mod response_options;
mod token;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request};
use tower_layer::Layer;
use tower_service::Service;

use crate::local;

pub use self::demands::Demand;
use self::demands::Demands;
use self::extractor::Admitted;
pub use self::extractor::{Bearer, BearerFor, Refused};
use self::issuer::Issuer;
use self::refusal::Refusal;
use self::response_options::{ResponseOptions, is_realm};

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
    options: Arc<ResponseOptions>,
    is_optional: bool,
}

impl From<&local::Issuer> for RequireToken {
    /// Requires a valid token of this server itself, without further demands.
    fn from(issuer: &local::Issuer) -> Self {
        Self::of(Issuer::Local(issuer.clone()))
    }
}

#[cfg(feature = "remote")]
impl From<&crate::remote::Issuer> for RequireToken {
    /// Requires a valid token, without further demands.
    fn from(issuer: &crate::remote::Issuer) -> Self {
        Self::of(Issuer::Remote(issuer.clone()))
    }
}

impl RequireToken {
    fn of(issuer: Issuer) -> Self {
        Self { issuer, demands: Arc::default(), options: Arc::default(), is_optional: false }
    }

    /// Admits a request without `Authorization` as well, for handlers that take `Option<Bearer>`; a handler that
    /// takes [`Bearer`] refuses it. A request with a bad token, or with credentials of another scheme, is refused as
    /// before: optional is not lenient.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Sets the realm in the challenge to a request without a token (RFC 6750 section 3), `baton` by default.
    ///
    /// # Panics
    /// If `realm` is not visible ASCII and spaces without quotes and backslashes.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        let realm = realm.into();
        assert!(is_realm(&realm), "{realm:?} is not a realm");
        Arc::make_mut(&mut self.options).realm = realm.into();
        self
    }

    /// Sets what stands before the code in the `type` of problem documents (RFC 9457 section 3.1.1), such as
    /// `https://api.example/problems/`; `urn:baton:problem:` by default.
    #[must_use]
    pub fn problem_types(mut self, prefix: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.options).problem_types = prefix.into().into();
        self
    }

    /// Demands a token for this audience as well, in addition to earlier demands and to an audience of the issuer.
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

    async fn admit(&self, headers: &HeaderMap) -> Result<Admitted, Refusal> {
        let options = Arc::clone(&self.options);
        if self.is_optional && !headers.contains_key(AUTHORIZATION) {
            return Ok(Admitted { token: None, at: self.issuer.now(), options });
        }
        let unverified_token = token::of(headers)?;
        let token = self.issuer.verify(unverified_token).await?;
        let now = self.issuer.now();
        self.demands.check(&token, now)?;
        Ok(Admitted { token: Some(Arc::new(token)), at: now, options })
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
                Err(refusal) => {
                    let request_id = refusal::request_id(request.headers());
                    Ok(refusal.answer(request_id, &layer.options))
                }
            }
        })
    }
}
