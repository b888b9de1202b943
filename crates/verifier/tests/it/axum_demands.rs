//! Demands of a service beyond validity: audience, scopes, step-up. The responses are the same, whether the layer or
//! the signature of a handler makes the demand.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use serde_json::json;
use verifier::axum::{Bearer, BearerFor, Demand, RequireToken};
use verifier::remote::{Issuer, Options};

use crate::support::log::Log;
use crate::support::service::{INVALID, Service};
use crate::support::world::World;
use crate::support::{AUDIENCE, NOW, OTHER_AUDIENCE, SUB, header, token};

struct OfFiles;

impl Demand for OfFiles {
    const AUDIENCE: Option<&str> = Some(OTHER_AUDIENCE);
}

#[tokio::test(start_paused = true)]
async fn an_audience_may_be_demanded() {
    let world = World::new().await;
    let options = Options::default().clock(|| NOW);
    let both = Issuer::with(&world.url, [AUDIENCE, OTHER_AUDIENCE], options).expect("an issuer");
    let any = || RequireToken::from(&both);
    for service in
        [Service::behind(any().audience(OTHER_AUDIENCE)), Service::demanding::<OfFiles>(any())]
    {
        let mut claims = world.claims();
        service.ask_with(&claims).await.assert_refused(401, "invalid_token", INVALID);
        claims["aud"] = json!([AUDIENCE, OTHER_AUDIENCE]);
        assert_eq!(service.ask_with(&claims).await.status, 200);
        claims["aud"] = json!(["https://elsewhere.example"]);
        service.ask_with(&claims).await.assert_refused(401, "invalid_token", INVALID);
        assert_eq!(service.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_audiences_each_has_to_be_named() {
    let world = World::new().await;
    let layer = RequireToken::from(&world.service).audience(OTHER_AUDIENCE).audience(AUDIENCE);
    let service = Service::behind(layer);
    let mut claims = world.claims();
    for (audiences, both) in [
        (json!([AUDIENCE]), false),
        (json!([OTHER_AUDIENCE]), false),
        (json!([AUDIENCE, OTHER_AUDIENCE]), true),
    ] {
        claims["aud"] = audiences;
        let answer = service.ask_with(&claims).await;
        if both {
            assert_eq!(answer.status, 200);
        } else {
            answer.assert_refused(401, "invalid_token", INVALID);
        }
    }
}

struct Editor;

impl Demand for Editor {
    const SCOPES: &[&str] = &["notes:read", "notes:write"];
}

#[tokio::test(start_paused = true)]
async fn scopes_may_be_demanded_and_are_named_if_they_are_missing() {
    let world = World::new().await;
    let any = || RequireToken::from(&world.service);
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"notes:read notes:write\"";
    for service in [
        Service::behind(any().scope("notes:read").scope("notes:write")),
        Service::demanding::<Editor>(any()),
    ] {
        let mut claims = world.claims();
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
        assert_eq!(service.calls(), 0);
        for scope in ["notes:read notes:write", "notes:write other notes:read"] {
            claims["scope"] = json!(scope);
            assert_eq!(service.ask_with(&claims).await.status, 200, "{scope}");
        }
    }
}

/// In the signature of a handler it does not compile: the documentation of `BearerFor` shows it.
#[test]
fn a_demand_that_no_token_can_meet_panics_at_startup() {
    let issuer = Issuer::new("https://baton.example", [AUDIENCE]).expect("it");
    let made = |scope: &'static str| {
        let layer = RequireToken::from(&issuer);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| layer.scope(scope))).is_ok()
    };
    for scope in ["", "two scopes", "quo\"te", "back\\slash", "é", "\u{7f}", "\t"] {
        assert!(!made(scope), "{scope:?}");
    }
    for scope in ["!", "#", "[", "]", "~", "notes:write", "https://notes.example/write?a='b'"] {
        assert!(made(scope), "{scope:?}");
    }
}

struct RecentLogin;

impl Demand for RecentLogin {
    const RECENT_LOGIN_SECONDS: Option<u32> = Some(300);
}

const LOGIN_WANTED: &str = "insufficient_user_authentication";
const LOGIN_CHALLENGE: Option<&str> = Some(
    "Bearer error=\"insufficient_user_authentication\", \
     error_description=\"A more recent authentication is required\", max_age=\"300\"",
);

