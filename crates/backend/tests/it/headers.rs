//! Security headers of every response: HSTS, caching, CORS, request ids.

use axum::body::Body;
use axum::http::Method;
use shared::path;

use crate::support::{TestApp, settings};

/// Headers of every response, over http and https alike.
pub(crate) const EVERYWHERE: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
pub(crate) const OVER_TLS: (&str, &str) =
    ("strict-transport-security", "max-age=31536000; includeSubDomains");

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    for path in [path::ME, path::JWKS, path::HEALTH_LIVE, "/api/nothing", "/nothing", path::LOGIN] {
        let answer = browser.get(path).await;
        for (name, value) in EVERYWHERE {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), None, "never over plain HTTP");
    }
}

#[tokio::test]
async fn over_tls_hsts_is_sent_for_a_year() {
    let app = TestApp::with(&["--origin", "https://login.example.com"]).await;
    let answer = app.browser().get(path::HEALTH_LIVE).await;
    assert_eq!(answer.header(OVER_TLS.0), Some(OVER_TLS.1));
    assert!(
        settings(&["--origin", "https://login.example.com"]).expect("settings").origin.is_tls()
    );
}

/// HSTS binds a host with all its ports: on `localhost` it would force https on every other program.
#[tokio::test]
async fn a_loopback_origin_binds_no_other_port_to_https() {
    for origin in ["https://localhost", "https://localhost:3443", "https://127.0.0.1:3443"] {
        let app = TestApp::with(&["--origin", origin]).await;
        let answer = app.browser().get(path::HEALTH_LIVE).await;
        answer.assert_ok();
        assert_eq!(answer.header(OVER_TLS.0), None, "{origin}");
    }
}

/// ASVS V14.3.2: `no-store`, so that no cache on the way holds user data.
#[tokio::test]
async fn no_answer_of_the_api_is_stored() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    for answer in [
        alice.me().await,
        alice.refresh().await,
        alice.get("/api/nothing").await,
        alice.get(path::LOGIN).await,
        alice.login("alice", "wrong").await,
        alice.logout().await,
    ] {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    }
}

#[tokio::test]
async fn every_answer_is_named_and_a_name_the_client_sends_is_not_used() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    let request = browser.request(Method::GET, path::ME).header("x-request-id", "forged");
    let answer = browser.send(request, Body::empty()).await;
    let id = answer.header("x-request-id").expect("an id");
    assert!(id.len() == 16 && id.chars().all(|c| c.is_ascii_hexdigit()));
    assert_ne!(browser.get(path::ME).await.header("x-request-id"), Some(id));
}

#[tokio::test]
async fn other_origins_are_not_allowed_by_cors() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    let preflight = browser
        .request(Method::OPTIONS, path::REFRESH)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "idempotency-key");
    let answer = browser.send(preflight, Body::empty()).await;
    answer.assert_problem(405, "method_not_allowed");
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
}
