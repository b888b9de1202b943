//! The feed of ended sessions runs while the clock is set, ahead or back: an ended session stays ended through all of
//! it, and no more is read than tokens can be alive of.

use std::time::Duration;

use axum::http::Method;
use backend::auth::revocation_cache::{RevocationCache, SessionStatus};
use backend::auth::revocation_listener::ListenerTask;
use backend::clock::Clock;
use backend::store::KeyPurpose;
use shared::{RevocationReason, SessionId, path};
use tokio::time::Instant;

use super::FORTY_DAYS;
use crate::support::{Answer, Browser, START, TestApp, on_every_store};

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn until(mut it_is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    let mut look_again = tokio::time::interval(Duration::from_millis(5));
    while !it_is_so() {
        assert!(begun.elapsed() < PATIENCE, "it did not come about");
        look_again.tick().await;
    }
}

fn revocations(app: &TestApp) -> &RevocationCache {
    &app.app.sessions.event_log.revocations
}

/// From now on the instance hears what others end; until it has read what there was before.
pub(super) async fn follow(app: &TestApp) -> ListenerTask {
    let following = app.app.sessions.listen_for_revocations();
    until(|| revocations(app).is_complete()).await;
    following
}

async fn call(browser: &Browser, app: &TestApp) -> Answer {
    browser.copied().through(app).call(Method::GET, path::EVENTS, None).await
}

/// Until the feed has come by at least once since the clock was set: it trusts nothing then, or, if it does, has
/// taken what the clock says for true.
async fn until_it_has_seen_the_step(app: &TestApp, known: usize) {
    until(|| !revocations(app).is_complete() || revocations(app).count() != known).await;
}

#[tokio::test]
async fn an_ended_session_stays_ended_while_the_clock_is_set_ahead_and_back() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let _following = follow(&app).await;
        alice.copied().logout().await.assert_status(204);
        call(&alice, &app).await.assert_problem(401, "invalid_token");
        app.clock.step(FORTY_DAYS);
        until_it_has_seen_the_step(&app, 1).await;
        app.clock.step(-FORTY_DAYS);
        // At this moment, and when it has found its way again.
        call(&alice, &app).await.assert_problem(401, "invalid_token");
        assert_eq!(revocations(&app).count(), 1);
        until(|| revocations(&app).is_complete()).await;
        call(&alice, &app).await.assert_problem(401, "invalid_token");
    })
    .await;
}

/// All that has ended in forty days would have to fit into memory.
#[tokio::test]
async fn nothing_is_read_from_before_a_clock_that_was_set_back() {
    on_every_store(async |app| {
        let _following = follow(&app).await;
        app.registered("alice").await.logout().await.assert_status(204);
        app.clock.advance(2_000);
        until(|| revocations(&app).count() == 0).await;
        app.clock.step(-FORTY_DAYS);
        until_it_has_seen_the_step(&app, 0).await;
        assert_eq!(revocations(&app).count(), 0);
        assert!(!revocations(&app).is_complete());
        app.clock.step(FORTY_DAYS);
        until(|| revocations(&app).is_complete()).await;
        assert_eq!(revocations(&app).count(), 0);
    })
    .await;
}

/// What is heard of while the clock is behind would be forgotten as soon as it is right.
#[tokio::test]
async fn an_end_that_is_heard_of_while_the_clock_is_wrong_is_remembered() {
    for step in [-3_600, FORTY_DAYS] {
        on_every_store(async |here| {
            let clock = Clock::manual(here.clock.now());
            let there = here.another_instance_by(&clock).await;
            let (alice, bob) = (here.registered("alice").await, here.registered("bob").await);
            let bobs: SessionId =
                serde_json::from_value(bob.claims()["sid"].clone()).expect("an id");
            let _following = follow(&there).await;
            clock.step(step);
            until_it_has_seen_the_step(&there, 0).await;
            alice.copied().logout().await.assert_status(204);
            // Once it has heard of a later change, it has heard of this.
            let keys = here.app.sessions.keys.rotate(KeyPurpose::Refresh, &here.store, START);
            let next = keys.await.expect("a store").kid;
            let knows = || {
                let ring = there.app.sessions.keys.current();
                ring.stored().iter().any(|key| key.kid == next)
            };
            until(knows).await;
            clock.step(-step);
            call(&alice, &there).await.assert_problem(401, "invalid_token");
            until(|| revocations(&there).is_complete()).await;
            for clock in [&clock, &here.clock] {
                clock.advance(11);
            }
            // Another end, so that it has surely looked whether something can be forgotten.
            bob.logout().await.assert_status(204);
            until(|| {
                revocations(&there).status(bobs)
                    == SessionStatus::RevokedSession(RevocationReason::Logout)
            })
            .await;
            until(|| revocations(&there).is_complete()).await;
            call(&alice, &there).await.assert_problem(401, "invalid_token");
        })
        .await;
    }
}
