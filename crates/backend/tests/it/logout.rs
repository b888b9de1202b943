//! Logout revokes the session: immediate, idempotent, final.

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderValue, Method};
use forgery::twin;
use shared::path::{self, REFRESH_COOKIE};

use crate::services::form;
use crate::support::{Answer, Browser, TestApp, on_every_store};

#[tokio::test]
async fn logout_clears_the_cookies() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    insta::assert_snapshot!(alice.logout().await.snapshot(), @r#"
    204 No Content
    cache-control: no-store
    session-ended: ?1
    set-cookie: __Host-Http-refresh=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0
    set-cookie: __Host-signed-in=; SameSite=Lax; Secure; Path=/; Max-Age=0
    "#);
    assert_eq!(alice.cookie(REFRESH_COOKIE), None);
}

#[tokio::test]
async fn logout_revokes_the_session_and_its_access_tokens_at_once() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let copy = alice.copied();
        alice.logout().await.assert_status(204);
        copy.refresh().await.assert_problem(401, "invalid_grant");
        copy.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn logout_can_be_repeated_and_needs_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let copy = alice.copied();
        for _ in 0..3 {
            copy.logout().await.assert_status(204);
            alice.copied().logout().await.assert_status(204);
        }
        app.browser().logout().await.assert_status(204);
        let garbage = app.browser();
        garbage.set_cookie(REFRESH_COOKIE, "garbage");
        garbage.logout().await.assert_status(204);
    })
    .await;
}

#[tokio::test]
async fn logout_works_with_an_expired_access_token() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let copy = alice.copied();
        app.clock.advance(3_600);
        alice.me().await.assert_problem(401, "invalid_token");
        alice.logout().await.assert_status(204);
        copy.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_forged_ticket_revokes_no_session() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let mut forged = alice.refresh_token();
        forged.replace_range(60..61, if &forged[60..61] == "A" { "B" } else { "A" });
        let mallory = app.browser();
        mallory.set_cookie(REFRESH_COOKIE, &forged);
        mallory.logout().await.assert_status(204);
        alice.me().await.assert_ok();
        alice.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_retry_after_logout_is_not_answered_again() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let retry = alice.copied();
        alice.refresh_with("attempt-key-number-1").await.assert_ok();
        alice.logout().await.assert_status(204);
        retry.refresh_with("attempt-key-number-1").await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn logout_is_204_whatever_else_comes_along() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let (first, second) = (alice.copied(), bob.copied());
        let (both, request) = with_both(&app, &alice, &bob);
        both.send(request.header("content-type", "text/plain"), Body::from("a body"))
            .await
            .assert_status(204);
        for ended in [first, second] {
            ended.refresh().await.assert_problem(401, "invalid_grant");
        }
    })
    .await;
}

/// Every access token of a session, each with its twin: an ECDSA signature is malleable, and the second form verifies
/// as well.
async fn tokens_of_a_session(app: &TestApp, browser: &Browser) -> Vec<String> {
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.extend([browser.access_token(), twin(&browser.access_token())]);
        app.clock.advance(60);
        browser.refresh().await.assert_ok();
    }
    tokens
}

/// Revocations are cached by session, never by the text or hash of a token.
#[tokio::test]
async fn every_older_access_token_and_its_twin_are_revoked_with_the_session() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let alices = tokens_of_a_session(&app, &alice).await;
        let bobs = tokens_of_a_session(&app, &bob).await;
        for token in alices.iter().chain(&bobs) {
            app.call_me(token).await.assert_ok();
        }
        alice.logout().await.assert_status(204);
        for token in &alices {
            app.call_me(token).await.assert_problem(401, "invalid_token");
        }
        // Revoked with the twin of the oldest token, which revokes the session as the newest would.
        form(&app, path::REVOKE, None, &format!("token={}", bobs[1])).await.assert_ok();
        for token in &bobs {
            app.call_me(token).await.assert_problem(401, "invalid_token");
        }
        bob.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

/// The browser's session as an entity tag for `If-Match`.
fn name_of(browser: &Browser) -> String {
    format!("\"{}\"", browser.claims()["sid"].as_str().expect("every access token has one"))
}

/// Two refresh cookies in one request, as no browser sends them.
fn with_both(app: &TestApp, one: &Browser, other: &Browser) -> (Browser, Builder) {
    let (one, other) = (one.refresh_token(), other.refresh_token());
    let cookies = format!("lang=caf\u{e9}; {REFRESH_COOKIE}={one}; {REFRESH_COOKIE}={other}");
    let cookies = HeaderValue::from_bytes(cookies.as_bytes()).expect("bytes of a header");
    let both = app.browser();
    let request = both.request(Method::POST, path::LOGOUT).header("cookie", cookies);
    (both, request)
}

async fn logout_of(browser: &Browser, expected: &str) -> Answer {
    let request = browser.request(Method::POST, path::LOGOUT).header("if-match", expected);
    browser.send(request, Body::empty()).await
}

