//! The middleware, from its clients' view: each response whole, and the claims that the handler gets.

use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tower::Layer as _;
use verifier::axum::{Bearer, BearerFor, Demand, RequireToken};

use crate::support::log::Log;
use crate::support::service::{Answer, INVALID, NO_ERROR, Service, bare};
use crate::support::world::{JWKS, LIST, Reply, World, list_token};
use crate::support::{IAT, SUB};

async fn plain() -> (World, Service) {
    let world = World::new().await;
    let service = Service::behind(RequireToken::from(&world.service));
    (world, service)
}

#[tokio::test(start_paused = true)]
async fn a_handler_learns_whom_a_valid_token_speaks_for() {
    let (world, service) = plain().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = service.ask(&format!("{scheme} {}", world.token())).await;
        assert_eq!((answer.status, answer.body), (200, format!("hello, {SUB}")));
        assert_eq!(answer.headers.iter().find(|(name, _)| name == "www-authenticate"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_token_the_challenge_names_no_error() {
    let (world, service) = plain().await;
    let nothing = service.send(bare().body(Body::empty()).expect("a request")).await;
    nothing.assert_refused(401, "invalid_token", NO_ERROR);
    for other in ["Basic YTpi", "DPoP abc", "Bearerx", ""] {
        service.ask(other).await.assert_refused(401, "invalid_token", NO_ERROR);
    }
    assert_eq!((service.calls(), world.all_requests()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_good_is_refused_and_never_quoted() {
    let (world, service) = plain().await;
    let mut tampered = world.token();
    tampered.pop();
    for token in ["", "MARK", " MARK", "MARK.MARK.MARK", &format!("{} ", world.token()), &tampered]
    {
        let answer = service.ask(&format!("Bearer {token}")).await;
        answer.assert_refused(401, "invalid_token", INVALID);
        assert!(!answer.body.contains("MARK"));
    }
    let mut expired = world.claims();
    expired["exp"] = json!(IAT);
    service.ask_with(&expired).await.assert_refused(401, "invalid_token", INVALID);
    assert_eq!(service.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_comes_once_and_in_its_header_alone() {
    let (world, service) = plain().await;
    let bearer = format!("Bearer {}", world.token());
    let twice = bare().header("authorization", &bearer).header("authorization", &bearer);
    let answer = service.send(twice.body(Body::empty()).expect("a request")).await;
    answer.assert_refused(400, "malformed_request", Some("Bearer error=\"invalid_request\""));
    let unreadable = bare().header("authorization", &b"Bearer \xff"[..]);
    let answer = service.send(unreadable.body(Body::empty()).expect("a request")).await;
    answer.assert_refused(400, "malformed_request", Some("Bearer error=\"invalid_request\""));
    let in_query = Request::get(format!("/?access_token={}", world.token()));
    let answer = service.send(in_query.body(Body::empty()).expect("a request")).await;
    answer.assert_refused(401, "invalid_token", NO_ERROR);
    let in_body = Request::post("/form")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("access_token={}", world.token())));
    let answer = service.send(in_body.expect("a request")).await;
    answer.assert_refused(401, "invalid_token", NO_ERROR);
    let in_cookie = bare().header("cookie", format!("access_token={}", world.token()));
    let answer = service.send(in_cookie.body(Body::empty()).expect("a request")).await;
    answer.assert_refused(401, "invalid_token", NO_ERROR);
    assert_eq!(service.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_verified_is_503_and_never_accepted() {
    let (world, service) = plain().await;
    world.respond(JWKS, Reply::status(500));
    let bearer = format!("Bearer {}", world.token());
    let answer = service.ask(&bearer).await;
    answer.assert_refused(503, "temporarily_unavailable", None);
    assert_eq!(answer.header("retry-after"), Some("2"));
    world.respond(JWKS, crate::support::world::our_keys());
    world.advance(2).await;
    assert_eq!(service.ask(&bearer).await.status, 200);
    let listed = format!("Bearer {}", world.token_at(&world.list_uri(), 3));
    service.ask(&listed).await.assert_refused(503, "temporarily_unavailable", None);
    world.respond(LIST, Reply::ok(list_token(&world.list_claims(0b1000))));
    world.advance(2).await;
    service.ask(&listed).await.assert_refused(401, "invalid_token", INVALID);
    assert_eq!(service.calls(), 1);
}

struct NoDemand;

impl Demand for NoDemand {}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_not_behind_the_layer_accepts_no_token() {
    let world = World::new().await;
    let authorization = format!("Bearer {}", world.token());
    let bearer = Service::open(|Bearer(token)| token);
    let bearer_for = Service::open(|BearerFor { token, .. }: BearerFor<NoDemand>| token);
    for open in [bearer, bearer_for] {
        open.ask(&authorization).await.assert_refused(500, "internal_error", None);
        assert_eq!(open.calls(), 0);
    }
    assert_eq!(world.all_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_repeats_the_request_id_of_the_gateway() {
    let (_world, service) = plain().await;
    let id_of = |answer: Answer| {
        let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
        problem["request_id"].as_str().map(str::to_owned)
    };
    for (sent, repeated) in
        [("abc-123", "abc-123"), (&"x".repeat(128), &"x".repeat(128)), (&"x".repeat(129), "")]
    {
        let request = bare().header("x-request-id", sent).body(Body::empty()).expect("a request");
        assert_eq!(id_of(service.send(request).await).as_deref(), Some(repeated));
    }
    let unnamed = bare().body(Body::empty()).expect("a request");
    assert_eq!(id_of(service.send(unnamed).await).as_deref(), Some(""));
}

/// Is never ready.
#[derive(Clone)]
struct Busy;

impl tower::Service<Request<Body>> for Busy {
    type Response = ();
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<(), Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        std::future::ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn the_layer_propagates_the_back_pressure_of_its_service() {
    let world = World::new().await;
    let mut guarded = RequireToken::from(&world.service).layer(Busy);
    let mut context = Context::from_waker(Waker::noop());
    assert!(tower::Service::poll_ready(&mut guarded, &mut context).is_pending());
}

#[tokio::test(start_paused = true)]
async fn the_log_has_the_reason_and_never_a_token() {
    let (log, world) = (Log::begin(), World::new().await);
    let service = Service::behind(RequireToken::from(&world.service));
    assert_eq!(service.ask("Bearer no-token").await.status, 401);
    assert!(log.text().contains("DEBUG") && log.text().contains("token.refused"), "{}", log.text());
    world.respond(JWKS, Reply::status(500));
    assert_eq!(service.ask(&format!("Bearer {}", world.token())).await.status, 503);
    assert!(log.text().contains("ERROR"), "{}", log.text());
    assert!(log.text().contains("token.not_judged"), "{}", log.text());
    assert!(!log.text().contains("no-token") && !log.text().contains(&world.token()));
}
