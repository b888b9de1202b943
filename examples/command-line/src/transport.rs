//! One HTTP request and its whole answer, bounded in time and size. It must not know what an answer means, repeat a
//! request, or follow a redirect, which could lead a password to another origin.

use std::error::Error;
use std::time::Duration;

use http::header::{ACCEPT, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

/// Longer than the server's own timeout of a request, so that its answer is not lost.
const PATIENCE: Duration = Duration::from_secs(30);
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Users see it in the list of their sessions.
const AGENT: &str = "baton-command-line/0.1";

pub(crate) struct Transport(Client<HttpsConnector<HttpConnector>, String>);

/// An answer of any status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Whether the request arrived is unknown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("no answer in time")]
    TooLate,
    #[error("no answer: {0}")]
    Broken(Box<dyn Error + Send + Sync>),
}

/// The members of a problem document that this client uses.
#[derive(Deserialize)]
pub(crate) struct Problem {
    pub(crate) code: String,
    pub(crate) title: String,
}

impl Transport {
    pub(crate) fn new() -> Self {
        // An explicit provider: the process-wide default depends on the build.
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .expect("the provider has the suites that TLS 1.2 and 1.3 need")
            .https_or_http()
            .enable_http1()
            .build();
        // No connection pool: hyper repeats a request by itself if a pooled connection turns out to be closed.
        Self(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
    }

    pub(crate) async fn send(&self, mut request: Request<String>) -> Result<Answer, NoAnswer> {
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
            Ok(answer) => answer.map_err(NoAnswer::Broken),
            Err(_) => Err(NoAnswer::TooLate),
        }
    }

    async fn exchange(
        &self,
        request: Request<String>,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let (parts, body) = self.0.request(request).await?.into_parts();
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await?.to_bytes();
        let body = String::from_utf8(body.into())?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

impl Answer {
    /// The problem document, if the body is one.
    pub(crate) fn problem(&self) -> Option<Problem> {
        serde_json::from_str(&self.body).ok()
    }

    /// Whether the answer is this problem.
    pub(crate) fn is(&self, status: u16, code: &str) -> bool {
        self.status == status && self.problem().is_some_and(|problem| problem.code == code)
    }

    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
    }
}