#[tokio::test]
async fn a_logout_that_expects_another_session_revokes_nothing() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let ticket = bob.refresh_token();
        let refused = logout_of(&bob, &name_of(&alice)).await;
        refused.assert_problem(412, "precondition_failed");
        assert_eq!(bob.refresh_token(), ticket, "the cookie is kept");
        for browser in [alice, bob] {
            browser.me().await.assert_ok();
            browser.refresh().await.assert_ok();
        }
    })
    .await;
}

#[tokio::test]
async fn a_logout_that_expects_this_session_revokes_it() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let copy = alice.copied();
        logout_of(&alice, &name_of(&alice)).await.assert_status(204);
        assert_eq!(alice.cookie(REFRESH_COOKIE), None);
        copy.refresh().await.assert_problem(401, "invalid_grant");
        // Its session is revoked already; without a session there is no conflict.
        let name = name_of(&copy);
        logout_of(&copy, &name).await.assert_status(204);
        logout_of(&app.browser(), &name).await.assert_status(204);
        // The cookie's session is another one, but expired or revoked: no live session is left by mistake.
        let (over, there) = (app.registered("dora").await, app.registered("erin").await);
        let stale = over.copied();
        over.logout().await.assert_status(204);
        logout_of(&stale, &name_of(&there)).await.assert_status(204);
        let old = app.registered("fay").await;
        app.clock.advance(400 * 86_400);
        logout_of(&old, &name_of(&there)).await.assert_status(204);
        // The other cookie's session, which `If-Match` does not name, stays active.
        let (bob, carol) = (app.registered("bob").await, app.registered("carol").await);
        let (both, request) = with_both(&app, &bob, &carol);
        let request = request.header("if-match", name_of(&carol));
        both.send(request, Body::empty()).await.assert_status(204);
        carol.refresh().await.assert_problem(401, "invalid_grant");
        bob.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_logout_that_names_no_session_changes_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let name = name_of(&alice);
        let bare = name.trim_matches('"');
        for malformed in
            ["", "*", "\"\"", "\"here\"", bare, &format!("W/{name}"), &format!("{name}, {name}")]
        {
            logout_of(&alice, malformed).await.assert_problem(400, "malformed_request");
        }
        let twice = alice.request(Method::POST, path::LOGOUT);
        let twice = twice.header("if-match", &name).header("if-match", &name);
        alice.send(twice, Body::empty()).await.assert_problem(400, "malformed_request");
        alice.refresh().await.assert_ok();
    })
    .await;
}

/// A logout with an access token, and with the browser's cookies.
async fn logout_with(browser: &Browser, access_token: &str, expected: Option<&str>) -> Answer {
    let mut request = browser.request(Method::POST, path::LOGOUT);
    request = request.header("authorization", format!("Bearer {access_token}"));
    if let Some(expected) = expected {
        request = request.header("if-match", expected);
    }
    browser.send(request, Body::empty()).await
}

/// The cookie was blocked, cleared, or has expired before the token.
#[tokio::test]
async fn without_its_cookie_a_logout_revokes_the_session_of_its_access_token() {
    on_every_store(async |app| {
        for age in [0, 3_600] {
            let alice = app.registered(&format!("alice-{age}")).await;
            app.clock.advance(age);
            let answer = logout_with(&app.browser(), &alice.access_token(), None).await;
            answer.assert_status(204);
            assert_eq!(answer.header("session-ended"), Some("?1"), "after {age} s");
            alice.me().await.assert_problem(401, "invalid_token");
            alice.refresh().await.assert_problem(401, "invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn a_logout_that_names_no_session_says_so() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let mut forged = alice.access_token();
        let end = forged.split_off(forged.len() - 8);
        forged.push_str(&end.chars().rev().collect::<String>());
        for token in [forged.as_str(), "", "garbage", &alice.refresh_token()] {
            let answer = logout_with(&app.browser(), token, None).await;
            answer.assert_status(204);
            assert_eq!(answer.header("session-ended"), Some("?0"), "{token}");
        }
        // A genuine token, but not of the session in `If-Match`.
        let answer = logout_with(&app.browser(), &alice.access_token(), Some(&name_of(&bob))).await;
        assert_eq!(answer.header("session-ended"), Some("?0"));
        for browser in [alice, bob] {
            browser.refresh().await.assert_ok();
        }
    })
    .await;
}

/// Another login has overwritten the cookie, unknown to this page.
#[tokio::test]
async fn with_anothers_cookie_a_logout_revokes_the_session_of_its_token_alone() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let ticket = bob.refresh_token();
        let answer = logout_with(&bob, &alice.access_token(), Some(&name_of(&alice))).await;
        answer.assert_status(204);
        assert_eq!(answer.header("session-ended"), Some("?1"));
        assert_eq!(bob.refresh_token(), ticket, "the cookie is not alice's, and is kept");
        alice.refresh().await.assert_problem(401, "invalid_grant");
        bob.refresh().await.assert_ok();
    })
    .await;
}

/// RFC 7009 section 2.1: the holder of a token may revoke it.
#[tokio::test]
async fn an_expired_access_token_can_be_revoked() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(3_600);
        let token = format!("token={}", alice.access_token());
        form(&app, path::REVOKE, None, &token).await.assert_ok();
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}
