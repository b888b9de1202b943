//! An issuer with many status lists: each is fetched, revalidated and kept through an outage on its own.

use std::sync::Arc;

use serde_json::{Value, json};
use verifier::Rejection;
use verifier::remote::{Unavailable, VerifyError};

use crate::support::other_key_pair;
use crate::support::world::{JWKS, LIST, Reply, World, keys_with, list_token};

const REVOKED: Result<(), VerifyError> = Err(VerifyError::Rejected(Rejection::Revoked));
const NO_LIST: Result<(), VerifyError> = Err(VerifyError::Unavailable(Unavailable::StatusList));
const OTHER: &str = "/status-lists/128";
/// All places as one list, which an issuer of version 0.1 publishes.
const WHOLE: &str = "/status-lists/0";

/// A world whose issuer publishes lists of this many numbers, in which index 3 of the odd ones is revoked.
async fn world(numbers: impl IntoIterator<Item = u8>) -> World {
    let world = World::new().await;
    for number in numbers {
        world.publish_at(&path(number), if number % 2 == 1 { 0b0000_1000 } else { 0 });
    }
    world
}

fn path(number: u8) -> String {
    format!("/status-lists/{number}")
}

fn verdict_of(number: u8) -> Result<(), VerifyError> {
    if number % 2 == 1 { REVOKED } else { Ok(()) }
}

/// A token at index 3 of the list of this number.
fn token_in(world: &World, number: u8) -> String {
    world.token_at(&world.uri_of(&path(number)), 3)
}

/// A list of eight sessions that expires, with an entity tag.
fn tagged(world: &World, byte: u8, tag: &str) -> Reply {
    Reply::ok(list_token(&expiring(world, byte))).with("etag", tag)
}

fn expiring(world: &World, byte: u8) -> Value {
    let mut claims = world.list_claims(byte);
    claims["exp"] = json!(world.now() + 300);
    claims
}

#[tokio::test(start_paused = true)]
async fn a_token_is_looked_up_in_the_list_that_it_names() {
    let world = world([0, 1, 2, 127, 128, 255]).await;
    for _ in 0..3 {
        for number in [0, 1, 2, 127, 128, 255] {
            let verdict = world.verdict(&token_in(&world, number)).await;
            assert_eq!(verdict, verdict_of(number), "{number}");
        }
    }
    for number in [0, 1, 2, 127, 128, 255] {
        assert_eq!(world.requests(&path(number)), 1, "{number}");
    }
}

