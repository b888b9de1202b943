//! An outage of the issuer: stale keys and lists are served for a limited time, and never a token without keys.

use std::time::Duration;

use verifier::Rejection;
use verifier::remote::{Unavailable, VerifyError};

use crate::support::other_key_pair;
use crate::support::world::{JWKS, METADATA, Reply, World, our_keys};

const NO_KEYS: Result<(), VerifyError> = Err(VerifyError::Unavailable(Unavailable::Keys));
const HOUR: u64 = 3_600;

/// Responses of an issuer in an outage.
fn failures() -> Vec<Reply> {
    vec![
        Reply::status(500),
        Reply::status(503),
        Reply::status(404),
        Reply::ok(""),
        Reply::ok("<html>Bad gateway</html>"),
        Reply::ok(r#"{"keys":[]}"#),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_last_good_keys_are_served_stale_for_an_hour_and_then_no_token_is_accepted() {
    for failure in failures() {
        let world = World::new().await;
        let token = world.token();
        world.verdict(&token).await.expect("accepted");
        world.respond(JWKS, failure);
        for age in [300, 1_000, 2_000, HOUR - 1] {
            world.advance(age - (world.now() - crate::support::NOW.0).unsigned_abs()).await;
            assert_eq!(world.verdict(&token).await, Ok(()), "{age}");
        }
        world.advance(1).await;
        world.until(&token, NO_KEYS).await;
        world.advance(HOUR).await;
        assert_eq!(world.verdict(&token).await, NO_KEYS);
        // Recovery takes effect at the next fetch.
        world.respond(JWKS, our_keys());
        world.advance(1).await;
        assert_eq!(world.verdict(&token).await, Ok(()));
    }
}

/// The outage limit of an hour includes the time while the machine is suspended.
#[tokio::test(start_paused = true)]
async fn after_a_suspension_the_last_good_keys_are_as_old_as_the_wall_clock_says() {
    for failure in failures() {
        let world = World::new().await;
        let token = world.token();
        world.verdict(&token).await.expect("accepted");
        world.respond(JWKS, failure);
        world.suspend(i64::try_from(HOUR).expect("an hour") + 2);
        assert_eq!(world.verdict(&token).await, NO_KEYS);
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_cannot_be_reached_is_found_again() {
    let world = World::new().await;
    let token = world.token();
    world.verdict(&token).await.expect("accepted");
    world.take_down().await;
    world.advance(HOUR - 1).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(1).await;
    world.until(&token, NO_KEYS).await;
    world.bring_back().await;
    world.advance(1).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_an_outage_is_the_services_to_choose() {
    let world = World::with(|it| it.outage_limit(Duration::from_secs(600))).await;
    let token = world.token();
    world.verdict(&token).await.expect("accepted");
    world.respond(METADATA, Reply::status(500));
    world.advance(599).await;
    assert_eq!(world.verdict(&token).await, Ok(()));
    world.advance(1).await;
    world.until(&token, NO_KEYS).await;
}

#[tokio::test(start_paused = true)]
async fn in_a_slow_outage_one_call_waits_and_then_none() {
    let world = World::new().await;
    let token = world.token();
    world.verdict(&token).await.expect("accepted");
    world.respond(METADATA, Reply::Silence);
    world.advance(300).await;
    let (verdict, ()) = tokio::join!(world.verdict(&token), async {
        world.until_requested(METADATA, 2).await;
        world.advance(3).await;
    });
    assert_eq!(verdict, Ok(()));
    // From now on each call starts a fetch in the background, and none waits.
    for times in 3..10 {
        world.advance(1).await;
        let before = world.now();
        world.verdict(&token).await.expect("at once");
        assert_eq!(world.now(), before);
        world.until_requested(METADATA, times).await;
        world.advance(3).await;
        // The next fetch can begin once that one has finished.
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_was_never_reached_is_asked_once_a_second() {
    let world = World::new().await;
    let token = world.token();
    world.respond(METADATA, Reply::status(502));
    for times in 1..5 {
        for _ in 0..20 {
            assert_eq!(world.verdict(&token).await, NO_KEYS);
        }
        assert_eq!(world.requests(METADATA), times);
        world.advance(1).await;
    }
    world.respond(METADATA, world.metadata());
    assert_eq!(world.verdict(&token).await, Ok(()));
}

/// An attacker with unknown keys must not be able to make a service answer 503.
#[tokio::test(start_paused = true)]
async fn an_unknown_key_in_an_outage_is_refused_and_nothing_more() {
    let world = World::new().await;
    world.verdict(&world.token()).await.expect("accepted");
    world.respond(JWKS, Reply::status(500));
    let stranger = world.token_by(&other_key_pair());
    for _ in 0..3 {
        world.advance(10).await;
        let verdict = world.verdict(&stranger).await;
        assert_eq!(verdict, Err(VerifyError::Rejected(Rejection::UnknownKey)));
    }
    assert_eq!(world.requests(JWKS), 4);
    assert_eq!(world.verdict(&world.token()).await, Ok(()));
}
