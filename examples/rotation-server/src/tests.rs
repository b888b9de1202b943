//! The example, run: what a browser, a thief and a user who logs out get.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use rotation::{NumericDate, RefreshKey};
use sqlx::sqlite::SqlitePoolOptions;
use tower::ServiceExt as _;

use crate::COOKIE_NAME;
use crate::sessions::{POLICY, Sessions};

const KEY: &str = "0123456789abcdef";
const OTHER_KEY: &str = "fedcba9876543210";

struct Server {
    router: Router,
    clock: Arc<AtomicI64>,
}

/// Status, and the refresh cookie that was set.
type Answer = (u16, Option<String>);

impl Server {
    async fn start() -> Self {
        // One connection: each would have a memory of its own.
        let pool = SqlitePoolOptions::new().max_connections(1);
        let database = pool.connect("sqlite::memory:").await.expect("a database in memory");
        let clock = Arc::new(AtomicI64::new(1_800_000_000));
        let hands = Arc::clone(&clock);
        let now = move || NumericDate(hands.load(Ordering::SeqCst));
        let key = RefreshKey::from_bytes([7; 32]);
        let sessions = Sessions::open(database, key, now).await.expect("its table");
        Self { router: crate::router(sessions), clock }
    }

    async fn post(&self, path: &str, ticket: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(path).header(COOKIE, format!("{COOKIE_NAME}={ticket}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let cookie = response.headers().get(SET_COOKIE).map(|it| it.to_str().expect("ASCII"));
        let value = cookie.and_then(|it| it.split_once('=')?.1.split(';').next());
        (response.status().as_u16(), value.map(str::to_owned))
    }

    async fn log_in(&self) -> String {
        let (status, ticket) = self.post("/login", "", &[]).await;
        assert_eq!(status, 200);
        ticket.expect("a refresh cookie")
    }

    async fn refresh(&self, ticket: &str, key: &str) -> Answer {
        self.post("/refresh", ticket, &[("idempotency-key", key)]).await
    }
}

const REFUSED: Answer = (401, None);

#[tokio::test]
async fn a_retry_gets_the_same_ticket_and_a_replay_revokes_the_session() {
    let server = Server::start().await;
    let first = server.log_in().await;
    let (status, second) = server.refresh(&first, KEY).await;
    assert_eq!(status, 200);
    // The answer was lost: the browser retries, a day later.
    server.clock.fetch_add(86_400, Ordering::SeqCst);
    assert_eq!(server.refresh(&first, KEY).await, (200, second.clone()));
    let second = second.expect("a ticket");
    assert_ne!(first, second);
    assert_eq!(server.refresh(&second, OTHER_KEY).await.0, 200);
    // A late copy of the first attempt is refused, and changes no state.
    assert_eq!(server.refresh(&first, KEY).await, (409, None));
    // A thief presents the same ticket without the key.
    assert_eq!(server.post("/refresh", &second, &[]).await, REFUSED);
    assert_eq!(server.refresh(&second, OTHER_KEY).await, REFUSED);
}

#[tokio::test]
async fn a_malformed_key_is_an_error_and_no_absent_one() {
    let server = Server::start().await;
    let first = server.log_in().await;
    assert_eq!(server.refresh(&first, "short").await, (400, None));
    let two = [("idempotency-key", KEY), ("idempotency-key", KEY)];
    assert_eq!(server.post("/refresh", &first, &two).await, (400, None));
    assert_eq!(server.refresh(&first, KEY).await.0, 200);
}

#[tokio::test]
async fn any_generation_may_log_out() {
    let server = Server::start().await;
    let first = server.log_in().await;
    let (_, second) = server.refresh(&first, KEY).await;
    let second = second.expect("a ticket");
    assert_eq!(server.post("/logout", &first, &[]).await, (204, Some(String::new())));
    assert_eq!(server.refresh(&second, KEY).await, REFUSED);
    assert_eq!(server.post("/logout", "no ticket", &[]).await.0, 204);
}

#[tokio::test]
async fn an_idle_session_expires() {
    let server = Server::start().await;
    let first = server.log_in().await;
    server.clock.fetch_add(POLICY.idle_seconds, Ordering::SeqCst);
    assert_eq!(server.refresh(&first, KEY).await, REFUSED);
}

#[tokio::test]
async fn another_site_and_a_forged_ticket_are_refused() {
    let server = Server::start().await;
    let first = server.log_in().await;
    let cross_site = [("sec-fetch-site", "cross-site"), ("idempotency-key", KEY)];
    assert_eq!(server.post("/refresh", &first, &cross_site).await, (403, None));
    let mut forged = first.clone();
    forged.replace_range(40..41, if &first[40..41] == "A" { "B" } else { "A" });
    assert_eq!(server.refresh(&forged, KEY).await, REFUSED);
    let twice = format!("{first}; {COOKIE_NAME}={first}");
    assert_eq!(server.refresh(&twice, KEY).await, REFUSED);
    assert_eq!(server.refresh(&first, KEY).await.0, 200);
}
