//! Rotating refresh tokens with `baton-rotation`, axum and SQLite: login, refresh, logout. Passwords, access tokens
//! and events are left out; `docs/lifting.md` says what a real server adds.
//!
//! ```sh
//! cargo run -p rotation-server
//! curl -i -X POST http://127.0.0.1:3004/login                                               # the first ticket
//! curl -i -X POST http://127.0.0.1:3004/refresh -H 'Cookie: __Host-Http-refresh=TICKET' \
//!     -H 'Idempotency-Key: 0123456789abcdef'                                                # its successor, twice the same
//! ```
#![forbid(unsafe_code)]

mod sessions;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rotation::{Attempt, NumericDate, RefreshKey};
use sqlx::SqlitePool;

use sessions::{Issued, Refresh, Sessions};

const COOKIE_NAME: &str = "__Host-Http-refresh";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let database = SqlitePool::connect("sqlite:sessions.db?mode=rwc").await?;
    // A real server keeps this key outside of the database: without it, tickets of before a restart are refused.
    let key = RefreshKey::from_bytes(random()?);
    let sessions = Sessions::open(database, key, system_clock).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3004").await?;
    axum::serve(listener, router(sessions)).await?;
    Ok(())
}

fn router(sessions: Sessions) -> Router {
    Router::new()
        .route("/login", post(log_in))
        .route("/refresh", post(refresh))
        .route("/logout", post(log_out))
        .with_state(Arc::new(sessions))
}

/// Why a call has no session to answer with. A refusal never clears the cookie: it may be the late answer to an old
/// one.
enum Refusal {
    /// The CSRF check failed.
    CrossSite,
    /// The attempt key is malformed. Taken for absent, it would turn an honest retry into a replay.
    MalformedKey,
    /// The one terminal refusal.
    InvalidGrant,
    /// A late copy: its answer was already sent.
    Duplicate,
    /// Storage failed, or the call lost every race: the client retries with the same key.
    Unavailable,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site"),
            Self::MalformedKey => (StatusCode::BAD_REQUEST, "malformed_request"),
            Self::InvalidGrant => (StatusCode::UNAUTHORIZED, "invalid_grant"),
            Self::Duplicate => (StatusCode::CONFLICT, "duplicate_attempt"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        };
        (status, [(CACHE_CONTROL, "no-store")], code).into_response()
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(_: sqlx::Error) -> Self {
        Self::Unavailable
    }
}

impl IntoResponse for Issued {
    fn into_response(self) -> Response {
        // The body is the place of the access token; the refresh token is in its cookie alone.
        let cookie = set_cookie(&self.ticket.encode(), self.seconds);
        ([(CACHE_CONTROL, "no-store".to_owned()), (SET_COOKIE, cookie)], "ok").into_response()
    }
}

/// A real server verifies a password first.
async fn log_in(
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
) -> Result<Issued, Refusal> {
    check_same_origin(&headers)?;
    Ok(sessions.begin().await?)
}

async fn refresh(
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
) -> Result<Issued, Refusal> {
    check_same_origin(&headers)?;
    let attempt = attempt_key(&headers)?;
    let presented = refresh_cookie(&headers).ok_or(Refusal::InvalidGrant)?;
    match sessions.refresh(presented, attempt.as_ref()).await? {
        Refresh::Issued(issued) => Ok(issued),
        Refresh::Duplicate => Err(Refusal::Duplicate),
        Refresh::Refused => Err(Refusal::InvalidGrant),
        Refresh::Contended => Err(Refusal::Unavailable),
    }
}

/// 204 for any token: an unknown one names no session.
async fn log_out(
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    check_same_origin(&headers)?;
    if let Some(presented) = refresh_cookie(&headers) {
        sessions.log_out(presented).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, set_cookie("", 0))]))
}

fn set_cookie(value: &str, seconds: i64) -> String {
    format!("{COOKIE_NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}")
}

/// CSRF: a browser says where a call comes from; other clients have no ambient cookies. A real server also compares
/// `Origin`, for browsers without the header.
fn check_same_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if sites.all(|site| site == "same-origin") { Ok(()) } else { Err(Refusal::CrossSite) }
}

/// One key or none: several, or a malformed one, are an error.
fn attempt_key(headers: &HeaderMap) -> Result<Option<Attempt>, Refusal> {
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let value = value.to_str().map_err(|_| Refusal::MalformedKey)?;
            Attempt::parse(value).map(Some).map_err(|_| Refusal::MalformedKey)
        }
        (Some(_), Some(_)) => Err(Refusal::MalformedKey),
    }
}

/// The only refresh cookie. A browser holds one of this name; two were assembled by hand.
fn refresh_cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut values = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(name, value)| (name == COOKIE_NAME).then_some(value));
    values.next().filter(|_| values.next().is_none())
}

#[expect(clippy::disallowed_methods, reason = "an example has no entropy to be seeded")]
fn random<const BYTES: usize>() -> Result<[u8; BYTES], getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

#[expect(clippy::disallowed_methods, reason = "the clock of the program; tests have their own")]
fn system_clock() -> NumericDate {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    NumericDate(i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX))
}
