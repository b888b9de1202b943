//! Garbage in any field of any call, on every engine: a 4xx, never a 5xx.

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::path;

use crate::support::{Answer, Browser, PASSWORD, TestApp, on_every_store_with};

const GARBAGE: [&str; 14] = [
    // PostgreSQL stores no NUL in a text.
    "\u{0}",
    "a\u{0}@example.com",
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
    "\u{ffff}",
];
const NEW: &str = "marble heron beyond tuesday";

/// Every call with a JSON body, with this text in each text member.
fn json_calls(bad: &str) -> Vec<(Method, &'static str, Value)> {
    let email = "alice@example.com";
    let (post, put) = (|| Method::POST, || Method::PUT);
    vec![
        (post(), path::LOGIN, json!({"email": bad, "password": bad})),
        (post(), path::LOGIN, json!({"email": email, "password": bad})),
        (post(), path::REGISTER, json!({"email": bad, "password": PASSWORD})),
        (post(), path::REGISTER, json!({"email": "bob@example.com", "password": bad})),
        (post(), path::REGISTER, json!({"email": email, "password": PASSWORD, "name": bad})),
        (post(), path::CONFIRM, json!({"password": bad})),
        (put(), path::PASSWORD, json!({"current_password": bad, "new_password": NEW})),
        (put(), path::PASSWORD, json!({"current_password": PASSWORD, "new_password": bad})),
    ]
}

#[track_caller]
fn assert_clients_fault(answer: &Answer, bad: &str) {
    assert!(answer.status.is_client_error(), "{bad:?}: {answer:?}");
}

/// As a JSON member, and as the whole body.
async fn in_bodies(alice: &Browser, bad: &str) {
    for (method, path, body) in json_calls(bad) {
        assert_clients_fault(&alice.call(method.clone(), path, Some(body)).await, bad);
        let raw = alice.request(method, path).header("content-type", "application/json");
        let raw = raw.header("authorization", format!("Bearer {}", alice.access_token()));
        assert_clients_fault(&alice.send(raw, Body::from(bad.to_owned())).await, bad);
    }
    // Some of these are valid names.
    let name = alice.call(Method::PUT, path::NAME, Some(json!({"name": bad}))).await;
    assert!(!name.status.is_server_error(), "{bad:?}: {name:?}");
}

/// In queries and paths, raw and percent-encoded.
async fn in_addresses(alice: &Browser, bad: &str) {
    let encoded: String = bad.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let events = path::EVENTS;
    for address in [
        format!("{events}?before={encoded}"),
        format!("{events}?kind={encoded}"),
        format!("{events}?{encoded}"),
        format!("{}/{encoded}", path::SESSIONS),
        format!("/status-lists/{encoded}"),
        format!("/assets/{encoded}"),
        format!("/api/{encoded}"),
    ] {
        let method = if address.contains("sessions") { Method::DELETE } else { Method::GET };
        let answer = alice.call(method, &address, None).await;
        // Unknown query parameters are ignored.
        let ignored = address == format!("{events}?{encoded}") && answer.status == 200;
        assert!(ignored || answer.status.is_client_error(), "{address}: {answer:?}");
    }
}

/// In forms, and as client credentials (HTTP Basic).
async fn in_forms(alice: &Browser, bad: &str) {
    let encoded: String = bad.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for who in [format!("{encoded}:{encoded}"), format!("{bad}:{bad}"), bad.to_owned()] {
        let basic = format!("Basic {}", STANDARD.encode(who));
        let request = alice.request(Method::POST, path::INTROSPECT).header("authorization", basic);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = alice.send(request, Body::from(format!("token={encoded}"))).await;
        assert_clients_fault(&answer, bad);
    }
    for body in [format!("token={encoded}"), bad.to_owned(), format!("{encoded}={encoded}")] {
        let request = alice.request(Method::POST, path::REVOKE);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = alice.send(request, Body::from(body)).await;
        // RFC 7009 section 2.2: an invalid token revokes no session and is no error.
        assert!(answer.status == 200 || answer.status.is_client_error(), "{bad:?}: {answer:?}");
    }
}

async fn in_headers(app: &TestApp, bad: &str) {
    let Ok(value) = HeaderValue::from_bytes(bad.as_bytes()) else { return };
    let headers = ["authorization", "cookie", "idempotency-key", "origin", "sec-fetch-site"];
    let who = ["content-type", "user-agent", "x-forwarded-for", "host", "accept", "if-none-match"];
    for header in headers.into_iter().chain(who) {
        let browser = app.browser();
        let request = browser.request(Method::POST, path::REFRESH).header(header, value.clone());
        assert_clients_fault(&browser.send(request, Body::empty()).await, bad);
    }
}

/// Without rate limits, so that each call reaches its handler.
#[tokio::test]
async fn garbage_anywhere_is_the_clients_fault() {
    on_every_store_with(&["--limits", "off"], async |app| {
        let alice = app.registered("alice").await;
        for bad in GARBAGE {
            in_bodies(&alice, bad).await;
            in_addresses(&alice, bad).await;
            in_forms(&alice, bad).await;
            in_headers(&app, bad).await;
        }
        alice.me().await.assert_ok();
        alice.refresh().await.assert_ok();
    })
    .await;
}
