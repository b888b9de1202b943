//! One same-origin HTTP exchange, with the server or a service beside it, with a timeout for the whole answer. It
//! must not know token expiry, retries or pages: retries and back-off are in `session/back_off.rs` (refreshes) and
//! `session/retry.rs` (all other calls).

mod challenge;

use std::borrow::Cow;

use gloo_net::http::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use shared::{ErrorCode, Problem, Secret};
use web_sys::{AbortSignal, RequestCache, RequestCredentials, RequestRedirect};

/// Timeout of a request: after that a user takes the page for dead.
pub(crate) const REQUEST_TIMEOUT_MS: u32 = 10_000;

/// A request.
#[derive(Clone)]
pub struct Request {
    /// GET, POST, PUT or DELETE.
    pub method: Method,
    /// Built from [`shared::path`]; may end in a query.
    pub path: Cow<'static, str>,
    /// The access token for `Authorization`.
    pub bearer: Option<Secret>,
    /// The attempt key or idempotency key for `Idempotency-Key`.
    pub attempt_key: Option<String>,
    /// The version to replace, or the expected session, for `If-Match`.
    pub if_match: Option<String>,
    /// A JSON body. Without it the body is empty and has no content type.
    pub json: Option<String>,
}

impl Request {
    /// A request without token, key, version or body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<Cow<'static, str>>) -> Self {
        let path = path.into();
        Self { method, path, bearer: None, attempt_key: None, if_match: None, json: None }
    }
}

/// An answer with any status.
#[derive(Clone, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, if the server sent one.
    pub retry_after_seconds: Option<u32>,
    /// The version of the resource in the body (`ETag`).
    pub etag: Option<String>,
    /// The authentication that is required (`WWW-Authenticate`).
    pub challenge: Option<String>,
    /// Whether a logout has found the session to revoke (`Session-Ended`).
    pub session_ended: Option<bool>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The body as JSON, if it parses.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.body).ok()
    }

    /// The problem document of an error. A proxy's error page has none: then it is unknown whether our server got the
    /// request.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        if self.succeeded() { None } else { self.json() }
    }

    /// Whether the access token was refused (RFC 6750 section 3.1), by Baton, a resource server or a gateway.
    #[must_use]
    pub fn refuses_the_token(&self) -> bool {
        let refused = || match self.code() {
            Some(code) => code == ErrorCode::InvalidToken,
            None => self.challenge.as_deref().is_some_and(challenge::refuses_the_token),
        };
        self.status == 401 && refused()
    }

    /// Whether step-up is required (RFC 9470 section 3).
    #[must_use]
    pub fn requires_step_up(&self) -> bool {
        self.status == 401 && self.is(ErrorCode::InsufficientUserAuthentication)
    }

    /// Whether our server refused with this code.
    #[must_use]
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code() == Some(code)
    }

    fn code(&self) -> Option<ErrorCode> {
        self.problem().map(|problem| problem.code)
    }
}

/// Why no answer arrived. The request may or may not have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// The connection could not be made, or broke.
    Offline,
    /// No complete answer before the timeout.
    Timeout,
}

/// Sends `request` and reads the whole answer, both within the timeout.
pub(crate) async fn send(request: Request) -> Result<Answer, NoAnswer> {
    let mut builder = RequestBuilder::new(&request.path)
        .method(request.method)
        .credentials(RequestCredentials::SameOrigin)
        .cache(RequestCache::NoStore)
        // The API never redirects; a captive portal does, and must not be taken for an answer.
        .redirect(RequestRedirect::Error)
        .abort_signal(Some(&AbortSignal::timeout_with_u32(REQUEST_TIMEOUT_MS)))
        .header("Accept", "application/json, application/problem+json");
    if let Some(token) = &request.bearer {
        builder = builder.header("Authorization", &format!("Bearer {}", token.expose()));
    }
    if let Some(key) = &request.attempt_key {
        builder = builder.header(shared::path::IDEMPOTENCY_KEY, key);
    }
    if let Some(version) = &request.if_match {
        builder = builder.header("If-Match", version);
    }
    let ready = match request.json {
        Some(json) => builder.header("Content-Type", "application/json").body(json),
        None => builder.build(),
    };
    let response = ready.map_err(no_answer)?.send().await.map_err(no_answer)?;
    read(response).await.map_err(no_answer)
}

async fn read(response: Response) -> Result<Answer, gloo_net::Error> {
    let headers = response.headers();
    Ok(Answer {
        status: response.status(),
        retry_after_seconds: headers.get("retry-after").and_then(|seconds| seconds.parse().ok()),
        etag: headers.get("etag"),
        challenge: headers.get("www-authenticate"),
        session_ended: headers.get(shared::path::SESSION_ENDED).map(|said| said == "?1"),
        body: response.text().await?,
    })
}

fn no_answer(error: gloo_net::Error) -> NoAnswer {
    match error {
        gloo_net::Error::JsError(error)
            if error.name == "TimeoutError" || error.name == "AbortError" =>
        {
            NoAnswer::Timeout
        }
        _ => NoAnswer::Offline,
    }
}
