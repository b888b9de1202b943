//! What exists, and with which methods; everything else says so.

use axum::body::Body;
use axum::http::Method;
use shared::{SessionId, path};

use crate::support::TestApp;

#[tokio::test]
async fn a_method_that_is_not_declared_is_405_with_allow() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    for (path, allow) in [
        (path::REGISTER, "POST"),
        (path::LOGIN, "POST"),
        (path::REFRESH, "POST"),
        (path::LOGOUT, "POST"),
        (path::CONFIRM, "POST"),
        (path::ME, "GET,HEAD,DELETE"),
        (path::PASSWORD, "PUT"),
        (path::NAME, "PUT"),
        (path::SESSIONS, "GET,HEAD,DELETE"),
        (&path::session(SessionId::from_bytes([7; 16])), "DELETE"),
        (path::EVENTS, "GET,HEAD"),
        (path::JWKS, "GET,HEAD"),
        (path::HEALTH_LIVE, "GET,HEAD"),
        (path::HEALTH_READY, "GET,HEAD"),
    ] {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::TRACE,
        ] {
            if allow.contains(method.as_str()) {
                continue;
            }
            let answer = browser.send(browser.request(method.clone(), path), Body::empty()).await;
            answer.assert_problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    let app = TestApp::in_memory().await;
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/auth/login/",
        "/api//me",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e%2fCargo.toml",
    ] {
        app.browser().get(path).await.assert_problem(404, "not_found");
    }
}

#[tokio::test]
async fn health_says_live_and_ready() {
    let app = TestApp::in_memory().await;
    app.browser().get(path::HEALTH_LIVE).await.assert_ok();
    app.browser().get(path::HEALTH_READY).await.assert_ok();
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_its_own_status() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    let body = format!("{{\"email\":\"{}\"", "x".repeat(17 * 1024));
    let request =
        browser.request(Method::POST, path::LOGIN).header("content-type", "application/json");
    browser.send(request, Body::from(body)).await.assert_problem(413, "content_too_large");

    browser
        .get(&format!("{}?{}", path::ME, "x".repeat(5 * 1024)))
        .await
        .assert_problem(414, "uri_too_long");

    let request = browser.request(Method::GET, path::ME).header("x-padding", "x".repeat(17 * 1024));
    browser.send(request, Body::empty()).await.assert_problem(431, "header_fields_too_large");
}

/// RFC 9112 section 3.2.
#[tokio::test]
async fn a_request_names_exactly_one_host() {
    let app = TestApp::in_memory().await;
    let request = |hosts: &[&str]| {
        let request = axum::http::Request::get(path::HEALTH_LIVE);
        let request = hosts.iter().fold(request, |request, host| request.header("host", *host));
        request.body(Body::empty()).expect("a request")
    };
    app.send(request(&["localhost"])).await.assert_ok();
    app.send(request(&[])).await.assert_problem(400, "malformed_request");
    app.send(request(&["localhost", "evil.example"]))
        .await
        .assert_problem(400, "malformed_request");
}

/// Garbage in any field is a 4xx, never a 5xx.
#[tokio::test]
async fn garbage_anywhere_is_the_clients_fault() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    let garbage = [
        "\u{0}",
        "\"",
        "%00",
        "\u{202e}",
        "🦀",
        "' OR 1=1 --",
        "{}",
        "null",
        "1e999",
        "\r\n",
        "../..",
        "a\u{300}\u{300}",
    ];
    for bad in garbage {
        for (member, other) in [("email", "password"), ("password", "email")] {
            for path in [path::LOGIN, path::REGISTER] {
                let answer = browser.post(path, serde_json::json!({member: bad, other: bad})).await;
                assert!(answer.status.is_client_error(), "{path} {member} {bad:?}: {answer:?}");
            }
        }
        let raw =
            browser.request(Method::POST, path::LOGIN).header("content-type", "application/json");
        assert!(browser.send(raw, Body::from(bad)).await.status.is_client_error(), "{bad:?}");
        for header in [
            "authorization",
            "cookie",
            "idempotency-key",
            "origin",
            "sec-fetch-site",
            "content-type",
        ] {
            let Ok(value) = axum::http::HeaderValue::from_bytes(bad.as_bytes()) else { continue };
            let request = browser.request(Method::POST, path::REFRESH).header(header, value);
            assert!(
                browser.send(request, Body::empty()).await.status.is_client_error(),
                "{header} {bad:?}"
            );
        }
    }
}
