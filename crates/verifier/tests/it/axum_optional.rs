//! Calls that a user may make with or without a token: an absent one is no caller, a bad one is an error.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use serde_json::json;
use verifier::axum::{Bearer, BearerFor, Demand, RequireToken};

use crate::support::service::{Answer, INVALID, NO_ERROR, Service, bare};
use crate::support::{NOW, SUB, claims, forged, own_issuer};

fn optional() -> RequireToken {
    RequireToken::from(&own_issuer()).optional()
}

async fn greet(bearer: Option<Bearer>) -> String {
    bearer.map_or_else(|| "hello".to_owned(), |Bearer(token)| format!("hello, {}", token.sub))
}

fn greeter(layer: RequireToken) -> Service {
    Service::of(Router::new().route("/", get(greet)).layer(layer))
}

async fn without_token(service: &Service) -> Answer {
    service.send(bare().body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn an_anonymous_caller_and_a_user_are_both_served() {
    let service = greeter(optional());
    let visitor = without_token(&service).await;
    assert_eq!((visitor.status, visitor.body.as_str()), (200, "hello"));
    let user = service.ask_with(&claims()).await;
    assert_eq!((user.status, user.body), (200, format!("hello, {SUB}")));
}

#[tokio::test]
async fn a_bad_token_is_an_error_and_no_absent_one() {
    let service = greeter(optional());
    for bad in ["Bearer", "Bearer ", "Bearer MARK", &format!("Bearer {}", forged(&claims()))] {
        service.ask(bad).await.assert_refused(401, "invalid_token", INVALID);
    }
    let mut expired = claims();
    expired["exp"] = json!(NOW.0);
    service.ask_with(&expired).await.assert_refused(401, "invalid_token", INVALID);
    // Credentials of another scheme are not absent, either.
    for other in ["Basic YTpi", ""] {
        service.ask(other).await.assert_refused(401, "invalid_token", NO_ERROR);
    }
    let twice = bare().header("authorization", "Bearer a").header("authorization", "Bearer b");
    let answer = service.send(twice.body(Body::empty()).expect("a request")).await;
    answer.assert_refused(400, "malformed_request", Some("Bearer error=\"invalid_request\""));
}

#[tokio::test]
async fn a_handler_that_requires_a_token_refuses_an_anonymous_caller_behind_an_optional_layer() {
    let service = Service::behind(optional());
    without_token(&service).await.assert_refused(401, "invalid_token", NO_ERROR);
    assert_eq!(service.calls(), 0);
    assert_eq!(service.ask_with(&claims()).await.status, 200);
    let service = Service::demanding::<RecentLogin>(optional());
    without_token(&service).await.assert_refused(401, "invalid_token", NO_ERROR);
}

#[tokio::test]
async fn a_layer_that_requires_a_token_is_not_weakened_by_the_handler() {
    let required = || RequireToken::from(&own_issuer());
    without_token(&greeter(required())).await.assert_refused(401, "invalid_token", NO_ERROR);
    let both = greeter(optional()).within(required());
    without_token(&both).await.assert_refused(401, "invalid_token", NO_ERROR);
}

struct RecentLogin;

impl Demand for RecentLogin {
    const RECENT_LOGIN_SECONDS: Option<u32> = Some(300);
}

async fn greet_recent(bearer: Option<BearerFor<RecentLogin>>) -> &'static str {
    if bearer.is_some() { "hello again" } else { "hello" }
}

#[tokio::test]
async fn a_token_that_is_there_has_to_meet_the_demands() {
    let router = Router::new().route("/", get(greet_recent)).layer(optional());
    let service = Service::of(router);
    assert_eq!(without_token(&service).await.body, "hello");
    let mut claims = claims();
    claims["auth_time"] = json!(NOW.0 - 300);
    assert_eq!(service.ask_with(&claims).await.body, "hello again");
    claims["auth_time"] = json!(NOW.0 - 301);
    assert_eq!(service.ask_with(&claims).await.status, 401);

    let service = greeter(optional().scope("notes:write"));
    assert_eq!(without_token(&service).await.status, 200);
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"notes:write\"";
    let answer = service.ask_with(&claims).await;
    answer.assert_refused(403, "insufficient_scope", Some(challenge));
}

#[tokio::test]
async fn without_the_layer_a_missing_token_and_a_valid_one_are_both_500() {
    let service = Service::of(Router::new().route("/", get(greet)));
    without_token(&service).await.assert_refused(500, "internal_error", None);
    service.ask_with(&claims()).await.assert_refused(500, "internal_error", None);
}
