//! The JWKS cache of an issuer that is known by its URL alone: requests, their rate limit, and which keys are
//! trusted. The issuer counts requests; the test moves the clock.

use std::time::Duration;

use forgery::{Class, Lure, Original, Rule, catalogue};
use serde_json::json;
use verifier::remote::{Issuer, IssuerError, Unavailable, VerifyError};
use verifier::{KeySet, Rejection, Skew};

use crate::support::world::{JWKS, METADATA, Reply, World, keys_with, our_keys};
use crate::support::{
    AUDIENCE, X, good_token, header, other_key_pair, public_half, public_key, sign, token,
};

const UNKNOWN: Result<(), VerifyError> = Err(VerifyError::Rejected(Rejection::UnknownKey));
const NO_KEYS: Result<(), VerifyError> = Err(VerifyError::Unavailable(Unavailable::Keys));

#[tokio::test(start_paused = true)]
async fn an_issuer_is_known_by_its_url_alone_and_asked_once() {
    let world = World::new().await;
    let token = world.verify(&world.token()).await.expect("accepted");
    assert_eq!((token.iss.as_str(), token.client_id.as_str()), (world.url.as_str(), "browser"));
    world.verdict(&world.token()).await.expect("accepted again");
    assert_eq!((world.requests(METADATA), world.requests(JWKS)), (1, 1));
}

#[test]
fn an_issuer_is_https_or_on_this_machine() {
    let issuer = |url| Issuer::new(url, [AUDIENCE]).map(|_| ());
    assert_eq!(issuer("https://baton.example"), Ok(()));
    assert_eq!(issuer("http://localhost:3000"), Ok(()));
    assert_eq!(issuer("http://baton.example"), Err(IssuerError::Insecure));
    assert_eq!(issuer("baton.example"), Err(IssuerError::NotAUrl));
    assert_eq!(issuer("https://baton.example/?a"), Err(IssuerError::NotAUrl));
}

