//! The log of a failing issuer: which resource, and why, with all causes.

use serde_json::json;
use verifier::KeySet;

use crate::support::log::Log;
use crate::support::world::{JWKS, LIST, Reply, World, our_keys};

#[tokio::test(start_paused = true)]
async fn an_issuer_that_fails_is_logged_once_and_that_it_answers_again() {
    let (log, world) = (Log::begin(), World::new().await);
    world.respond(JWKS, Reply::ok("garbage"));
    for _ in 0..2 {
        assert!(world.verdict(&world.token()).await.is_err());
        world.advance(1).await;
    }
    let why = KeySet::from_jwks("garbage").expect_err("no key set").to_string();
    let text = log.text();
    let warnings: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
    let [line] = warnings.as_slice() else { panic!("{text}") };
    for expected in ["issuer.fails", "what=\"keys\"", &why] {
        assert!(line.contains(expected), "{expected}: {line}");
    }
    world.respond(JWKS, our_keys());
    world.verdict(&world.token()).await.expect("accepted");
    assert!(log.text().contains("issuer.answers_again"), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_serves_stale_keys_is_logged_as_a_failure_of_the_issuer() {
    let (log, world) = (Log::begin(), World::new().await);
    let keys = our_keys().with("cache-control", "max-age=300");
    world.respond(JWKS, keys.with("age", "301"));
    world.verdict(&world.token()).await.expect("accepted");
    let text = log.text();
    for expected in ["issuer.fails", "what=\"keys\"", "beyond its max-age"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    world.respond(JWKS, our_keys());
    world.advance(1).await;
    world.verdict(&world.token()).await.expect("accepted");
    assert!(log.text().contains("issuer.answers_again"), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_logged_by_its_address() {
    let (log, world) = (Log::begin(), World::new().await);
    world.respond(LIST, Reply::ok("garbage"));
    assert!(world.verdict(&world.token_at(&world.list_uri(), 3)).await.is_err());
    let expected = format!("what={}", json!(world.list_uri()));
    assert!(log.text().contains(&expected), "{expected}: {}", log.text());
}
