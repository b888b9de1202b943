//! A service behind the layer, as its clients meet it: each answer whole, and what the handler gets to
//! see.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::request::Builder;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt as _};
use verifier::axum::{Bearer, RequireToken};

use crate::support::log::Log;
use crate::support::world::{JWKS, LIST, Reply, World, list_token};
use crate::support::{AUDIENCE, IAT, OTHER_AUDIENCE, SUB, header, token};

/// A service with one handler, which counts its calls, behind `layer`.
struct Service {
    router: Router,
    calls: Arc<AtomicUsize>,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Service {
    fn behind(layer: RequireToken) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        let hello = move |Bearer(token): Bearer| async move {
            count.fetch_add(1, Ordering::SeqCst);
            format!("hello, {}", token.sub)
        };
        let router =
            Router::new().route("/", get(hello.clone())).route("/form", post(hello)).layer(layer);
        Self { router, calls }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let text = |value: &axum::http::HeaderValue| value.to_str().expect("ASCII").to_owned();
        let headers = parts.headers.iter().map(|(name, it)| (name.to_string(), text(it)));
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        Answer {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body: String::from_utf8(bytes.into()).expect("UTF-8"),
        }
    }

    async fn ask(&self, authorization: &str) -> Answer {
        self.send(bare().header("authorization", authorization).body(Body::empty()).expect("it"))
            .await
    }

