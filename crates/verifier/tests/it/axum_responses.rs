//! A service's own realm and problem types, in the refusals of the layer and of its extractors.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use serde_json::Value;
use verifier::IdempotencyKey;
use verifier::axum::{Bearer, BearerFor, Demand, RequireToken};

use crate::support::service::{Answer, Service, bare};
use crate::support::{claims, own_issuer};

fn layer() -> RequireToken {
    RequireToken::from(&own_issuer())
        .realm("my notes")
        .problem_types("https://api.example/problems/")
}

fn problem_type(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
    problem["type"].as_str().expect("a type").to_owned()
}

async fn without_token(service: &Service) -> Answer {
    service.send(bare().body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_service_names_its_realm_and_its_problem_types() {
    let handler = |_: Bearer| async {};
    for layer in [layer(), layer().optional()] {
        let service = Service::of(Router::new().route("/", get(handler)).layer(layer));
        let answer = without_token(&service).await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"my notes\""));
        assert_eq!(problem_type(&answer), "https://api.example/problems/invalid_token");
    }
}

struct Editor;

impl Demand for Editor {
    const SCOPES: &[&str] = &["notes:write"];
}

#[tokio::test]
async fn extractors_refuse_as_the_layer_does() {
    let edit = |_: BearerFor<Editor>| async {};
    let service = Service::of(Router::new().route("/", get(edit)).layer(layer()));
    let answer = service.ask_with(&claims()).await;
    assert_eq!(problem_type(&answer), "https://api.example/problems/insufficient_scope");

    let keyed = |_: Option<IdempotencyKey>| async {};
    let request = || bare().header("idempotency-key", "short").body(Body::empty()).expect("it");
    let service = Service::of(Router::new().route("/", get(keyed)).layer(layer().optional()));
    let answer = service.send(request()).await;
    assert_eq!(problem_type(&answer), "https://api.example/problems/malformed_request");
    // Without the layer there are no words but the usual ones.
    let answer = Service::of(Router::new().route("/", get(keyed))).send(request()).await;
    assert_eq!(problem_type(&answer), "urn:baton:problem:malformed_request");
}

#[test]
fn a_realm_that_would_need_escapes_panics_at_startup() {
    let made = |realm: &'static str| {
        let layer = RequireToken::from(&own_issuer());
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| layer.realm(realm))).is_ok()
    };
    for realm in ["quo\"te", "back\\slash", "é", "line\n", "\t", "\u{7f}"] {
        assert!(!made(realm), "{realm:?}");
    }
    for realm in ["", "notes", "my notes", "https://api.example/?a='b'"] {
        assert!(made(realm), "{realm:?}");
    }
}
