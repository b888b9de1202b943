//! A refresh token belongs to its client (RFC 6749 section 10.4): in other hands it is as good as unknown, and its
//! session is left alone. The user sees and revokes sessions of native clients as any other.

use axum::http::Method;
use serde_json::{Value, json};
use shared::path::{self, REFRESH_COOKIE};

use super::{TODO, Tokens, assert_refused, client, log_in, logged_in, refresh, refresh_with};
use crate::support::{Browser, Log, PASSWORD, TestApp, on_every_store};

const NEW: &str = "marble heron beyond tuesday";
const UNKNOWN: &str = "AQAAAAAAAAAAAAAAAAAAAAAA";

/// A browser that was given this ticket.
fn with_cookie(app: &TestApp, ticket: &str) -> Browser {
    let browser = app.browser();
    browser.set_cookie(REFRESH_COOKIE, ticket);
    browser
}

#[tokio::test]
async fn a_native_clients_token_is_no_cookie() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        app.registered("alice").await;
        let first = logged_in(&app, TODO).await;
        let second = Tokens::of(refresh(&app, TODO, &first.refresh).await.assert_ok());
        let unknown = with_cookie(&app, UNKNOWN).refresh().await;
        // The newest one, and one whose use would be a replay in its own client's hands.
        for ticket in [&second.refresh, &first.refresh] {
            let answer = with_cookie(&app, ticket).refresh().await;
            answer.assert_problem(401, "invalid_grant");
            assert_eq!(answer.but_for_its_id(), unknown.but_for_its_id());
            let confirmed = with_cookie(&app, ticket).confirm(PASSWORD).await;
            confirmed.assert_problem(401, "invalid_grant");
        }
        app.call_me(&second.access).await.assert_ok();
        refresh(&app, TODO, &second.refresh).await.assert_ok();
    })
    .await;
}

/// A cookie that was taken out of a browser.
#[tokio::test]
async fn a_browsers_token_is_refused_at_the_token_endpoint() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let old = alice.refresh_token();
        alice.refresh().await.assert_ok();
        let unknown = refresh(&app, TODO, UNKNOWN).await;
        for ticket in [alice.refresh_token(), old] {
            let answer = refresh(&app, TODO, &ticket).await;
            assert_refused(&answer, 400, "invalid_grant");
            assert_eq!(answer.but_for_its_id(), unknown.but_for_its_id());
        }
        // Neither a rotation nor a replay.
        alice.me().await.assert_ok();
        alice.refresh().await.assert_ok();
        assert!(!alice.events().await.contains(&"replayed".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn another_native_client_cannot_use_the_token() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        client(&app, "mail").await;
        app.registered("alice").await;
        let first = logged_in(&app, TODO).await;
        assert_refused(&refresh(&app, "mail", &first.refresh).await, 400, "invalid_grant");
        // On every path that a refresh takes: with rows in memory, and with remembered ones.
        let second = Tokens::of(refresh(&app, TODO, &first.refresh).await.assert_ok());
        assert_refused(&refresh(&app, "mail", &second.refresh).await, 400, "invalid_grant");
        let elsewhere = app.another_instance().await;
        assert_refused(&refresh(&elsewhere, "mail", &second.refresh).await, 400, "invalid_grant");
        let third = refresh_with(&elsewhere, "attempt-key-number-1", &second.refresh).await;
        third.assert_ok();
        refresh(&app, TODO, &Tokens::of(&third).refresh).await.assert_ok();
    })
    .await;
}

/// An operator can tell a leaked token from a mistyped one.
#[tokio::test]
async fn a_token_in_other_hands_leaves_a_line_in_the_audit_log() {
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    let alice = app.registered("alice").await;
    let (log, _listening) = Log::of_json();
    refresh(&app, TODO, &alice.refresh_token()).await;
    let of_kind = |line: &Value| line["fields"]["event"] == "ticket_of_another_client";
    let line = log.objects().into_iter().find(of_kind).expect("a line");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["target"], "backend::auth::audit");
    assert_eq!(line["fields"]["session"], alice.claims()["sid"]);
    assert_eq!(line["fields"]["presented_by"], TODO);
    assert_eq!(line["fields"]["owner"], Value::Null);
    refresh(&app, TODO, UNKNOWN).await;
    assert_eq!(log.objects().into_iter().filter(of_kind).count(), 1);
}

#[tokio::test]
async fn the_user_sees_a_native_clients_session_by_its_name_and_revokes_it() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let tokens = logged_in(&app, TODO).await;
        let listed = alice.call(Method::GET, path::SESSIONS, None).await.assert_ok().json();
        assert_eq!(listed["sessions"][0].get("client"), None, "{listed}");
        assert_eq!(listed["sessions"][1]["client"], "To do");
        let own = app.call_me(&tokens.access).await.assert_ok().json();
        assert_eq!(own["session"]["client"], "To do");
        assert_eq!(own["session"]["id"], listed["sessions"][1]["id"]);

        let id = listed["sessions"][1]["id"].as_str().expect("an id");
        let revoke = format!("{}/{id}", path::SESSIONS);
        alice.call(Method::DELETE, &revoke, None).await.assert_status(204);
        assert_refused(&refresh(&app, TODO, &tokens.refresh).await, 400, "invalid_grant");
        app.call_me(&tokens.access).await.assert_problem(401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn a_password_change_on_the_site_ends_the_sessions_of_native_clients() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let tokens = logged_in(&app, TODO).await;
        alice.change_password(PASSWORD, NEW).await.assert_status(204);
        assert_refused(&refresh(&app, TODO, &tokens.refresh).await, 400, "invalid_grant");
        log_in(&app, TODO, "alice", PASSWORD).await.assert_problem(401, "invalid_credentials");
        log_in(&app, TODO, "alice", NEW).await.assert_ok();
    })
    .await;
}

/// Its answer is a cookie, and a native client's token is never in one.
#[tokio::test]
async fn a_native_client_cannot_change_the_password() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        app.registered("alice").await;
        let tokens = logged_in(&app, TODO).await;
        let body = json!({"current_password": PASSWORD, "new_password": NEW});
        let answer = tokens.call(&app, Method::PUT, path::PASSWORD, body).await;
        answer.assert_problem(403, "insufficient_scope");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, Some("Bearer error=\"insufficient_scope\""));
        assert!(answer.set_cookies().is_empty());
        // All other calls are a user's as ever.
        let rename = tokens.call(&app, Method::PUT, path::NAME, json!({"name": "Ada"})).await;
        rename.assert_status(204);
        refresh(&app, TODO, &tokens.refresh).await.assert_ok();
        app.logged_in("alice").await;
    })
    .await;
}