#[tokio::test(start_paused = true)]
async fn any_number_of_calls_share_one_fetch() {
    let world = std::sync::Arc::new(World::new().await);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let world = std::sync::Arc::clone(&world);
        calls.spawn(async move { world.verdict(&world.token()).await });
    }
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert_eq!((world.requests(METADATA), world.requests(JWKS)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn how_far_clocks_may_differ_is_for_the_service_to_say() {
    let token_of = |world: &World| {
        let mut claims = world.claims();
        claims["exp"] = json!(world.now() - 1);
        token(header().to_string(), claims.to_string())
    };
    let usual = World::new().await;
    usual.verdict(&token_of(&usual)).await.expect("ten seconds by default");
    let strict = World::with(|options| options.skew(Skew::NONE)).await;
    let expired = Err(VerifyError::Rejected(Rejection::Expired));
    assert_eq!(strict.verdict(&token_of(&strict)).await, expired);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_even_a_token_costs_no_request() {
    let world = World::new().await;
    for token in ["", "a.b.c", "garbage", &"x".repeat(10_000), "e30.e30.e30"] {
        assert!(matches!(world.verdict(token).await, Err(VerifyError::Rejected(_))), "{token}");
    }
    assert_eq!(world.all_requests(), 0);
    // A well-formed token of another issuer costs only the first fetch.
    let other = world.verdict(&good_token()).await;
    assert_eq!(other, Err(VerifyError::Rejected(Rejection::WrongIssuer)));
    assert_eq!(world.all_requests(), 2);
}

/// RFC 9068 section 4: the keys are the issuer's. `jku` and `x5u` point to a listener on loopback, where http is
/// allowed, and to a path of the issuer.
#[tokio::test(start_paused = true)]
async fn a_token_that_names_its_own_key_is_refused_without_a_request() {
    let (world, lure) = (World::new().await, Lure::set());
    let keys = KeySet::default().with(public_key()).with(public_half(&other_key_pair()));
    let original = Original::new(&world.token(), &keys.to_jwks(), |bytes| sign(bytes));
    for address in [lure.url(), format!("{}/elsewhere", world.url)] {
        let mut refused = 0;
        for case in catalogue(&original, &address) {
            let expected = match (case.class, case.rule) {
                (Class::EmbeddedKeys, Rule::ForbiddenHeader(it)) => Rejection::ForbiddenHeader(it),
                (Class::EmbeddedKeys, Rule::Algorithm) => Rejection::WrongAlgorithm,
                // These embed no key; the verifier fetches the issuer's.
                _ => continue,
            };
            let verdict = world.verdict(&case.token).await;
            assert_eq!(verdict, Err(VerifyError::Rejected(expected)), "{case}");
            refused += 1;
        }
        assert!(refused >= 20, "{refused} tokens");
    }
    assert_eq!(world.all_requests(), 0);
    assert!(!lure.was_visited());
    // The control: the same token without these members is accepted, by requests to the issuer alone.
    world.verdict(original.token()).await.expect("accepted");
    assert_eq!((world.requests(METADATA), world.requests(JWKS), world.all_requests()), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn metadata_has_to_be_the_issuers_own_to_the_byte() {
    for other in ["https://baton.example", "/", ""] {
        let world = World::new().await;
        let url = &world.url;
        let issuer = if other == "/" { format!("{url}/") } else { other.to_owned() };
        let metadata = json!({"issuer": issuer, "jwks_uri": format!("{url}{JWKS}")});
        world.respond(METADATA, Reply::ok(metadata.to_string()));
        assert_eq!(world.verdict(&world.token()).await, NO_KEYS, "{issuer}");
        assert_eq!((world.requests(METADATA), world.requests(JWKS)), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_has_to_be_strict_and_its_keys_where_it_is_safe_to_ask() {
    let world = World::new().await;
    let (url, jwks) = (world.url.clone(), format!("{}{JWKS}", world.url));
    for metadata in [
        "garbage".to_owned(),
        json!({"issuer": url}).to_string(),
        json!({"jwks_uri": jwks}).to_string(),
        json!({"issuer": url, "jwks_uri": 7}).to_string(),
        json!({"issuer": url, "jwks_uri": "/jwks"}).to_string(),
        json!({"issuer": url, "jwks_uri": "http://keys.example/jwks"}).to_string(),
        json!({"issuer": url, "jwks_uri": "file:///etc/passwd"}).to_string(),
        format!(r#"{{"issuer":"{url}","jwks_uri":"{jwks}","jwks_uri":"{jwks}"}}"#),
        json!({"issuer": url, "jwks_uri": jwks, "filler": "x".repeat(65_536)}).to_string(),
    ] {
        world.respond(METADATA, Reply::ok(metadata.clone()));
        assert_eq!(world.verdict(&world.token()).await, NO_KEYS, "{metadata:.80}");
        world.advance(1).await;
    }
    assert_eq!((world.requests(METADATA), world.requests(JWKS)), (9, 0));
}

#[tokio::test(start_paused = true)]
async fn no_redirect_is_followed() {
    for (path, aim) in [(METADATA, "/elsewhere/metadata"), (JWKS, "/elsewhere/keys")] {
        for status in [301, 302, 303, 307, 308] {
            let world = World::new().await;
            world.respond(aim, if path == JWKS { our_keys() } else { world.metadata() });
            let aim = format!("{}{aim}", world.url);
            world.respond(path, Reply::status(status).with("location", &aim));
            assert_eq!(world.verdict(&world.token()).await, NO_KEYS, "{path} {status}");
            assert_eq!(
                world.requests("/elsewhere/metadata") + world.requests("/elsewhere/keys"),
                0
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_no_key_set_of_ours_are_no_keys() {
    let world = World::new().await;
    let x = json!(X);
    for jwks in [
        Reply::ok("garbage"),
        Reply::ok(json!({"keys": []}).to_string()),
        Reply::ok(json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}).to_string()),
        Reply::ok(
            json!({"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": x, "d": x}]}).to_string(),
        ),
        Reply::Answer { status: 200, headers: vec![], body: vec![0xff, 0xfe] },
        Reply::ok(format!("{{\"keys\":[],\"filler\":\"{}\"}}", "x".repeat(65_536))),
        our_keys().but_with_status(203),
        our_keys().but_with_status(500),
        Reply::status(204),
        Reply::status(304),
        Reply::status(404),
        Reply::status(500),
    ] {
        world.respond(JWKS, jwks);
        assert_eq!(world.verdict(&world.token()).await, NO_KEYS);
        world.advance(1).await;
    }
    world.respond(JWKS, our_keys());
    assert_eq!(world.verdict(&world.token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_long_key_set_is_read_to_its_end() {
    let world = World::new().await;
    let mut keys: serde_json::Value =
        serde_json::from_str(&KeySet::default().with(public_key()).to_jwks()).expect("JSON");
    keys["before"] = json!("x".repeat(60_000));
    world.respond(JWKS, Reply::ok(keys.to_string()));
    world.verdict(&world.token()).await.expect("accepted");
}

/// RFC 9110 section 15.4.5: 304 answers a conditional request, and confirms no version without one.
#[tokio::test(start_paused = true)]
async fn not_modified_answers_only_a_conditional_request() {
    let world = World::with(|options| options.outage_limit(Duration::from_secs(300))).await;
    let token = world.token();
    world.verdict(&token).await.expect("accepted");
    world.respond(JWKS, Reply::status(304));
    world.advance(301).await;
    assert_eq!(world.verdict(&token).await, NO_KEYS);
}

#[tokio::test(start_paused = true)]
async fn a_silent_issuer_is_given_three_seconds() {
    for path in [METADATA, JWKS] {
        let world = World::new().await;
        world.respond(path, Reply::Silence);
        let token = world.token();
        let begin = tokio::time::Instant::now();
        let (verdict, ()) = tokio::join!(world.verdict(&token), async {
            world.until_requested(path, 1).await;
            world.advance(3).await;
        });
        assert_eq!(verdict, NO_KEYS, "{path}");
        assert_eq!(begin.elapsed().as_secs(), 3);
    }
}

/// Checks the freshness lifetime of keys with this `Cache-Control`.
async fn fresh_for(cache_control: Option<&str>, seconds: u64) {
    let world = World::new().await;
    let keys = match cache_control {
        Some(words) => our_keys().with("cache-control", words),
        None => our_keys(),
    };
    world.respond(JWKS, keys);
    let token = world.token();
    world.verdict(&token).await.expect("accepted");
    // Before three quarters of it there is no revalidation; the yields would let one run.
    world.advance(seconds * 3 / 4 - 1).await;
    for _ in 0..100 {
        world.verdict(&token).await.expect("accepted");
        tokio::task::yield_now().await;
    }
    assert_eq!(world.requests(JWKS), 1, "{cache_control:?}");
    // In the last quarter the keys are revalidated in the background, while calls use the cached ones.
    world.respond(JWKS, Reply::Silence);
    world.advance(2).await;
    world.verdict(&token).await.expect("accepted at once");
    world.until_requested(JWKS, 2).await;
    world.verdict(&token).await.expect("accepted at once");
    assert_eq!(world.requests(JWKS), 2, "{cache_control:?}");
}

#[tokio::test(start_paused = true)]
async fn keys_are_cached_for_their_max_age_within_bounds_and_revalidated_in_the_background() {
    fresh_for(Some("max-age=60"), 60).await;
    fresh_for(Some("max-age=1"), 10).await;
    fresh_for(Some("no-store"), 10).await;
    fresh_for(Some("max-age=86400"), 300).await;
    fresh_for(None, 300).await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_is_refused_after_300_seconds_at_the_latest() {
    let world = World::new().await;
    let next = other_key_pair();
    world.respond(JWKS, our_keys().with("cache-control", "max-age=86400"));
    world.verdict(&world.token()).await.expect("accepted");
    let without_ours = KeySet::default().with(public_half(&next)).to_jwks();
    world.respond(JWKS, Reply::ok(without_ours));
    // No calls in between: the cache does not fetch by itself.
    world.advance(300).await;
    assert_eq!(world.verdict(&world.token()).await, UNKNOWN);
    assert_eq!(world.verdict(&world.token_by(&next)).await, Ok(()));
    assert_eq!(world.requests(JWKS), 2);
}

/// The monotonic clock stops while a machine is suspended: by it, the keys are still fresh.
#[tokio::test(start_paused = true)]
async fn after_a_suspension_keys_are_as_old_as_the_wall_clock_says() {
    let world = World::new().await;
    let next = other_key_pair();
    world.verdict(&world.token()).await.expect("accepted");
    let without_ours = KeySet::default().with(public_half(&next)).to_jwks();
    world.respond(JWKS, Reply::ok(without_ours));
    world.suspend(302);
    assert_eq!(world.verdict(&world.token()).await, UNKNOWN);
    assert_eq!(world.verdict(&world.token_by(&next)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn keys_that_have_not_changed_are_not_sent_again() {
    let world = World::new().await;
    let keys = our_keys().with("etag", "\"one\"").with("cache-control", "max-age=20");
    world.respond(JWKS, keys);
    world.verdict(&world.token()).await.expect("accepted");
    assert_eq!(world.if_none_match(JWKS), None);
    for times in 2..5 {
        world.advance(20).await;
        world.verdict(&world.token()).await.expect("accepted");
        assert_eq!(
            (world.requests(JWKS), world.if_none_match(JWKS)),
            (times, Some("\"one\"".to_owned()))
        );
    }
    // Changed keys are sent.
    let next = other_key_pair();
    world.respond(JWKS, keys_with(&next).with("etag", "\"two\""));
    world.advance(20).await;
    world.verdict(&world.token_by(&next)).await.expect("accepted");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_keys_costs_one_fetch_each_ten_seconds() {
    let world = World::new().await;
    world.verdict(&world.token()).await.expect("accepted");
    let strangers: Vec<_> = (0..50).map(|_| world.token_by(&other_key_pair())).collect();
    for round in 0..4 {
        // The first fetch counts towards the rate limit.
        for token in &strangers {
            assert_eq!(world.verdict(token).await, UNKNOWN);
        }
        assert_eq!(world.requests(JWKS), 1 + round);
        world.advance(9).await;
        for token in &strangers {
            assert_eq!(world.verdict(token).await, UNKNOWN);
        }
        assert_eq!(world.requests(JWKS), 1 + round);
        world.advance(1).await;
    }
    assert_eq!(world.requests(METADATA), world.requests(JWKS));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_new_is_found_by_one_fetch_that_all_its_callers_share() {
    let world = std::sync::Arc::new(World::new().await);
    world.verdict(&world.token()).await.expect("accepted");
    let next = other_key_pair();
    world.respond(JWKS, keys_with(&next));
    world.advance(10).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (world, token) = (std::sync::Arc::clone(&world), world.token_by(&next));
        calls.spawn(async move { world.verdict(&token).await });
    }
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert_eq!(world.requests(JWKS), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_three_seconds_for_a_new_key_at_most_and_no_other_call_waits() {
    let world = World::new().await;
    let (known, unknown) = (world.token(), world.token_by(&other_key_pair()));
    world.verdict(&known).await.expect("accepted");
    world.advance(10).await;
    world.respond(JWKS, Reply::Silence);
    let (verdict, ()) = tokio::join!(world.verdict(&unknown), async {
        world.until_requested(JWKS, 2).await;
        assert_eq!(world.verdict(&known).await, Ok(()));
        world.advance(3).await;
    });
    assert_eq!(verdict, UNKNOWN);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_outlives_a_cancelled_call() {
    let world = World::new().await;
    let token = world.token();
    {
        let mut call = Box::pin(world.verdict(&token));
        // Polled once: the fetch has begun, then the call is cancelled.
        assert!(futures_poll(&mut call).await.is_none());
    }
    world.until_requested(JWKS, 1).await;
    world.verdict(&token).await.expect("accepted");
    assert_eq!(world.requests(JWKS), 1);
}

async fn futures_poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    tokio::select! {
        biased;
        value = future => Some(value),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_is_that_there_are_keys() {
    let world = World::new().await;
    world.respond(JWKS, Reply::status(503));
    assert_eq!(world.service.ready().await, Err(Unavailable::Keys));
    world.respond(JWKS, our_keys());
    world.advance(1).await;
    assert_eq!(world.service.ready().await, Ok(()));
}
