//! Requests that cannot be read, and clients that are not known (RFC 6749 section 5.2).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use shared::path;

use super::{
    TODO, Tokens, assert_refused, client, grant, log_in, logged_in, login_body, post, refresh, send,
};
use crate::services::{FORM, basic};
use crate::support::{Faulty, PASSWORD, Place, TestApp, on_every_store};

#[tokio::test]
async fn an_unknown_client_is_refused_before_anything_happens() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let tokens = logged_in(&app, TODO).await;
        let events = alice.events().await;
        let long = "x".repeat(65);
        for id in ["mail", "baton-web", "Todo", "todo%20", "%00", long.as_str()] {
            assert_refused(&refresh(&app, id, &tokens.refresh).await, 401, "invalid_client");
        }
        for id in ["mail", "baton-web", "Todo", "", "todo ", "to\u{0}do", long.as_str()] {
            let answer = log_in(&app, id, "alice", PASSWORD).await;
            assert_refused(&answer, 401, "invalid_client");
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.starts_with("Basic "), "{challenge}");
        }
        assert_eq!(alice.events().await, events);
        refresh(&app, TODO, &tokens.refresh).await.assert_ok();
    })
    .await;
}

/// Each costs a look-up.
#[tokio::test]
async fn unknown_clients_are_limited_by_network_and_known_ones_are_not() {
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    app.registered("alice").await;
    let mut tokens = logged_in(&app, TODO).await;
    for _ in 0..4_000 {
        refresh(&app, "mail", "x").await.assert_status(401);
    }
    refresh(&app, "mail", "x").await.assert_problem(429, "rate_limited");
    // Logins have limits of their own.
    log_in(&app, TODO, "alice", PASSWORD).await.assert_ok();
    app.clock.advance(60);
    for _ in 0..100 {
        let answer = refresh(&app, TODO, &tokens.refresh).await;
        tokens = Tokens::of(answer.assert_ok());
    }
    // None of these was left counted.
    for _ in 0..4_000 {
        refresh(&app, "mail", "x").await.assert_status(401);
    }
}

/// A server over a store with faults, with a client and a user.
async fn over_faulty(flags: &[&str]) -> (TestApp, Arc<Faulty>) {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, flags).await;
    client(&app, TODO).await;
    app.registered("alice").await;
    (app, store)
}

#[tokio::test]
async fn calls_beyond_a_limit_do_not_read_the_client() {
    let (app, store) = over_faulty(&["--rate-limit", "refreshes-per-session=100/2s"]).await;
    let reads = || store.clients_read.load(Ordering::SeqCst);
    for (id, name) in [(TODO, "mallory"), ("mail", "mallet")] {
        for _ in 0..20 {
            log_in(&app, id, name, PASSWORD).await;
        }
        let before = reads();
        for _ in 0..10 {
            log_in(&app, id, name, PASSWORD).await.assert_problem(429, "rate_limited");
        }
        assert_eq!(reads(), before, "{id}");
    }
    let mut tokens = logged_in(&app, TODO).await;
    for _ in 0..100 {
        tokens = Tokens::of(refresh(&app, TODO, &tokens.refresh).await.assert_ok());
    }
    refresh(&app, TODO, &tokens.refresh).await.assert_problem(429, "rate_limited");
    let before = reads();
    for _ in 0..10 {
        refresh(&app, TODO, &tokens.refresh).await.assert_problem(429, "rate_limited");
    }
    assert_eq!(reads(), before);
    for _ in 0..4_000 {
        refresh(&app, "mail", "x").await.assert_status(401);
    }
    let before = reads();
    refresh(&app, "mail", "x").await.assert_problem(429, "rate_limited");
    refresh(&app, TODO, "x").await.assert_problem(429, "rate_limited");
    assert_eq!(reads(), before);
}

#[tokio::test]
async fn an_outage_locks_no_native_client_out() {
    let (app, store) = over_faulty(&["--rate-limit", "refreshes-per-network=100/1s"]).await;
    let tokens = logged_in(&app, TODO).await;
    store.set_broken(true);
    for _ in 0..110 {
        refresh(&app, TODO, &tokens.refresh).await.assert_status(503);
    }
    store.set_broken(false);
    refresh(&app, TODO, &tokens.refresh).await.assert_ok();
}

#[tokio::test]
async fn a_grant_that_cannot_be_read_is_an_error() {
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    app.registered("alice").await;
    let tokens = logged_in(&app, TODO).await;
    let good = grant(TODO, &tokens.refresh);
    let without = |name: &str| {
        let rest: Vec<&str> = good.split('&').filter(|it| !it.starts_with(name)).collect();
        rest.join("&")
    };
    for body in [
        String::new(),
        without("grant_type"),
        without("client_id"),
        without("refresh_token"),
        format!("{good}&client_id={TODO}"),
        good.replace(&tokens.refresh, ""),
    ] {
        let answer = send(&app, post(path::TOKEN, FORM), body).await;
        assert_refused(&answer, 400, "invalid_request");
    }
    for grant_type in ["password", "authorization_code", "client_credentials"] {
        let body = good.replace("grant_type=refresh_token", &format!("grant_type={grant_type}"));
        let answer = send(&app, post(path::TOKEN, FORM), body).await;
        assert_refused(&answer, 400, "unsupported_grant_type");
    }
    let json = send(&app, post(path::TOKEN, "application/json"), json!({}).to_string()).await;
    assert_refused(&json, 400, "invalid_request");
    // Other parameters are ignored (section 3.2).
    let body = format!("{good}&scope=openid&resource=x");
    send(&app, post(path::TOKEN, FORM), body).await.assert_ok();
}

/// A public client has no secret: one that sends one is misconfigured, or is another.
#[tokio::test]
async fn credentials_of_a_public_client_are_refused_and_not_ignored() {
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    app.registered("alice").await;
    let tokens = logged_in(&app, TODO).await;
    let good = grant(TODO, &tokens.refresh);
    for credential in ["client_secret=x", "client_assertion=a.b.c"] {
        let answer = send(&app, post(path::TOKEN, FORM), format!("{good}&{credential}")).await;
        assert_refused(&answer, 401, "invalid_client");
        let revocation = format!("token={}&client_id={TODO}&{credential}", tokens.refresh);
        let answer = send(&app, post(path::REVOKE, FORM), revocation).await;
        assert_refused(&answer, 401, "invalid_client");
    }
    let request = post(path::TOKEN, FORM).header("authorization", basic(TODO, "x"));
    assert_refused(&send(&app, request, good.clone()).await, 401, "invalid_client");
    send(&app, post(path::TOKEN, FORM), good).await.assert_ok();
}

#[tokio::test]
async fn a_login_that_cannot_be_read_is_an_error() {
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    app.registered("alice").await;
    let json = || post(path::NATIVE_LOGIN, "application/json");
    let email = "alice@example.com";
    for body in [
        json!({"email": email, "password": PASSWORD}),
        json!({"client_id": TODO, "email": email}),
        json!({"client_id": TODO, "email": email, "password": PASSWORD, "scope": "x"}),
        json!([TODO, email, PASSWORD]),
    ] {
        send(&app, json(), body.to_string()).await.assert_problem(400, "malformed_request");
    }
    let form =
        send(&app, post(path::NATIVE_LOGIN, FORM), login_body(TODO, "alice", PASSWORD)).await;
    form.assert_problem(415, "unsupported_media_type");
    let keyed = json().header("idempotency-key", "short");
    let keyed = send(&app, keyed, login_body(TODO, "alice", PASSWORD)).await;
    keyed.assert_problem(400, "malformed_request");
}
