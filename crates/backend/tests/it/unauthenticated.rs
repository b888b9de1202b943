//! Calls without authentication: rate limits come before the database, and a shared query is cached.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use backend::http::client_address::Peer;
use futures_util::future::join_all;
use shared::path;

use crate::services::{FORM, basic, service};
use crate::support::{Answer, Faulty, ORIGIN, Place, TestApp};

async fn faulty() -> (Arc<Faulty>, TestApp) {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    (store, app)
}

/// An introspection request of a service, from this network.
async fn ask(app: &TestApp, address: [u8; 4], credentials: &str) -> Answer {
    call(app, address, path::INTROSPECT, Some(credentials), "token=nothing").await
}

async fn call(
    app: &TestApp,
    address: [u8; 4],
    path: &str,
    credentials: Option<&str>,
    body: &str,
) -> Answer {
    let mut request = app.browser().request(Method::POST, path).header(CONTENT_TYPE, FORM);
    if let Some(credentials) = credentials {
        request = request.header(AUTHORIZATION, credentials);
    }
    let request = request.extension(Peer(SocketAddr::from((address, 40_000))));
    app.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

const SERVICE: [u8; 4] = [192, 0, 2, 1];
const ELSEWHERE: [u8; 4] = [198, 51, 100, 1];

#[tokio::test]
async fn introspections_of_a_service_are_limited_before_any_query() {
    let (store, app) = faulty().await;
    let notes = service(&app, "notes", ORIGIN).await;
    for _ in 0..4_000 {
        ask(&app, SERVICE, &notes).await.assert_ok();
    }
    for _ in 0..10 {
        ask(&app, SERVICE, &notes).await.assert_problem(429, "rate_limited");
    }
    let revocation = call(&app, SERVICE, path::REVOKE, Some(&notes), "token=nothing").await;
    revocation.assert_problem(429, "rate_limited");
    assert_eq!(store.services_read(), 4_000);
    // Its network's limit is for others.
    let another = service(&app, "another", ORIGIN).await;
    ask(&app, SERVICE, &another).await.assert_ok();
    app.clock.advance(1);
    ask(&app, SERVICE, &notes).await.assert_ok();
}

#[tokio::test]
async fn wrong_credentials_of_services_are_limited_by_network_before_any_query() {
    let (store, app) = faulty().await;
    let notes = service(&app, "notes", ORIGIN).await;
    let wrong = basic("notes", "a secret that was guessed");
    for _ in 0..4_000 {
        ask(&app, ELSEWHERE, &wrong).await.assert_status(401);
    }
    for id in ["notes", "another", "a-third"] {
        let wrong = basic(id, "a secret that was guessed");
        ask(&app, ELSEWHERE, &wrong).await.assert_problem(429, "rate_limited");
    }
    assert_eq!(store.services_read(), 4_000);
    // Wrong credentials do not exhaust the service's own limit.
    for _ in 0..4_000 {
        ask(&app, SERVICE, &notes).await.assert_ok();
    }
    app.clock.advance(1);
    ask(&app, ELSEWHERE, &wrong).await.assert_status(401);
}

/// The limit is one, wherever the credentials stand, and at revocation as well.
#[tokio::test]
async fn no_other_place_of_wrong_credentials_has_a_limit_of_its_own() {
    let (store, app) = faulty().await;
    let alice = app.registered("alice").await;
    service(&app, "notes", ORIGIN).await;
    let token = format!("token={}", alice.access_token());
    let header = basic("notes", "a secret that was guessed");
    let in_form = format!("{token}&client_id=notes&client_secret=guessed");
    let guess = async |number: u32| {
        let path = if number.is_multiple_of(2) { path::INTROSPECT } else { path::REVOKE };
        let (credentials, body) = match number % 4 {
            0 | 1 => (Some(&*header), &token),
            _ => (None, &in_form),
        };
        call(&app, ELSEWHERE, path, credentials, body).await
    };
    for number in 0..4_000 {
        guess(number).await.assert_status(401);
    }
    for number in 0..4 {
        guess(number).await.assert_problem(429, "rate_limited");
    }
    assert_eq!(store.services_read(), 4_000);
    // The bearer needs no credentials.
    alice.me().await.assert_ok();
    call(&app, ELSEWHERE, path::REVOKE, None, &token).await.assert_ok();
    alice.me().await.assert_problem(401, "invalid_token");
}

/// A 503 is no wrong credential: an outage must not lock a service out.
#[tokio::test]
async fn introspections_that_storage_fails_to_answer_are_not_counted_as_wrong() {
    let (store, app) = faulty().await;
    let notes = service(&app, "notes", ORIGIN).await;
    store.set_broken(true);
    for number in 0..5_000 {
        app.clock.advance(i64::from(number % 1_000 == 999));
        ask(&app, SERVICE, &notes).await.assert_problem(503, "temporarily_unavailable");
    }
    store.set_broken(false);
    ask(&app, SERVICE, &notes).await.assert_ok();
}

#[tokio::test]
async fn any_number_of_readiness_checks_queries_storage_once_a_second() {
    let (store, app) = faulty().await;
    let ready = async || app.browser().get(path::HEALTH_READY).await;
    let held = store.hold_ping();
    let release = async {
        while store.pings() == 0 {
            tokio::task::yield_now().await;
        }
        drop(held);
    };
    let (answers, ()) = tokio::join!(join_all((0..50).map(|_| ready())), release);
    assert!(answers.iter().all(|answer| answer.status == 200));
    ready().await.assert_ok();
    assert_eq!(store.pings(), 1);
    // The cached result is stale by now.
    app.clock.suspend(1);
    store.set_broken(true);
    ready().await.assert_problem(503, "temporarily_unavailable");
    // A failure is not cached.
    store.set_broken(false);
    ready().await.assert_ok();
    assert_eq!(store.pings(), 3);
}
