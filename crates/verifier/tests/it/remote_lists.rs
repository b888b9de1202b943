//! Revocation by status list: a service learns of it soon, and without a request for each token.

use std::sync::Arc;

use serde_json::{Value, json};
use verifier::Rejection;
use verifier::remote::{Unavailable, VerifyError};

use crate::support::other_key_pair;
use crate::support::world::{JWKS, LIST, Reply, World, keys_with, list_token, signed_by};
use crate::support::{deflated, list_header, token};

const REVOKED: Result<(), VerifyError> = Err(VerifyError::Rejected(Rejection::Revoked));
const NO_LIST: Result<(), VerifyError> = Err(VerifyError::Unavailable(Unavailable::StatusList));

/// A world whose issuer publishes a list without revocations, and a token at its index 3.
async fn world() -> (Arc<World>, String) {
    let world = World::new().await;
    world.publish(&world.list_claims(0));
    let token = world.token_at(&world.list_uri(), 3);
    (Arc::new(world), token)
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

#[tokio::test(start_paused = true)]
async fn a_token_that_names_no_list_is_valid_without_one() {
    let world = World::new().await;
    assert_eq!(world.verdict(&world.token()).await, Ok(()));
    assert_eq!(world.requests(LIST), 0);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_session_is_refused_and_its_neighbours_are_not() {
    let (world, _) = world().await;
    world.publish(&world.list_claims(0b0000_1000));
    for idx in 0..8 {
        let verdict = world.verdict(&world.token_at(&world.list_uri(), idx)).await;
        assert_eq!(verdict, if idx == 3 { REVOKED } else { Ok(()) }, "{idx}");
    }
    assert_eq!(world.requests(LIST), 1);
}

/// Noise does not compress: more than a megabyte on the wire, where a list with few revocations has kilobytes.
#[tokio::test(start_paused = true)]
async fn a_list_of_very_many_revocations_is_read_to_its_end() {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let mut bytes: Vec<u8> = (0..700_000).map(|_| noise()).collect();
    (bytes[0], bytes[699_999]) = (0x00, 0xff);
    let (world, token) = world().await;
    let list = json!({"bits": 1, "lst": deflated(&bytes)});
    world.publish(&with(world.list_claims(0), "status_list", list));
    assert_eq!(world.verdict(&token).await, Ok(()));
    assert_eq!(world.verdict(&world.token_at(&world.list_uri(), 699_999 * 8)).await, REVOKED);
}

#[tokio::test(start_paused = true)]
async fn any_status_but_valid_is_a_refusal() {
    let (world, _) = world().await;
    let list = json!({"bits": 2, "lst": deflated(&[0b1110_0100])});
    world.publish(&with(world.list_claims(0), "status_list", list));
    for (idx, verdict) in [(0, Ok(())), (1, REVOKED), (2, REVOKED), (3, REVOKED)] {
        let token = world.token_at(&world.list_uri(), idx);
        assert_eq!(world.verdict(&token).await, verdict, "{idx}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_index_beyond_the_list_is_refused() {
    let (world, _) = world().await;
    for idx in [8, 9, 1 << 40, i64::MAX.unsigned_abs()] {
        let verdict = world.verdict(&world.token_at(&world.list_uri(), idx)).await;
        assert_eq!(verdict, Err(VerifyError::Rejected(Rejection::NotInStatusList)), "{idx}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_list_that_is_not_the_issuers_by_its_address_is_not_fetched() {
    let (world, _) = world().await;
    let before = world.all_requests();
    for uri in [
        "https://elsewhere.example/status-lists/1".to_owned(),
        "http://127.0.0.1:1/status-lists/1".to_owned(),
        world.list_uri().replace("127.0.0.1", "localhost"),
        world.list_uri().replace("127.0.0.1", "127.0.0.2"),
        world.list_uri().replace("http:", "https:"),
        world.list_uri().replace("http://", "http://user@"),
        format!("{}?a=b", world.list_uri()),
        LIST.to_owned(),
        "file:///etc/passwd".to_owned(),
        world.url.clone(),
        world.url.replace("http:", "HTTP:") + LIST,
        format!("{}0{LIST}", world.url),
        format!("{}/{LIST}", world.url),
        world.uri_of(JWKS),
        world.uri_of("/elsewhere/status-lists/1"),
        world.uri_of("/status-lists"),
        world.uri_of("/status-lists/"),
        world.uri_of("/status-lists/01"),
        world.uri_of("/status-lists/+1"),
        world.uri_of("/status-lists/%31"),
        world.uri_of("/status-lists/256"),
        world.uri_of("/status-lists/1/"),
        world.uri_of("/status-lists/1/../../jwks"),
        world.uri_of("/status-lists/../status-lists/1"),
        world.uri_of("/status-lists/1#a"),
    ] {
        let verdict = world.verdict(&world.token_at(&uri, 3)).await;
        assert_eq!(verdict, Err(VerifyError::Rejected(Rejection::ForeignStatusList)), "{uri}");
    }
    // Those for the keys alone.
    assert_eq!(world.all_requests() - before, 2);
}

#[tokio::test(start_paused = true)]
async fn any_number_of_calls_share_one_fetch_of_a_list() {
    let (world, token) = world().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (world, token) = (Arc::clone(&world), token.clone());
        calls.spawn(async move { world.verdict(&token).await });
    }
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert_eq!((world.requests(LIST), world.requests(JWKS)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_is_known_once_the_list_is_stale_within_bounds() {
    for (ttl, seconds) in
        [(None, 5), (Some(1), 1), (Some(20), 20), (Some(60), 60), (Some(100_000), 60)]
    {
        let (world, token) = world().await;
        let claims = world.list_claims(0);
        world.publish(&match ttl {
            Some(ttl) => with(claims, "ttl", json!(ttl)),
            None => claims,
        });
        assert_eq!(world.verdict(&token).await, Ok(()));
        world.publish(&world.list_claims(0b0000_1000));
        world.advance(seconds * 3 / 4).await;
        if seconds * 3 % 4 != 0 {
            assert_eq!(world.verdict(&token).await, Ok(()), "{ttl:?}");
            assert_eq!(world.requests(LIST), 1, "{ttl:?}");
        }
        world.advance(seconds - seconds * 3 / 4).await;
        assert_eq!(world.verdict(&token).await, REVOKED, "{ttl:?}");
        assert_eq!(world.requests(LIST), 2, "{ttl:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_in_use_is_revalidated_in_the_background() {
    let (world, token) = world().await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.publish(&world.list_claims(0b0000_1000));
    world.advance(4).await;
    // No call waits for the revalidation, which takes effect when it is done.
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.until(&token, REVOKED).await;
    assert_eq!(world.requests(LIST), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_list_no_token_is_accepted() {
    let (world, token) = world().await;
    for failure in [Reply::status(404), Reply::status(500), Reply::ok("garbage"), Reply::ok("")] {
        world.respond(LIST, failure);
        assert_eq!(world.verdict(&token).await, NO_LIST);
        world.advance(1).await;
    }
    world.respond(LIST, Reply::Silence);
    let (verdict, ()) = tokio::join!(world.verdict(&token), async {
        world.until_requested(LIST, 5).await;
        world.advance(3).await;
    });
    assert_eq!(verdict, NO_LIST);
    // A token without a list is unaffected.
    assert_eq!(world.verdict(&world.token()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_last_good_list_is_served_stale_until_it_expires() {
    for (exp, seconds) in [(Some(40), 50), (Some(1_000), 1_010), (None, 300)] {
        let (world, token) = world().await;
        let revoked = world.token_at(&world.list_uri(), 0);
        let claims = world.list_claims(1);
        world.publish(&match exp {
            // Plus the clock skew of ten seconds.
            Some(exp) => with(claims, "exp", json!(world.now() + exp)),
            None => claims,
        });
        assert_eq!(world.verdict(&token).await, Ok(()));
        world.respond(LIST, Reply::status(500));
        world.advance(seconds - 1).await;
        assert_eq!(world.verdict(&token).await, Ok(()), "{exp:?}");
        assert_eq!(world.verdict(&revoked).await, REVOKED, "{exp:?}");
        world.advance(1).await;
        world.until(&token, NO_LIST).await;
        assert_eq!(world.verdict(&revoked).await, NO_LIST, "{exp:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_is_not_used_beyond_its_exp_however_long_its_ttl_is() {
    let (world, token) = world().await;
    let claims = with(world.list_claims(0), "exp", json!(world.now() + 2));
    world.publish(&with(claims, "ttl", json!(60)));
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.publish(&world.list_claims(0b0000_1000));
    world.advance(12).await;
    assert_eq!(world.verdict(&token).await, REVOKED);
}

#[tokio::test(start_paused = true)]
async fn nothing_but_a_newer_list_of_the_issuers_replaces_a_good_one() {
    let (world, token) = world().await;
    let revoked = with(world.list_claims(0b0000_1000), "exp", json!(world.now() + 100_000));
    world.publish(&revoked);
    assert_eq!(world.verdict(&token).await, REVOKED);
    let none_revoked = world.list_claims(0);
    let elsewhere = format!("{}/status-lists/2", world.url);
    for forged in [
        signed_by(&other_key_pair(), "statuslist+jwt", &none_revoked),
        token_of("at+jwt", &none_revoked),
        list_token(&with(none_revoked.clone(), "sub", json!(elsewhere))),
        list_token(&with(none_revoked.clone(), "iss", json!(elsewhere))),
        list_token(&with(none_revoked.clone(), "exp", json!(world.now() - 100))),
        list_token(&with(none_revoked.clone(), "iat", json!(world.now() + 100_000))),
        list_token(&with(none_revoked.clone(), "iat", json!(world.now() - 3))),
        list_token(&with(none_revoked.clone(), "status_list", json!({"bits": 1, "lst": "AAAA"}))),
        world.token(),
    ] {
        world.respond(LIST, Reply::ok(forged.clone()));
        let times = world.requests(LIST);
        world.advance(60).await;
        assert_eq!(world.verdict(&token).await, REVOKED, "{forged}");
        assert_eq!(world.requests(LIST), times + 1);
    }
    // A list with a later `iat` does.
    world.publish(&world.list_claims(0));
    world.advance(60).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
}

fn token_of(typ: &str, claims: &Value) -> String {
    token(with(list_header(), "typ", json!(typ)).to_string(), claims.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_list_that_a_new_key_has_signed_brings_that_key_along() {
    let (world, token) = world().await;
    assert_eq!(world.verdict(&world.token()).await, Ok(()));
    let next = other_key_pair();
    world.respond(JWKS, keys_with(&next));
    world.advance(10).await;
    let list = signed_by(&next, "statuslist+jwt", &world.list_claims(0));
    world.respond(LIST, Reply::ok(list));
    assert_eq!(world.verdict(&token).await, Ok(()));
    assert_eq!((world.requests(JWKS), world.requests(LIST)), (2, 1));
}

/// The monotonic clock stops while a machine is suspended: by it, the list is still fresh.
#[tokio::test(start_paused = true)]
async fn after_a_suspension_a_list_is_as_old_as_the_wall_clock_says() {
    let (world, token) = world().await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.suspend(60);
    world.publish(&world.list_claims(0b0000_1000));
    assert_eq!(world.verdict(&token).await, REVOKED);
    assert_eq!(world.requests(LIST), 2);
}
