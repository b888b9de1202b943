//! The revocation listener while the clock is set ahead or back: a revoked session stays revoked throughout, and the
//! listener reads no revocation older than an access token's life.

use std::time::Duration;

use axum::http::Method;
use backend::auth::revocation::revocation_cache::{RevocationCache, SessionStatus};
use backend::auth::revocation::revocation_listener::ListenerTask;
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
        assert!(begun.elapsed() < PATIENCE, "the condition was not met");
        look_again.tick().await;
    }
}

fn revocations(app: &TestApp) -> &RevocationCache {
    &app.app.event_log.revocations
}

/// Subscribes the instance to revocations of others; returns once the cache is complete.
pub(super) async fn follow(app: &TestApp) -> ListenerTask {
    let following = app.app.revocation_listener.listen();
    until(|| revocations(app).is_complete()).await;
    following
}

async fn call(browser: &Browser, app: &TestApp) -> Answer {
    browser.copied().through(app).call(Method::GET, path::EVENTS, None).await
}

/// Waits until the listener has seen the step of the clock: the cache is incomplete, or it has been rebuilt by the
/// clock's new time.
async fn until_it_has_seen_the_step(app: &TestApp, known: usize) {
    until(|| !revocations(app).is_complete() || revocations(app).count() != known).await;
}

#[tokio::test]
async fn a_revoked_session_stays_revoked_while_the_clock_is_set_ahead_and_back() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let _following = follow(&app).await;
        alice.copied().logout().await.assert_status(204);
        call(&alice, &app).await.assert_problem(401, "invalid_token");
        app.clock.step(FORTY_DAYS);
        until_it_has_seen_the_step(&app, 1).await;
        app.clock.step(-FORTY_DAYS);
        // At once, and after the cache is complete again.
        call(&alice, &app).await.assert_problem(401, "invalid_token");
        assert_eq!(revocations(&app).count(), 1);
        until(|| revocations(&app).is_complete()).await;
        call(&alice, &app).await.assert_problem(401, "invalid_token");
    })
    .await;
}

/// The revocations of forty days would not fit into memory.
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

/// Cached by a wrong clock, a revocation would be evicted as soon as the clock is right.
#[tokio::test]
async fn a_revocation_that_arrives_while_the_clock_is_wrong_stays_cached() {
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
            // Notifications are ordered: a later change of the key ring has arrived, so the revocation has, too.
            let keys = here.app.keys.rotate(KeyPurpose::Refresh, &here.store, START);
            let next = keys.await.expect("a store").kid;
            let knows = || {
                let ring = there.app.keys.current();
                ring.stored().iter().any(|key| key.kid == next)
            };
            until(knows).await;
            clock.step(-step);
            call(&alice, &there).await.assert_problem(401, "invalid_token");
            until(|| revocations(&there).is_complete()).await;
            for clock in [&clock, &here.clock] {
                clock.advance(11);
            }
            // Another revocation, so that the listener has surely looked for revocations to evict.
            bob.logout().await.assert_status(204);
            until(|| {
                revocations(&there).status(bobs) == SessionStatus::Revoked(RevocationReason::Logout)
            })
            .await;
            until(|| revocations(&there).is_complete()).await;
            call(&alice, &there).await.assert_problem(401, "invalid_token");
        })
        .await;
    }
}