/// A list of an address is for tokens that name this address: another list's bits would be of other sessions.
#[tokio::test(start_paused = true)]
async fn a_list_does_not_stand_in_for_another() {
    let world = world([1]).await;
    world.publish(&world.list_claims(0));
    world.respond(OTHER, Reply::ok(list_token(&world.list_claims(0))));
    assert_eq!(world.verdict(&world.token_at(&world.uri_of(OTHER), 3)).await, NO_LIST);
    assert_eq!(world.verdict(&world.token_at(&world.list_uri(), 3)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_concerns_its_own_tokens_alone() {
    let world = world([0, 2]).await;
    let (fails, works) = (token_in(&world, 0), token_in(&world, 2));
    world.respond(WHOLE, Reply::status(500));
    assert_eq!(world.verdict(&fails).await, NO_LIST);
    assert_eq!(world.verdict(&works).await, Ok(()));
    // A silent one keeps no call for another list waiting.
    world.advance(1).await;
    world.respond(WHOLE, Reply::Silence);
    let (verdict, ()) = tokio::join!(world.verdict(&fails), async {
        world.until_requested(WHOLE, 2).await;
        let before = world.now();
        assert_eq!(world.verdict(&works).await, Ok(()));
        assert_eq!(world.now(), before);
        world.advance(3).await;
    });
    assert_eq!(verdict, NO_LIST);
    world.publish_at(WHOLE, 0);
    world.advance(1).await;
    assert_eq!(world.verdict(&fails).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn each_of_many_lists_is_fetched_once_for_all_calls() {
    let world = Arc::new(world(1..=128).await);
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..1_000_u32 {
        let number = u8::try_from(call % 128 + 1).expect("one of 128");
        let world = Arc::clone(&world);
        calls.spawn(async move {
            let verdict = world.verdict(&token_in(&world, number)).await;
            verdict == verdict_of(number)
        });
    }
    assert!(calls.join_all().await.into_iter().all(|it| it));
    for number in 1..=128 {
        assert_eq!(world.requests(&path(number)), 1, "{number}");
    }
    assert_eq!(world.requests(JWKS), 1);
}

#[tokio::test(start_paused = true)]
async fn lists_are_fetched_over_connections_that_stay_open() {
    let world = world(1..=64).await;
    world.keep_connections();
    for number in 1..=64 {
        assert_eq!(world.verdict(&token_in(&world, number)).await, verdict_of(number));
    }
    let (requests, connections) = (world.all_requests(), world.connections());
    assert_eq!(requests, 66);
    assert!(connections < 32, "{connections}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let world = World::new().await;
    let token = world.token_at(&world.list_uri(), 3);
    world.respond(LIST, tagged(&world, 0, "W/\"one\""));
    assert_eq!(world.verdict(&token).await, Ok(()));
    assert_eq!(world.if_none_match(LIST), None);
    for times in 2..5 {
        world.advance(5).await;
        assert_eq!(world.verdict(&token).await, Ok(()));
        assert_eq!(world.requests(LIST), times);
        assert_eq!(world.if_none_match(LIST), Some("W/\"one\"".to_owned()));
    }
    world.respond(LIST, tagged(&world, 0b0000_1000, "W/\"two\""));
    world.advance(5).await;
    assert_eq!(world.verdict(&token).await, REVOKED);
}

/// A cache on the way that answers 304 for ever could undo every later revocation.
#[tokio::test(start_paused = true)]
async fn a_list_is_not_kept_by_304_beyond_its_exp() {
    let world = World::new().await;
    let token = world.token_at(&world.list_uri(), 3);
    world.respond(LIST, tagged(&world, 0, "\"one\""));
    for _ in 0..60 {
        assert_eq!(world.verdict(&token).await, Ok(()));
        world.advance(5).await;
    }
    assert_eq!(world.requests(LIST), 60);
    // Its `exp` is now: the request is unconditional, and what is sent has expired with the skew.
    world.advance(10).await;
    assert_eq!(world.verdict(&token).await, NO_LIST);
    assert_eq!(world.if_none_match(LIST), None);
}

#[tokio::test(start_paused = true)]
async fn a_list_without_exp_is_never_kept_by_304() {
    let world = World::new().await;
    let token = world.token_at(&world.list_uri(), 3);
    world.respond(LIST, Reply::ok(list_token(&world.list_claims(0))).with("etag", "\"one\""));
    for times in 1..4 {
        assert_eq!(world.verdict(&token).await, Ok(()));
        assert_eq!((world.requests(LIST), world.if_none_match(LIST)), (times, None));
        world.advance(5).await;
    }
}

/// The key that signed the cached list may be one that was revoked.
#[tokio::test(start_paused = true)]
async fn a_list_is_not_kept_by_304_once_the_keys_have_changed() {
    let world = World::new().await;
    let token = world.token_at(&world.list_uri(), 3);
    world.respond(LIST, tagged(&world, 0, "\"one\""));
    assert_eq!(world.verdict(&token).await, Ok(()));
    let next = other_key_pair();
    world.respond(JWKS, keys_with(&next));
    // A token with an unknown key makes the service fetch the keys.
    world.advance(10).await;
    assert_eq!(world.verdict(&world.token_by(&next)).await, Ok(()));
    assert_eq!(world.requests(JWKS), 2);
    assert_eq!(world.verdict(&token).await, Ok(()));
    assert_eq!((world.requests(LIST), world.if_none_match(LIST)), (2, None));
    world.advance(5).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    assert_eq!(world.if_none_match(LIST), Some("\"one\"".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn not_modified_answers_only_a_conditional_request() {
    let world = World::new().await;
    world.respond(LIST, Reply::status(304));
    assert_eq!(world.verdict(&world.token_at(&world.list_uri(), 3)).await, NO_LIST);
}
