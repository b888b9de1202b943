//! A layer for axum that lets nobody through without an access token, and extractors for what the token
//! says (feature `axum`). It must not verify anything itself: it asks its
//! [`Issuer`], and says on the wire what that found.
//!
//! What a token has to be besides valid may be demanded of a whole router, by [`RequireToken`], or of one
//! handler in its signature, by [`BearerFor`]. Where both demand something, both have to be met.
//!
//! | found | answer |
//! | --- | --- |
//! | no token | 401, `WWW-Authenticate: Bearer realm="baton"` and no error (RFC 6750 section 3.1) |
//! | more than one `Authorization`, or one that is not text | 400 `invalid_request` |
//! | a token that is not good, or for another audience | 401 `invalid_token` |
//! | a demanded scope is missing | 403 `insufficient_scope`, with all that this layer, or this handler, demands |
//! | the last login is too long ago | 401 `insufficient_user_authentication`, with `max_age` (RFC 9470) |
//! | keys or status list cannot be had | 503 with `Retry-After` |
//! | more than one `Idempotency-Key`, or a malformed one, where a handler takes `Option<IdempotencyKey>` | 400 |
//!
//! Bodies are problem documents (RFC 9457) with Baton's codes, and nothing of it is to be stored. A token
//! in the query or the body is not looked at (RFC 9700 section 4.3.2): it counts as none.
//!
//! Read on in `axum/token.rs` for how a request carries its token, in `axum/demands.rs` for what may be
//! demanded of it, in `axum/idempotency.rs` for requests that may arrive twice, in `axum/refusal.rs` for the table.

mod demands;
mod extractor;
mod idempotency;
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

/// A layer that demands an access token, and hands what it says to [`Bearer`] and [`BearerFor`].
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
    /// Demands a valid token and nothing more.
    fn from(issuer: &Issuer) -> Self {
        Self { issuer: issuer.clone(), demands: Arc::default() }
    }
}

impl RequireToken {
    /// Demands a token for this audience as well, beside those demanded already and one of the
    /// [`Issuer`]'s.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.with(|demands| demands.audiences.push(audience.into().into()))
    }

    /// Demands this scope, beside those demanded already. A token that names no scope at all has none:
    /// Baton's own do not.
    ///
    /// # Panics
    /// If `scope` is not one scope (RFC 6749 section 3.3: visible ASCII without quotes and
    /// backslashes): nobody could ever meet the demand.
    #[must_use]
    pub fn scope(self, scope: impl Into<String>) -> Self {
        let scope = scope.into();
        assert!(demands::is_one_scope(&scope), "{scope:?} is not one scope");
        self.with(|demands| demands.scopes.push(scope.into()))
    }

    /// Demands that the user has proved who they are within so many seconds (RFC 9470). Of several
    /// demands the strictest counts.
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
        // The one that is ready is the one to call; its clone takes its place.
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