    async fn ask_with(&self, claims: &Value) -> Answer {
        let token = token(header().to_string(), claims.to_string());
        self.ask(&format!("Bearer {token}")).await
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn bare() -> Builder {
    Request::get("/")
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A refusal: status, code, challenge; a problem document that nobody stores.
    #[track_caller]
    fn assert_refused(&self, status: u16, code: &str, challenge: Option<&str>) {
        assert_eq!((self.status, self.header("www-authenticate")), (status, challenge));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:baton:problem:{code}"));
        assert!(problem["title"].as_str().is_some_and(|title| title.ends_with('.')));
    }
}

const INVALID: Option<&str> = Some("Bearer error=\"invalid_token\"");

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
    nothing.assert_refused(401, "invalid_token", Some("Bearer"));
    for other in ["Basic YTpi", "DPoP abc", "Bearerx", ""] {
        service.ask(other).await.assert_refused(401, "invalid_token", Some("Bearer"));
    }
    assert_eq!((service.calls(), world.asked_at_all()), (0, 0));
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
    answer.assert_refused(401, "invalid_token", Some("Bearer"));
    let in_body = Request::post("/form")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("access_token={}", world.token())));
    let answer = service.send(in_body.expect("a request")).await;
    answer.assert_refused(401, "invalid_token", Some("Bearer"));
    let in_cookie = bare().header("cookie", format!("access_token={}", world.token()));
    let answer = service.send(in_cookie.body(Body::empty()).expect("a request")).await;
    answer.assert_refused(401, "invalid_token", Some("Bearer"));
    assert_eq!(service.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_audience_may_be_demanded() {
    let world = World::new().await;
    let both = verifier::remote::Issuer::with(
        &world.url,
        [AUDIENCE, OTHER_AUDIENCE],
        verifier::remote::Options::default().clock(|| crate::support::NOW),
    )
    .expect("an issuer");
    let service = Service::behind(RequireToken::from(&both).audience(OTHER_AUDIENCE));
    let mut claims = world.claims();
    service.ask_with(&claims).await.assert_refused(401, "invalid_token", INVALID);
    claims["aud"] = json!([AUDIENCE, OTHER_AUDIENCE]);
    assert_eq!(service.ask_with(&claims).await.status, 200);
    claims["aud"] = json!(["https://elsewhere.example"]);
    service.ask_with(&claims).await.assert_refused(401, "invalid_token", INVALID);
}

#[tokio::test(start_paused = true)]
async fn scopes_may_be_demanded_and_are_named_if_they_are_missing() {
    let world = World::new().await;
    let layer = RequireToken::from(&world.service).scope("notes:read").scope("notes:write");
    let service = Service::behind(layer);
    let mut claims = world.claims();
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"notes:read notes:write\"";
    for scope in [
        None,
        Some(""),
        Some("notes:read"),
        Some("notes:read notes:writer"),
        Some("notes:read Notes:write"),
        Some("notes:read,notes:write"),
        Some("notes:read\tnotes:write"),
    ] {
        if let Some(scope) = scope {
            claims["scope"] = json!(scope);
        }
        let answer = service.ask_with(&claims).await;
        answer.assert_refused(403, "insufficient_scope", Some(challenge));
    }
    for scope in ["notes:read notes:write", "notes:write other notes:read"] {
        claims["scope"] = json!(scope);
        assert_eq!(service.ask_with(&claims).await.status, 200, "{scope}");
    }
}

#[test]
fn a_demand_that_nobody_can_meet_is_a_mistake_at_the_start() {
    let issuer = verifier::remote::Issuer::new("https://baton.example", [AUDIENCE]).expect("it");
    for scope in ["", "two scopes", "quo\"te", "back\\slash", "é"] {
        let layer = RequireToken::from(&issuer);
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| layer.scope(scope)));
        assert!(made.is_err(), "{scope:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recent_login_may_be_demanded() {
    let world = World::new().await;
    let service = Service::behind(RequireToken::from(&world.service).recent_login(300));
    let mut claims = world.claims();
    let challenge = "Bearer error=\"insufficient_user_authentication\", \
                     error_description=\"A more recent authentication is required\", max_age=\"300\"";
    for (age, recent) in [(0, true), (299, true), (300, true), (301, false), (1_000_000, false)] {
        claims["auth_time"] = json!(world.now() - age);
        let answer = service.ask_with(&claims).await;
        if recent {
            assert_eq!(answer.status, 200, "{age}");
        } else {
            let code = "insufficient_user_authentication";
            answer.assert_refused(401, code, Some(challenge));
        }
    }
    // It grows old where it stands.
    claims["auth_time"] = json!(world.now());
    assert_eq!(service.ask_with(&claims).await.status, 200);
    world.advance(301).await;
    assert_eq!(service.ask_with(&claims).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_judged_is_503_and_never_let_in() {
    let (world, service) = plain().await;
    world.say(JWKS, Reply::status(500));
    let bearer = format!("Bearer {}", world.token());
    let answer = service.ask(&bearer).await;
    answer.assert_refused(503, "temporarily_unavailable", None);
    assert_eq!(answer.header("retry-after"), Some("2"));
    world.say(JWKS, crate::support::world::our_keys());
    world.advance(2).await;
    assert_eq!(service.ask(&bearer).await.status, 200);
    let listed = format!("Bearer {}", world.token_at(&world.list_uri(), 3));
    service.ask(&listed).await.assert_refused(503, "temporarily_unavailable", None);
    world.say(LIST, Reply::ok(list_token(&world.list_claims(0b1000))));
    world.advance(2).await;
    service.ask(&listed).await.assert_refused(401, "invalid_token", INVALID);
    assert_eq!(service.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_not_behind_the_layer_lets_nobody_in() {
    let world = World::new().await;
    let service = Service::behind(RequireToken::from(&world.service));
    let hello = |Bearer(token): Bearer| async move { token.sub.to_string() };
    let open = Service { router: Router::new().route("/", get(hello)), ..service };
    let answer = open.ask(&format!("Bearer {}", world.token())).await;
    answer.assert_refused(500, "internal_error", None);
    assert_eq!(world.asked_at_all(), 0);
}

#[tokio::test(start_paused = true)]
async fn layers_add_up() {
    let world = World::new().await;
    let lately = RequireToken::from(&world.service).recent_login(300);
    let inner = Service::behind(lately);
    let router = inner.router.layer(RequireToken::from(&world.service).scope("notes:write"));
    let service = Service { router, calls: inner.calls };
    let mut claims = world.claims();
    assert_eq!(service.ask_with(&claims).await.status, 403);
    claims["scope"] = json!("notes:write");
    assert_eq!(service.ask_with(&claims).await.status, 200);
    claims["auth_time"] = json!(world.now() - 301);
    assert_eq!(service.ask_with(&claims).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_request_as_whoever_is_in_front_does() {
    let (_world, service) = plain().await;
    let id_of = |answer: Answer| {
        let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
        problem["request_id"].as_str().map(str::to_owned)
    };
    for (sent, told) in
        [("abc-123", "abc-123"), (&"x".repeat(128), &"x".repeat(128)), (&"x".repeat(129), "")]
    {
        let request = bare().header("x-request-id", sent).body(Body::empty()).expect("a request");
        assert_eq!(id_of(service.send(request).await).as_deref(), Some(told));
    }
    let unnamed = bare().body(Body::empty()).expect("a request");
    assert_eq!(id_of(service.send(unnamed).await).as_deref(), Some(""));
}

/// Has no time for anybody.
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
async fn who_waits_for_the_service_waits_behind_the_layer_too() {
    let world = World::new().await;
    let mut guarded = RequireToken::from(&world.service).layer(Busy);
    let mut context = Context::from_waker(Waker::noop());
    assert!(tower::Service::poll_ready(&mut guarded, &mut context).is_pending());
}

#[tokio::test(start_paused = true)]
async fn operators_are_told_what_clients_are_not_and_never_a_token() {
    let (log, world) = (Log::begin(), World::new().await);
    let service = Service::behind(RequireToken::from(&world.service));
    assert_eq!(service.ask("Bearer no-token").await.status, 401);
    assert!(log.text().contains("DEBUG") && log.text().contains("token.refused"), "{}", log.text());
    world.say(JWKS, Reply::status(500));
    assert_eq!(service.ask(&format!("Bearer {}", world.token())).await.status, 503);
    assert!(log.text().contains("ERROR"), "{}", log.text());
    assert!(log.text().contains("token.not_judged"), "{}", log.text());
    assert!(!log.text().contains("no-token") && !log.text().contains(&world.token()));
}
