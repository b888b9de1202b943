//! The `Idempotency-Key` extractor, and what makes two requests the same.

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, Request};
use axum::routing::post;
use serde_json::{Value, json};
use verifier::{AccessToken, IdempotencyKey};

use crate::support::service::{Answer, Service};
use crate::support::{b64, claims_with, token_with_payload, verify};

const KEY: &str = "0123456789abcdef";

/// Its handler returns the key of the request.
fn service() -> Service {
    let tell = |key: Option<IdempotencyKey>, _: String| async move {
        key.map_or_else(|| "none".to_owned(), |key| b64(key.hash()))
    };
    Service::of(Router::new().route("/", post(tell)))
}

fn key() -> IdempotencyKey {
    IdempotencyKey::parse(KEY).expect("a key")
}

fn bare() -> Builder {
    Request::post("/")
}

async fn send(request: Builder) -> Answer {
    service().send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_request_may_have_a_key() {
    let none = send(bare()).await;
    assert_eq!((none.status, &*none.body), (200, "none"));
    let quoted = format!("\"{KEY}\"");
    for value in [KEY, &quoted] {
        let answer = send(bare().header("idempotency-key", value)).await;
        assert_eq!((answer.status, answer.body), (200, b64(key().hash())), "{value}");
    }
}

#[tokio::test]
async fn a_malformed_key_is_an_error_and_no_absent_one() {
    let long = "a".repeat(129);
    let values: [&[u8]; 6] = [
        b"",
        b"0123456789abcde",
        b"\"0123456789abcde\"",
        b"0123456789abcdef 0123456789abcdef",
        b"0123456789abcdef\xe9",
        long.as_bytes(),
    ];
    for value in values {
        let answer = send(bare().header("idempotency-key", value)).await;
        answer.assert_refused(400, "malformed_request", None);
        let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
        let detail = problem["detail"].as_str().expect("what is wrong");
        assert!(detail.contains("`Idempotency-Key`"), "{detail}");
    }
}

#[tokio::test]
async fn of_two_keys_none_counts() {
    for second in [KEY, "fedcba9876543210", ""] {
        let twice = bare().header("idempotency-key", KEY).header("idempotency-key", second);
        send(twice).await.assert_refused(400, "malformed_request", None);
    }
}

#[tokio::test]
async fn a_refused_key_names_the_request() {
    let request = bare().header("idempotency-key", "short").header("x-request-id", "seven");
    let answer = send(request).await;
    assert!(answer.body.contains(r#""request_id":"seven""#), "{}", answer.body);
}

fn hash(caller: &AccessToken, method: &Method, path: &str, body: &str) -> [u8; 32] {
    key().request_hash_for(caller, method, path, body.as_bytes())
}

fn caller(name: &str, value: Value) -> AccessToken {
    verify(&token_with_payload(claims_with(name, value))).expect("a good token")
}

#[test]
fn a_request_is_the_same_for_the_same_user_method_path_and_body() {
    let alice = caller("jti", json!("first"));
    let one = hash(&alice, &Method::POST, "/payments", "10");
    assert_eq!(one, hash(&alice, &Method::POST, "/payments", "10"));
    // The same user with a refreshed token, and after another login.
    let next = caller("jti", json!("second"));
    let again = caller("sid", json!("01890a5d-ac96-774b-bcce-b302099a8059"));
    for caller in [&next, &again] {
        assert_eq!(one, hash(caller, &Method::POST, "/payments", "10"));
    }

    let bob = caller("sub", json!("01890a5d-ac96-774b-bcce-b302099a805a"));
    let elsewhere = AccessToken { iss: "https://elsewhere.example".to_owned(), ..alice.clone() };
    for (caller, method, path, body) in [
        (&bob, &Method::POST, "/payments", "10"),
        (&elsewhere, &Method::POST, "/payments", "10"),
        (&alice, &Method::PUT, "/payments", "10"),
        (&alice, &Method::POST, "/payments/1", "10"),
        (&alice, &Method::POST, "/payments", "11"),
    ] {
        assert_ne!(one, hash(caller, method, path, body), "{method} {path} {body}");
    }
    let other = IdempotencyKey::parse("fedcba9876543210").expect("a key");
    assert_ne!(one, other.request_hash_for(&alice, &Method::POST, "/payments", b"10"));
}
