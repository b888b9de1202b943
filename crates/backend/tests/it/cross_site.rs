//! CSRF: a state-changing call without proof of same origin is refused and changes no state.

use axum::body::Body;
use axum::http::{Method, Request, request::Builder};
use serde_json::json;
use shared::SessionId;
use shared::path::{self, REFRESH_COOKIE};

use crate::support::{Answer, Browser, Log, ORIGIN, PASSWORD, TestApp};

const NEW: &str = "marble heron beyond tuesday";

/// A state-changing call with these headers and no others of a browser.
fn bare(path: &str, headers: &[(&str, &str)]) -> Builder {
    let request = Request::post(path).header("host", "localhost:3000");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

async fn refresh(browser: &Browser, headers: &[(&str, &str)]) -> Answer {
    browser.send(bare(path::REFRESH, headers), Body::empty()).await
}

const REFUSED: [&[(&str, &str)]; 12] = [
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "none")],
    &[("sec-fetch-site", "Same-Origin")],
    &[("sec-fetch-site", "")],
    &[("sec-fetch-site", "cross-site"), ("origin", ORIGIN)],
    &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
    &[("sec-fetch-site", "same-origin"), ("origin", "null")],
    &[("origin", "null")],
    &[("origin", "http://localhost:3001")],
    &[("origin", "http://localhost:3000.evil.example")],
    &[("origin", ORIGIN), ("origin", "https://evil.example")],
];

const ALLOWED: [&[(&str, &str)]; 5] = [
    &[("sec-fetch-site", "same-origin")],
    &[("sec-fetch-site", "same-origin"), ("origin", ORIGIN)],
    &[("sec-fetch-site", "none"), ("origin", ORIGIN)],
    &[("origin", ORIGIN)],
    &[],
];

#[tokio::test]
async fn a_cross_site_refresh_does_not_rotate() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let before = alice.refresh_token();
    for headers in REFUSED {
        let answer = refresh(&alice, headers).await;
        answer.assert_problem(403, "cross_site");
        assert_eq!(answer.json()["accepted_origin"], ORIGIN, "the page names it");
        assert!(answer.set_cookies().is_empty(), "{headers:?}");
    }
    assert_eq!(alice.refresh_token(), before);
    // Had one of them rotated the token, this would be a replay.
    alice.refresh().await.assert_ok();
}

/// A client that comes by another name of this machine keeps its cookies under that name.
#[tokio::test]
async fn a_call_by_another_loopback_name_that_fails_names_the_origin() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    for (host, is_named) in [
        ("127.0.0.1:3000", true),
        ("[::1]:3000", true),
        ("localhost:3000", false),
        ("127.0.0.1:3001", false),
        ("evil.example:3000", false),
    ] {
        let call = async |browser: &Browser, method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path).header("host", host);
            browser.send(request, Body::empty()).await
        };
        let stranger = app.browser();
        for (method, path, status, code) in [
            (Method::POST, path::REFRESH, 401, "invalid_grant"),
            (Method::GET, path::ME, 401, "invalid_token"),
            (Method::GET, "/api/nothing", 404, "not_found"),
            (Method::GET, path::LOGIN, 405, "method_not_allowed"),
        ] {
            let answer = call(&stranger, method, path).await;
            answer.assert_problem(status, code);
            let named = answer.json().get("accepted_origin").cloned();
            assert_eq!(named, is_named.then(|| json!(ORIGIN)), "{host} {path}");
        }
        // What succeeds, succeeds by any name.
        call(&alice, Method::POST, path::REFRESH).await.assert_ok();
    }
}

/// A proxy may write `Host`. A page at the origin must not be sent to where it is.
#[tokio::test]
async fn a_call_from_the_origin_or_through_a_proxy_that_fails_names_no_other() {
    let app = TestApp::in_memory().await;
    for (header, value, is_named) in [
        ("origin", ORIGIN, false),
        ("x-forwarded-for", "127.0.0.1", false),
        ("via", "1.1 proxy", false),
        ("accept", "*/*", true),
    ] {
        let request = Request::get(path::ME).header("host", "127.0.0.1:3000");
        let answer = app.browser().send(request.header(header, value), Body::empty()).await;
        answer.assert_problem(401, "invalid_token");
        let named = answer.json().get("accepted_origin").cloned();
        assert_eq!(named, is_named.then(|| json!(ORIGIN)), "{header}");
    }
}

