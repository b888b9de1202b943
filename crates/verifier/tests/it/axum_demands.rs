//! What a service demands of a token besides being valid: the same answers, whether the demand stands in
//! the layer or in the signature of a handler.

use serde_json::json;
use verifier::axum::{Demand, RequireToken};
use verifier::remote::{Issuer, Options};

use crate::support::service::{INVALID, Service};
use crate::support::world::World;
use crate::support::{AUDIENCE, NOW, OTHER_AUDIENCE};

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
fn a_demand_that_nobody_can_meet_is_a_mistake_at_the_start() {
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

struct Lately;

impl Demand for Lately {
    const RECENT_LOGIN_SECONDS: Option<u32> = Some(300);
}

#[tokio::test(start_paused = true)]
async fn a_recent_login_may_be_demanded() {
    let world = World::new().await;
    let any = || RequireToken::from(&world.service);
    let challenge = "Bearer error=\"insufficient_user_authentication\", \
                     error_description=\"A more recent authentication is required\", max_age=\"300\"";
    for service in [Service::behind(any().recent_login(300)), Service::demanding::<Lately>(any())] {
        let mut claims = world.claims();
        for (age, recent) in [(0, true), (299, true), (300, true), (301, false), (1_000_000, false)]
        {
            claims["auth_time"] = json!(world.now() - age);
            let answer = service.ask_with(&claims).await;
            if recent {
                assert_eq!(answer.status, 200, "{age}");
            } else {
                let code = "insufficient_user_authentication";
                answer.assert_refused(401, code, Some(challenge));
            }
        }
        assert_eq!(service.calls(), 3);
        // It grows old where it stands.
        claims["auth_time"] = json!(world.now());
        assert_eq!(service.ask_with(&claims).await.status, 200);
        world.advance(301).await;
        assert_eq!(service.ask_with(&claims).await.status, 401);
    }
}

#[tokio::test(start_paused = true)]
async fn demands_add_up() {
    let world = World::new().await;
    let any = || RequireToken::from(&world.service);
    let lately = || any().recent_login(300);
    for service in [
        Service::behind(lately()).within(any().scope("notes:write")),
        Service::behind(any().scope("notes:write")).within(lately()),
        Service::demanding::<Lately>(any().scope("notes:write")),
        Service::demanding::<Lately>(any()).within(any().scope("notes:write")),
    ] {
        let mut claims = world.claims();
        assert_eq!(service.ask_with(&claims).await.status, 403);
        claims["scope"] = json!("notes:write");
        assert_eq!(service.ask_with(&claims).await.status, 200);
        claims["auth_time"] = json!(world.now() - 301);
        assert_eq!(service.ask_with(&claims).await.status, 401);
        assert_eq!(service.calls(), 1);
    }
}
