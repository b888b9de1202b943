//! The API surface: paths and methods, size limits, and authentication with a bearer token.

mod garbage;

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use shared::path;

use crate::support::{PASSWORD, TestApp};

/// Every public path with its methods. Those that want an access token come last.
const OPEN: [(&str, &str); 16] = [
    (path::REGISTER, "POST"),
    (path::LOGIN, "POST"),
    (path::REFRESH, "POST"),
    (path::LOGOUT, "POST"),
    (path::CONFIRM, "POST"),
    (path::REVOKE, "POST"),
    (path::INTROSPECT, "POST"),
    (path::NATIVE_LOGIN, "POST"),
    (path::TOKEN, "POST"),
    (path::JWKS, "GET,HEAD"),
    (path::METADATA, "GET,HEAD"),
    (path::WHOLE_STATUS_LIST, "GET,HEAD"),
    ("/status-lists/1", "GET,HEAD"),
    (path::HEALTH_LIVE, "GET,HEAD"),
    (path::HEALTH_READY, "GET,HEAD"),
    ("/assets/frontend.js", "GET,HEAD"),
];
const PROTECTED: [(&str, &str); 6] = [
    (path::ME, "GET,HEAD,DELETE"),
    (path::PASSWORD, "PUT"),
    (path::NAME, "PUT"),
    (path::SESSIONS, "GET,HEAD,DELETE"),
    ("/api/sessions/01890a5d-ac96-774b-bcce-b302099a8057", "DELETE"),
    (path::EVENTS, "GET,HEAD"),
];

#[tokio::test]
async fn a_method_that_is_not_declared_is_405_with_allow() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    for (path, allow) in OPEN.into_iter().chain(PROTECTED) {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::TRACE,
        ] {
            if allow.split(',').any(|one| one == method.as_str()) {
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
        "/status-lists",
        "/status-lists/",
        "/status-lists/1/",
        "/status-lists/1/2",
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

/// Bodies are JSON objects: an array of the members' values is malformed.
#[tokio::test]
async fn an_array_is_no_body_however_well_it_fits() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (email, other) = ("alice@example.com", "correct horse under glass");
    for (method, path, body) in [
        (Method::POST, path::REGISTER, json!(["bob@example.com", PASSWORD, "Bob"])),
        (Method::POST, path::LOGIN, json!([email, PASSWORD])),
        (Method::POST, path::CONFIRM, json!([PASSWORD])),
        (Method::PUT, path::PASSWORD, json!([PASSWORD, other])),
        (Method::PUT, path::NAME, json!(["Bob"])),
    ] {
        let answer = alice.call(method, path, Some(body)).await;
        answer.assert_problem(400, "malformed_request");
        assert!(answer.set_cookies().is_empty(), "{path}");
    }
}

/// RFC 9112 section 3.2: a request without exactly one `Host` is a 400.
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

/// RFC 6750 section 2: only one valid access token in one bearer header is accepted; the 401 carries the challenge.
#[tokio::test]
async fn every_protected_call_wants_a_token() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (good, ticket) = (alice.access_token(), alice.refresh_token());
    let mut cut = good.clone();
    cut.pop();
    let wrong = [
        String::new(),
        good.clone(),
        "Bearer".to_owned(),
        "Bearer garbage".to_owned(),
        format!("Bearer {ticket}"),
        format!("Bearer {cut}"),
        format!("Bearer {good} {good}"),
        format!("Basic {good}"),
    ];
    for (path, methods) in PROTECTED {
        for method in methods.split(',') {
            let call = |path: &str| {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let request = alice.request(method, path);
                // The token where a cookie or a form would put it.
                request.header("content-type", "application/json").header("x-access-token", &good)
            };
            let both = format!("Bearer {good}");
            let twice = call(path).header("authorization", &both).header("authorization", &both);
            let in_query = call(&format!("{path}?access_token={good}"));
            let requests = wrong.iter().map(|it| call(path).header("authorization", it.as_str()));
            for request in requests.chain([call(path), twice, in_query]) {
                let answer = alice.send(request, Body::from("{}")).await;
                answer.assert_status(401);
                let challenge = answer.header("www-authenticate");
                assert_eq!(challenge, Some("Bearer error=\"invalid_token\""), "{method} {path}");
                assert!(answer.set_cookies().is_empty());
            }
        }
    }
    // No refused request took effect.
    alice.me().await.assert_ok();
    alice.refresh().await.assert_ok();
}
