//! `POST /api/auth/revoke` (RFC 7009).

use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use shared::path::REVOKE;

use super::{FORM, basic, form};
use crate::support::{Answer, Faulty, Place, TestApp, on_every_store};

async fn revoke(app: &TestApp, token: &str) -> Answer {
    form(app, REVOKE, None, &format!("token={token}")).await
}

/// RFC 7009 section 2.1: revoking a refresh token revokes the access tokens of the same grant. Baton does so for an
/// access token, too: each is worthless without the other.
#[tokio::test]
async fn the_holder_of_a_token_may_revoke_its_session() {
    on_every_store(async |app| {
        let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
        let third = app.logged_in("alice").await;
        for (browser, token) in [(&alice, alice.refresh_token()), (&other, other.access_token())] {
            let answer = revoke(&app, &token).await;
            answer.assert_ok();
            assert!(answer.body.is_empty() && answer.set_cookies().is_empty());
            browser.me().await.assert_problem(401, "invalid_token");
            browser.refresh().await.assert_problem(401, "invalid_grant");
            // RFC 7009 section 2.2: a repeat is no error.
            revoke(&app, &token).await.assert_ok();
        }
        third.me().await.assert_ok();
        assert_eq!(third.events().await[0], "logged_out");
    })
    .await;
}

/// RFC 7009 section 2.2: "invalid tokens do not cause an error response".
#[tokio::test]
async fn an_invalid_token_revokes_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let forged = format!("{}A", alice.refresh_token());
        for token in ["garbage", "a.b.c", &forged, &"x".repeat(5_000)] {
            revoke(&app, token).await.assert_ok();
        }
        alice.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_malformed_or_cross_site_call_revokes_nothing() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let body = format!("token={}", alice.refresh_token());
    let post = || app.browser().request(Method::POST, REVOKE);
    let send = async |request: axum::http::request::Builder, body: &str| {
        app.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    };
    // CSRF: a form can be sent from any page.
    let foreign = post().header(CONTENT_TYPE, FORM).header("origin", "https://evil.example");
    send(foreign, &body).await.assert_problem(403, "cross_site");
    let json = send(post().header(CONTENT_TYPE, "application/json"), "{}").await;
    json.assert_status(400);
    assert_eq!(json.json()["error"], "invalid_request");
    assert_eq!(json.header("content-type"), Some("application/json"));
    // Client credentials of no service are refused, not ignored.
    let credentials = form(&app, REVOKE, Some(&basic("notes", "secret")), &body).await;
    credentials.assert_status(401);
    assert_eq!(credentials.json()["error"], "invalid_client");
    // RFC 6749 section 5.2: the challenge names the scheme.
    let challenge = credentials.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Basic "), "{challenge}");
    app.browser().get(REVOKE).await.assert_problem(405, "method_not_allowed");
    alice.refresh().await.assert_ok();
}

/// RFC 7009 section 2.2.1: after a 503 the client must assume that the token is still valid, and may retry.
#[tokio::test]
async fn while_storage_fails_a_revocation_is_503_and_changes_nothing() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
    let tokens = [alice.refresh_token(), other.access_token()];
    store.set_broken(true);
    for token in &tokens {
        let answer = revoke(&app, token).await;
        answer.assert_problem(503, "temporarily_unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    store.set_broken(false);
    for browser in [&alice, &other] {
        browser.me().await.assert_ok();
        browser.refresh().await.assert_ok();
    }
    for token in &tokens {
        revoke(&app, token).await.assert_ok();
    }
    for browser in [&alice, &other] {
        browser.me().await.assert_problem(401, "invalid_token");
    }
}

/// The revocation was committed, and its response from the database lost.
#[tokio::test]
async fn a_revocation_that_was_not_confirmed_is_no_success_and_can_be_retried() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
    let tokens = [alice.refresh_token(), other.access_token()];
    store.set_breaks_after_writing(true);
    for token in &tokens {
        revoke(&app, token).await.assert_problem(503, "temporarily_unavailable");
    }
    store.set_breaks_after_writing(false);
    for token in &tokens {
        revoke(&app, token).await.assert_ok();
    }
    for browser in [&alice, &other] {
        browser.me().await.assert_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_revocation_counts_as_a_call_of_its_network() {
    let app = TestApp::in_memory().await;
    let context = app.browser().at("203.0.113.9");
    let mut last = 200;
    for _ in 0..5_000 {
        let request = context.request(Method::POST, REVOKE).header(CONTENT_TYPE, FORM);
        last = context.send(request, Body::from("token=x")).await.status.as_u16();
        if last != 200 {
            break;
        }
    }
    assert_eq!(last, 429);
}
