//! Freshness of the caches: HTTP caches on the way, a past failure, and clocks that differ or are set back do not
//! delay a revocation.

use std::sync::Arc;

use serde_json::{Value, json};
use verifier::Rejection;
use verifier::remote::{Unavailable, VerifyError};

use crate::support::other_key_pair;
use crate::support::world::{JWKS, LIST, Reply, World, keys_with, list_token, our_keys};

const REVOKED: Result<(), VerifyError> = Err(VerifyError::Rejected(Rejection::Revoked));
const REVOKED_BIT: u8 = 0b0000_1000;
const NO_KEYS: Result<(), VerifyError> = Err(VerifyError::Unavailable(Unavailable::Keys));
const HOUR: u64 = 3_600;

/// A world whose issuer publishes a list without revocations, and a token at its index 3.
async fn world() -> (Arc<World>, String) {
    let world = World::new().await;
    world.publish(&world.list_claims(0));
    let token = world.token_at(&world.list_uri(), 3);
    (Arc::new(world), token)
}

/// A list in which index 3 is revoked, with an `iat` so many seconds from now.
fn revoked(world: &World, from_now: i64) -> Value {
    made(world.list_claims(REVOKED_BIT), world.now() + from_now)
}

fn made(mut list: Value, iat: i64) -> Value {
    list["iat"] = json!(iat);
    list
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_list_has_spent_in_caches_counts() {
    for (cache_control, age, seconds) in [
        ("max-age=20", "0", 20),
        ("max-age=20", "15", 5),
        ("max-age=60", "0", 20),
        ("max-age=3", "9", 1),
    ] {
        let (world, token) = world().await;
        let mut list = world.list_claims(0);
        list["ttl"] = json!(20);
        let reply = Reply::ok(list_token(&list));
        world.respond(LIST, reply.with("cache-control", cache_control).with("age", age));
        assert_eq!(world.verdict(&token).await, Ok(()));
        world.publish(&revoked(&world, 0));
        world.advance(seconds * 3 / 4).await;
        if seconds * 3 % 4 != 0 {
            assert_eq!(world.verdict(&token).await, Ok(()), "{cache_control}, {age}");
            assert_eq!(world.requests(LIST), 1, "{cache_control}, {age}");
        }
        world.advance(seconds - seconds * 3 / 4).await;
        assert_eq!(world.verdict(&token).await, REVOKED, "{cache_control}, {age}");
    }
}

/// An answer whose `max-age` is this, after this many seconds in a cache on the way.
fn cached(reply: Reply, max_age: u64, age: u64) -> Reply {
    reply.with("cache-control", &format!("max-age={max_age}")).with("age", &age.to_string())
}

/// RFC 5861: a cache on the way serves what it has while it cannot reach the issuer. Each fetch is answered, and none
/// of the answers is the issuer's.
#[tokio::test(start_paused = true)]
async fn keys_that_a_cache_serves_on_and_on_are_used_for_an_hour_and_no_longer() {
    let world = World::new().await;
    let token = world.token();
    assert_eq!(world.verdict(&token).await, Ok(()));
    let mut now = 0;
    for age in [400, 1_000, 2_000, HOUR - 1] {
        world.respond(JWKS, cached(our_keys(), 300, age));
        world.advance(age - now).await;
        assert_eq!(world.verdict(&token).await, Ok(()), "{age}");
        now = age;
    }
    world.respond(JWKS, cached(our_keys(), 300, HOUR));
    world.advance(1).await;
    assert_eq!(world.verdict(&token).await, NO_KEYS);
    // The issuer is back, and the cache has asked it.
    world.respond(JWKS, cached(our_keys(), 300, 300));
    world.advance(1).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_starts_in_an_outage_uses_the_keys_of_a_cache_for_the_rest_of_the_hour() {
    for (age, verdict) in [(HOUR - 100, Ok(())), (HOUR, NO_KEYS)] {
        let world = World::new().await;
        let token = world.token();
        world.respond(JWKS, cached(our_keys(), 300, age));
        assert_eq!(world.verdict(&token).await, verdict, "{age}");
        world.respond(JWKS, Reply::status(503));
        world.advance(99).await;
        assert_eq!(world.verdict(&token).await, verdict, "{age}");
        world.advance(1).await;
        assert_eq!(world.verdict(&token).await, NO_KEYS, "{age}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_hour_of_an_outage_counts_time_in_caches() {
    let world = World::new().await;
    let token = world.token();
    world.respond(JWKS, cached(our_keys(), 300, 200));
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.respond(JWKS, Reply::status(503));
    world.advance(HOUR - 201).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(1).await;
    assert_eq!(world.verdict(&token).await, NO_KEYS);
}

/// A token with an unknown key causes a fetch; the copy is as old as the keys, which are fresh.
#[tokio::test(start_paused = true)]
async fn a_stale_copy_does_not_replace_what_is_as_new() {
    let world = World::new().await;
    let token = world.token();
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(10).await;
    world.respond(JWKS, cached(our_keys(), 5, 10));
    let unknown = Err(VerifyError::Rejected(Rejection::UnknownKey));
    assert_eq!(world.verdict(&world.token_by(&other_key_pair())).await, unknown);
    world.advance(2).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    assert_eq!(world.requests(JWKS), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stale_copy_that_is_newer_is_better_than_an_old_one() {
    let (world, token) = world().await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(60).await;
    let copy = list_token(&revoked(&world, -20));
    world.respond(LIST, cached(Reply::ok(copy), 2, 20));
    assert_eq!(world.verdict(&token).await, REVOKED);
}

/// A cache that serves stale answers while it revalidates has the new list at the next fetch, for which a call waits.
#[tokio::test(start_paused = true)]
async fn a_stale_list_of_a_cache_delays_a_revocation_by_a_second() {
    let (world, token) = world().await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(60).await;
    let copy = list_token(&made(world.list_claims(0), world.now() - 20));
    world.respond(LIST, cached(Reply::ok(copy), 2, 20));
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.publish(&revoked(&world, 0));
    assert_eq!(world.verdict(&token).await, Ok(()));
    assert_eq!(world.requests(LIST), 2);
    world.advance(1).await;
    assert_eq!(world.verdict(&token).await, REVOKED);
}

/// No call comes in while the issuer recovers. The next one must not be served the stale value.
#[tokio::test(start_paused = true)]
async fn a_failure_that_is_over_delays_no_revocation() {
    let (world, token) = world().await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(10).await;
    world.respond(LIST, Reply::status(503));
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.publish(&revoked(&world, 0));
    world.advance(3).await;
    assert_eq!(world.verdict(&token).await, REVOKED);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_over_keeps_no_revoked_key() {
    let world = World::new().await;
    let next = other_key_pair();
    world.respond(JWKS, keys_with(&next));
    let token = world.token_by(&next);
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(300).await;
    world.respond(JWKS, Reply::status(503));
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.respond(JWKS, our_keys());
    world.advance(3).await;
    let refused = Err(VerifyError::Rejected(Rejection::UnknownKey));
    assert_eq!(world.verdict(&token).await, refused);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_an_instance_whose_clock_is_behind_is_taken() {
    for (behind, verdict) in [(2, REVOKED), (3, Ok(()))] {
        let (world, token) = world().await;
        world.publish(&made(world.list_claims(0), world.now() + 10));
        assert_eq!(world.verdict(&token).await, Ok(()));
        world.advance(5).await;
        world.publish(&revoked(&world, 5 - behind));
        assert_eq!(world.verdict(&token).await, verdict, "{behind}");
        assert_eq!(world.requests(LIST), 2, "{behind}");
    }
}

#[tokio::test(start_paused = true)]
async fn lists_do_not_grow_older_step_by_step() {
    let (world, token) = world().await;
    let begin = world.now();
    assert_eq!(world.verdict(&token).await, Ok(()));
    for (iat, byte) in [(begin - 2, 0), (begin - 4, REVOKED_BIT)] {
        world.publish(&made(world.list_claims(byte), iat));
        world.advance(5).await;
        assert_eq!(world.verdict(&token).await, Ok(()));
    }
    assert_eq!(world.requests(LIST), 3);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_makes_no_new_list_an_old_one() {
    let (world, token) = world().await;
    world.advance(7_200).await;
    world.publish(&world.list_claims(0));
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.set_back(3_600);
    world.publish(&revoked(&world, 0));
    world.advance(5).await;
    assert_eq!(world.verdict(&token).await, REVOKED);
}