#[tokio::test(start_paused = true)]
async fn a_recent_login_may_be_demanded() {
    let world = World::new().await;
    let any = || RequireToken::from(&world.service);
    for service in
        [Service::behind(any().recent_login(300)), Service::demanding::<RecentLogin>(any())]
    {
        let mut claims = world.claims();
        // The clock skew of ten seconds applies here, too.
        for (age, recent) in [
            (-1_000_000, false),
            (-11, false),
            (-10, true),
            (0, true),
            (299, true),
            (300, true),
            (301, false),
            (1_000_000, false),
        ] {
            claims["auth_time"] = json!(world.now() - age);
            let answer = service.ask_with(&claims).await;
            if recent {
                assert_eq!(answer.status, 200, "{age}");
            } else {
                answer.assert_refused(401, LOGIN_WANTED, LOGIN_CHALLENGE);
            }
        }
        assert_eq!(service.calls(), 4);
        // The same token ages.
        claims["auth_time"] = json!(world.now());
        assert_eq!(service.ask_with(&claims).await.status, 200);
        world.advance(301).await;
        service.ask_with(&claims).await.assert_refused(401, LOGIN_WANTED, LOGIN_CHALLENGE);
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_ages_of_a_login_the_strictest_counts() {
    let world = World::new().await;
    let any = || RequireToken::from(&world.service);
    let mut claims = world.claims();
    for layer in
        [any().recent_login(300).recent_login(900), any().recent_login(900).recent_login(300)]
    {
        let service = Service::behind(layer);
        claims["auth_time"] = json!(world.now() - 300);
        assert_eq!(service.ask_with(&claims).await.status, 200);
        claims["auth_time"] = json!(world.now() - 301);
        service.ask_with(&claims).await.assert_refused(401, LOGIN_WANTED, LOGIN_CHALLENGE);
    }
}

/// All demands at once.
struct RecentEditorOfFiles;

impl Demand for RecentEditorOfFiles {
    const AUDIENCE: Option<&str> = Some(OTHER_AUDIENCE);
    const SCOPES: &[&str] = &["notes:write"];
    const RECENT_LOGIN_SECONDS: Option<u32> = Some(300);
}

#[tokio::test(start_paused = true)]
async fn demands_add_up() {
    let world = World::new().await;
    let any = || RequireToken::from(&world.service);
    let (recent, to_write) = (|| any().recent_login(300), || any().scope("notes:write"));
    let challenge = Some("Bearer error=\"insufficient_scope\", scope=\"notes:write\"");
    for service in [
        Service::behind(recent().audience(OTHER_AUDIENCE).scope("notes:write")),
        Service::behind(recent()).within(to_write()).within(any().audience(OTHER_AUDIENCE)),
        Service::demanding::<RecentLogin>(to_write()).within(any().audience(OTHER_AUDIENCE)),
        Service::demanding::<OfFiles>(to_write()).within(recent()),
        Service::demanding::<RecentEditorOfFiles>(any()),
    ] {
        let mut claims = world.claims();
        claims["aud"] = json!([AUDIENCE, OTHER_AUDIENCE]);
        claims["auth_time"] = json!(world.now());
        service.ask_with(&claims).await.assert_refused(403, "insufficient_scope", challenge);
        claims["scope"] = json!("notes:write");
        assert_eq!(service.ask_with(&claims).await.status, 200);
        claims["auth_time"] = json!(world.now() - 301);
        service.ask_with(&claims).await.assert_refused(401, LOGIN_WANTED, LOGIN_CHALLENGE);
        claims["auth_time"] = json!(world.now());
        claims["aud"] = json!([AUDIENCE]);
        service.ask_with(&claims).await.assert_refused(401, "invalid_token", INVALID);
        assert_eq!(service.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn one_path_may_demand_more_for_one_method_than_for_another() {
    let world = World::new().await;
    let read = |Bearer(token): Bearer| async move { format!("read by {}", token.sub) };
    let erase =
        |bearer: BearerFor<RecentLogin>| async move { format!("erased by {}", bearer.token.sub) };
    let router = Router::new().route("/", get(read).post(erase));
    let service = Service::of(router.layer(RequireToken::from(&world.service)));
    let mut claims = world.claims();
    claims["auth_time"] = json!(world.now() - 301);
    let token = token(header().to_string(), claims.to_string());
    let ask = |method: &str| {
        let request = Request::builder().method(method).uri("/");
        request.header("authorization", format!("Bearer {token}")).header("x-request-id", "seven")
    };
    let read = service.send(ask("GET").body(Body::empty()).expect("a request")).await;
    assert_eq!((read.status, read.body), (200, format!("read by {SUB}")));
    let erased = service.send(ask("POST").body(Body::empty()).expect("a request")).await;
    erased.assert_refused(401, LOGIN_WANTED, LOGIN_CHALLENGE);
    assert!(erased.body.contains(r#""request_id":"seven""#), "{}", erased.body);
}

#[tokio::test(start_paused = true)]
async fn the_log_has_the_demand_that_was_not_met() {
    let (log, world) = (Log::begin(), World::new().await);
    let any = || RequireToken::from(&world.service);
    let mut claims = world.claims();
    claims["auth_time"] = json!(world.now() - 301);
    for service in
        [Service::behind(any().scope("notes:write")), Service::demanding::<RecentLogin>(any())]
    {
        assert_ne!(service.ask_with(&claims).await.status, 200);
    }
    for said in
        ["token.refused", "scopes are granted: notes:write", "last login is not within 300 s"]
    {
        assert!(log.text().contains(said), "{said}: {}", log.text());
    }
}