/// A line that the log filter keeps is found by the request id.
#[tokio::test]
async fn a_refusal_is_logged_with_the_cause_and_the_id_that_the_user_is_asked_to_quote() {
    const NO_TEXT: &[(&str, &str)] = &[("origin", ORIGIN), ("origin", ORIGIN)];
    let app = TestApp::in_memory().await;
    for filter in ["info", "warn", "backend::http=warn"] {
        for (headers, cause) in [
            (&[("origin", "http://127.0.0.1:3000")][..], "another origin"),
            (&[("origin", "null")], "origin null"),
            (&[("sec-fetch-site", "same-site")], "sec-fetch-site"),
            (NO_TEXT, "unreadable headers"),
        ] {
            let (log, _listening) = Log::filtered(filter);
            let answer = refresh(&app.browser(), headers).await;
            answer.assert_problem(403, "cross_site");
            let line = log.objects().pop().expect("a line");
            assert_eq!(line["fields"]["event"], "cross_site_refused", "{filter}: {line}");
            assert_eq!(line["fields"]["cause"], cause);
            assert_eq!(line["span"]["id"], answer.json()["request_id"], "{filter}: {line}");
        }
    }
}

#[tokio::test]
async fn a_call_from_this_origin_or_from_no_browser_is_allowed() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    for headers in ALLOWED {
        refresh(&alice, headers).await.assert_ok();
    }
}

#[tokio::test]
async fn every_state_changing_call_is_guarded() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let credentials = json!({"email": "alice@example.com", "password": PASSWORD}).to_string();
    for path in [path::REGISTER, path::LOGIN, path::REFRESH, path::LOGOUT] {
        let request =
            bare(path, &[("sec-fetch-site", "cross-site"), ("content-type", "application/json")]);
        let answer = alice.send(request, Body::from(credentials.clone())).await;
        answer.assert_problem(403, "cross_site");
        assert!(
            answer.set_cookies().is_empty() && answer.header("clear-site-data").is_none(),
            "{path}"
        );
    }
    let session = path::session(SessionId::from_bytes([7; 16]));
    for (method, path, body) in [
        (Method::POST, path::CONFIRM, json!({"password": PASSWORD})),
        (Method::PUT, path::PASSWORD, json!({"current_password": PASSWORD, "new_password": NEW})),
        (Method::PUT, path::NAME, json!({"name": "Mallory"})),
        (Method::DELETE, path::ME, json!(null)),
        (Method::DELETE, path::SESSIONS, json!(null)),
        (Method::DELETE, session.as_str(), json!(null)),
    ] {
        let request = Request::builder().method(method.clone()).uri(path);
        let request =
            request.header("host", "localhost:3000").header("sec-fetch-site", "cross-site");
        let request = request.header("authorization", format!("Bearer {}", alice.access_token()));
        let request = request.header("content-type", "application/json");
        let answer = alice.send(request, Body::from(body.to_string())).await;
        answer.assert_problem(403, "cross_site");
        let silent = answer.set_cookies().is_empty() && answer.header("clear-site-data").is_none();
        assert!(silent, "{method} {path}");
    }
    // Any page can send a cross-site form. Introspection changes no state and is guarded all the same.
    for path in [path::REVOKE, path::INTROSPECT] {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let request = bare(path, &[("sec-fetch-site", "cross-site"), form]);
        let answer = alice.send(request, format!("token={}", alice.refresh_token()).into()).await;
        answer.assert_problem(403, "cross_site");
    }
    assert!(alice.cookie(REFRESH_COOKIE).is_some());
    alice.refresh().await.assert_ok();
    assert_eq!(alice.me().await.json()["user"]["name"], "alice");
    app.logged_in("alice").await;
}
