//! A resource server with one handler, and its responses to clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::http::request::Builder;
use axum::routing::{get, post};
use serde_json::Value;
use tower::ServiceExt as _;
use verifier::AccessToken;
use verifier::axum::{Bearer, BearerFor, Demand, RequireToken};

use super::{header, token};

/// Counts the calls of its handler.
pub(crate) struct Service {
    router: Router,
    calls: Arc<AtomicUsize>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Service {
    /// Any router; its calls are not counted.
    pub(crate) fn of(router: Router) -> Self {
        Self { router, calls: Arc::default() }
    }

    /// A handler that takes `E`, without the layer.
    pub(crate) fn open<E>(token_of: fn(E) -> Arc<AccessToken>) -> Self
    where
        E: FromRequestParts<()> + Send + 'static,
    {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        let hello = move |bearer: E| async move {
            count.fetch_add(1, Ordering::SeqCst);
            format!("hello, {}", token_of(bearer).sub)
        };
        let router = Router::new().route("/", get(hello.clone())).route("/form", post(hello));
        Self { router, calls }
    }

    /// A handler without demands, behind the layer.
    pub(crate) fn behind(layer: RequireToken) -> Self {
        Self::open(|Bearer(token)| token).within(layer)
    }

    /// A handler that demands `D`, behind the layer.
    pub(crate) fn demanding<D: Demand + 'static>(layer: RequireToken) -> Self {
        Self::open(|BearerFor { token, .. }: BearerFor<D>| token).within(layer)
    }

    /// One more layer around it.
    pub(crate) fn within(self, layer: RequireToken) -> Self {
        Self { router: self.router.layer(layer), ..self }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let text = |value: &axum::http::HeaderValue| value.to_str().expect("ASCII").to_owned();
        let headers = parts.headers.iter().map(|(name, it)| (name.to_string(), text(it)));
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        Answer {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body: String::from_utf8(bytes.into()).expect("UTF-8"),
        }
    }

    pub(crate) async fn ask(&self, authorization: &str) -> Answer {
        self.send(bare().header("authorization", authorization).body(Body::empty()).expect("it"))
            .await
    }

    pub(crate) async fn ask_with(&self, claims: &Value) -> Answer {
        let token = token(header().to_string(), claims.to_string());
        self.ask(&format!("Bearer {token}")).await
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

pub(crate) fn bare() -> Builder {
    Request::get("/")
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Checks a refusal: status, code, challenge; a problem document with `no-store`.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str, challenge: Option<&str>) {
        assert_eq!((self.status, self.header("www-authenticate")), (status, challenge));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:baton:problem:{code}"));
        assert!(problem["title"].as_str().is_some_and(|title| title.ends_with('.')));
    }
}

pub(crate) const INVALID: Option<&str> = Some("Bearer error=\"invalid_token\"");
/// The challenge for a request without a token.
pub(crate) const NO_ERROR: Option<&str> = Some("Bearer realm=\"baton\"");
