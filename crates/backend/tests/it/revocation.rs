//! Revocation latency: access tokens of a revoked session are rejected at once by the instance that revoked it, and
//! within a second by every other, without a query on each call.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use backend::auth::revocation::key_revocation::revoke_key;
use backend::auth::revocation::revocation_cache::{RevocationCache, SessionStatus};
use backend::clock::Clock;
use backend::store::{self, Notification, Reach};
use shared::{RevocationReason, SessionId, path};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::time::{Instant, advance};

use crate::support::{
    Answer, Browser, Faulty, Place, Relay, START, Schema, SubscriptionState, TestApp,
    on_every_store_with,
};

/// Tests call as often as they can.
const NO_LIMITS: &[&str] = &["--limits", "off"];
/// The promised latency.
const LAG: Duration = Duration::from_secs(1);
/// The timeout where no latency is promised.
const PATIENCE: Duration = Duration::from_secs(10);

/// A call that is authenticated by the token alone and reads no session.
async fn call(browser: &Browser) -> Answer {
    browser.call(Method::GET, path::EVENTS, None).await
}

fn revocations(app: &TestApp) -> &RevocationCache {
    &app.app.event_log.revocations
}

fn session_of(browser: &Browser) -> SessionId {
    serde_json::from_value(browser.claims()["sid"].clone()).expect("a session id")
}

/// Waits until the instance's revocation cache is complete.
async fn until_complete(app: &TestApp) {
    until(PATIENCE, || revocations(app).is_complete()).await;
}

/// A check that begins after the limit must succeed; a test that was scheduled late does not fail.
async fn until(limit: Duration, mut it_is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    let mut look_again = tokio::time::interval(Duration::from_millis(5));
    loop {
        let is_late = begun.elapsed() > limit;
        if it_is_so() {
            return;
        }
        assert!(!is_late, "the condition was not met within {limit:?}");
        look_again.tick().await;
    }
}

/// Calls until the token is rejected: no call that begins after the limit may succeed.
async fn until_refused(browser: &Browser, limit: Duration) -> Answer {
    let begun = Instant::now();
    loop {
        let is_late = begun.elapsed() > limit;
        let answer = call(browser).await;
        match answer.status.as_u16() {
            200 => assert!(!is_late, "the token was accepted after {limit:?}"),
            503 => assert!(begun.elapsed() < PATIENCE, "nothing but 503"),
            _ => return answer,
        }
    }
}

#[track_caller]
fn assert_revoked(answer: &Answer, reason: RevocationReason) {
    answer.assert_problem(401, "invalid_token");
    assert_eq!(answer.json()["ended_because"], reason.as_str(), "{answer:?}");
}

#[tokio::test]
async fn a_revocation_at_one_instance_is_known_at_the_other_within_a_second() {
    on_every_store_with(NO_LIMITS, async |here| {
        let there = here.another_instance().await;
        let _following =
            (here.app.revocation_listener.listen(), there.app.revocation_listener.listen());
        let alice = here.registered("alice").await;
        let others = here.logged_in("alice").await;
        until_complete(&here).await;
        until_complete(&there).await;
        let (alice_there, others_there) = (alice.through(&there), others.copied().through(&there));
        for browser in [&alice, &alice_there, &others_there] {
            call(browser).await.assert_ok();
        }

        let copy = others.copied();
        others.logout().await.assert_status(204);
        assert_revoked(&call(&copy).await, RevocationReason::Logout);
        assert_revoked(&until_refused(&others_there, LAG).await, RevocationReason::Logout);
        // Known by notification, not by a query; other sessions stay active.
        let status = revocations(&there).status(session_of(&others_there));
        assert_eq!(status, SessionStatus::Revoked(RevocationReason::Logout));
        call(&alice_there).await.assert_ok();
        assert!(revocations(&there).is_complete());
    })
    .await;
}

/// A key that may be stolen is rejected by every instance.
#[tokio::test]
async fn a_key_that_is_revoked_at_one_instance_is_refused_at_the_other_within_a_second() {
    on_every_store_with(NO_LIMITS, async |here| {
        let there = here.another_instance().await;
        let _following =
            (here.app.revocation_listener.listen(), there.app.revocation_listener.listen());
        let alice = here.registered("alice").await;
        until_complete(&there).await;
        let alice_there = alice.copied().through(&there);
        call(&alice_there).await.assert_ok();
        revoke_the_signing_key(&here).await;
        call(&alice).await.assert_problem(401, "invalid_token");
        until_refused(&alice_there, LAG).await.assert_problem(401, "invalid_token");
        assert!(revocations(&there).is_complete(), "known by notification, not by a query");
        alice.through(&there).refresh().await.assert_ok();
    })
    .await;
}

/// Without a subscription, each call reads the key ring again.
#[tokio::test]
async fn a_revoked_key_is_refused_at_an_instance_without_a_subscription() {
    on_every_store_with(NO_LIMITS, async |here| {
        let there = here.another_instance().await;
        let alice = here.registered("alice").await.through(&there);
        call(&alice).await.assert_ok();
        revoke_the_signing_key(&here).await;
        call(&alice).await.assert_problem(401, "invalid_token");
        alice.refresh().await.assert_ok();
        call(&alice).await.assert_ok();
    })
    .await;
}

/// The same for a revocation during an outage of the subscription, without a call in between.
#[tokio::test]
async fn a_key_that_was_revoked_during_an_outage_of_the_subscription_is_refused_after_it() {
    let store = Faulty::new();
    let here = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let there = here.another_instance().await;
    let alice = here.registered("alice").await.through(&there);
    let _following = there.app.revocation_listener.listen();
    until_complete(&there).await;
    call(&alice).await.assert_ok();
    store.set_subscription_state(SubscriptionState::Failing);
    until(LAG, || !revocations(&there).is_complete()).await;
    revoke_the_signing_key(&here).await;
    store.set_subscription_state(SubscriptionState::Good);
    until_complete(&there).await;
    call(&alice).await.assert_problem(401, "invalid_token");
}

async fn revoke_the_signing_key(app: &TestApp) {
    let keys = &app.app.keys;
    let signing = keys.current().signing(app.clock.now()).expect("a key").kid().to_owned();
    revoke_key(&app.app.event_log, keys, &signing, &mut |_| {}).await.expect("a store");
}

/// Sessions revoked with SQL at the database's console are no different.
#[tokio::test]
async fn a_revocation_with_sql_is_known_within_a_second() {
    const REVOKE_ALL: &str =
        "UPDATE sessions SET revoked_at = 1800000000, revoked_because = 'administrator'";
    let file = Place::file();
    let store = store::open(&file.url()).await.expect("a store");
    let app = TestApp::over(store, file, NO_LIMITS).await;
    let _following = app.app.revocation_listener.listen();
    let alice = app.registered("alice").await;
    until_complete(&app).await;
    let file = SqliteConnectOptions::new().filename(app.database().expect("a file"));
    let mut console = SqliteConnection::connect_with(&file).await.expect("a connection");
    sqlx::raw_sql(REVOKE_ALL).execute(&mut console).await.expect("a revocation");
    assert_revoked(&until_refused(&alice, LAG).await, RevocationReason::Administrator);

    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let mut console = schema.connection().await;
    let app = TestApp::over(store, Place::Schema(schema), NO_LIMITS).await;
    let _following = app.app.revocation_listener.listen();
    let alice = app.registered("alice").await;
    until_complete(&app).await;
    sqlx::raw_sql(REVOKE_ALL).execute(&mut console).await.expect("a revocation");
    assert_revoked(&until_refused(&alice, LAG).await, RevocationReason::Administrator);
}

/// SQLite reports every commit. Only a revocation, or a revoked row that is copied from elsewhere, lets an instance
/// count the revocations of the last minute.
#[tokio::test]
async fn on_sqlite_a_refresh_causes_no_count_of_revocations() {
    const COPY: &str = "CREATE TEMPORARY TABLE copy AS SELECT * FROM sessions;
        UPDATE copy SET id = randomblob(16); INSERT INTO sessions SELECT * FROM copy";
    let file = Place::file();
    let store = store::open(&file.url()).await.expect("a store");
    let app = TestApp::over(Arc::clone(&store), file, NO_LIMITS).await;
    let alice = app.registered("alice").await;
    let mut subscription = store.subscribe().await.expect("a subscription");
    alice.refresh().await.assert_ok();
    let without_revocations = Reach::Named { revoked: Vec::new(), since: None };
    let answer = subscription.next().await.expect("an answer");
    assert_eq!(answer, Notification::Change(without_revocations));
    alice.copied().logout().await.assert_status(204);
    let answer = subscription.next().await.expect("an answer");
    assert_eq!(answer, Notification::Change(Reach::LastChange));
    let file = SqliteConnectOptions::new().filename(app.database().expect("a file"));
    let mut console = SqliteConnection::connect_with(&file).await.expect("a connection");
    sqlx::raw_sql(COPY).execute(&mut console).await.expect("a copy");
    let answer = subscription.next().await.expect("an answer");
    assert_eq!(answer, Notification::Change(Reach::LastChange));
}

#[tokio::test]
async fn a_complete_revocation_cache_saves_the_query_on_each_call() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    call(&alice).await.assert_ok();
    assert_eq!(store.sessions_read(), 1, "until the cache is complete, the store is queried");
    let _following = app.app.revocation_listener.listen();
    until_complete(&app).await;
    for _ in 0..10 {
        call(&alice).await.assert_ok();
    }
    assert_eq!(store.sessions_read(), 1);
}

/// Fails closed in two steps: without the subscription each call is a query, without the store a 503.
#[tokio::test]
async fn without_the_subscription_the_store_is_queried_and_without_the_store_no_call_succeeds() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    let there = app.another_instance().await;
    let _following = app.app.revocation_listener.listen();
    until_complete(&app).await;

    store.set_subscription_state(SubscriptionState::Failing);
    until(LAG, || !revocations(&app).is_complete()).await;
    call(&alice).await.assert_ok();
    assert_eq!(store.sessions_read(), 1);
    bob.copied().through(&there).logout().await.assert_status(204);
    assert_revoked(&call(&bob).await, RevocationReason::Logout);

    store.set_broken(true);
    for browser in [&alice, &bob] {
        call(browser).await.assert_problem(503, "temporarily_unavailable");
    }
    store.set_broken(false);
    store.set_subscription_state(SubscriptionState::Good);
    until_complete(&app).await;
    // The listener has read the revocation that it missed.
    assert_eq!(
        revocations(&app).status(session_of(&bob)),
        SessionStatus::Revoked(RevocationReason::Logout)
    );
    call(&alice).await.assert_ok();
}

#[tokio::test(start_paused = true)]
async fn a_silent_subscription_makes_the_cache_stale_within_a_second() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let _following = app.app.revocation_listener.listen();
    until_complete(&app).await;
    store.set_subscription_state(SubscriptionState::Stuck);
    let begun = Instant::now();
    until(PATIENCE, || !revocations(&app).is_complete()).await;
    assert!(begun.elapsed() < LAG, "{:?}", begun.elapsed());
    // The cache stays incomplete while the subscription is silent.
    advance(PATIENCE).await;
    assert!(!revocations(&app).is_complete());
    store.set_subscription_state(SubscriptionState::Good);
    until_complete(&app).await;
}

/// The cache becomes stale by its own deadline, not by a task.
#[tokio::test(start_paused = true)]
async fn the_revocation_cache_becomes_stale_by_itself() {
    let clock = Clock::manual(START);
    let (revocations, now) = (RevocationCache::new(&clock), clock.boot_instant());
    revocations.mark_complete(now, now + Duration::from_millis(900));
    assert!(revocations.is_complete());
    advance(Duration::from_millis(900)).await;
    assert!(!revocations.is_complete());
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_before_the_invalidation_does_not_complete_the_cache() {
    let clock = Clock::manual(START);
    let (revocations, asked) = (RevocationCache::new(&clock), clock.boot_instant());
    advance(Duration::from_millis(1)).await;
    revocations.invalidate();
    revocations.mark_complete(asked, asked + LAG);
    assert!(!revocations.is_complete());
    advance(Duration::from_millis(1)).await;
    revocations.mark_complete(clock.boot_instant(), asked + LAG);
    assert!(revocations.is_complete());
}

/// The revocation was committed but its response lost: the call is a 503, and the session's status is queried from
/// then on.
#[tokio::test]
async fn the_status_is_queried_after_a_revocation_with_an_unknown_outcome() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let now = app.clock.boot_instant();
    revocations(&app).mark_complete(now, now + PATIENCE);
    store.set_breaks_after_writing(true);
    alice.copied().logout().await.assert_problem(503, "temporarily_unavailable");
    store.set_breaks_after_writing(false);
    assert_revoked(&call(&alice).await, RevocationReason::Logout);
}

#[tokio::test]
async fn a_restart_loses_no_revocation() {
    on_every_store_with(NO_LIMITS, async |app| {
        let alice = app.registered("alice").await;
        alice.copied().logout().await.assert_status(204);
        let again = app.another_instance().await;
        let _following = again.app.revocation_listener.listen();
        assert_revoked(&call(&alice.through(&again)).await, RevocationReason::Logout);
        until_complete(&again).await;
        let status = revocations(&again).status(session_of(&alice));
        assert_eq!(status, SessionStatus::Revoked(RevocationReason::Logout));
    })
    .await;
}

/// Evicted once every token has expired, and read again if the clock is set back.
#[tokio::test]
async fn revocations_stay_cached_as_long_as_tokens_live() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let _following = app.app.revocation_listener.listen();
    alice.copied().logout().await.assert_status(204);
    until_complete(&app).await;
    app.clock.advance(900);
    // Another revocation, so that the listener has surely run.
    app.registered("bob").await.logout().await.assert_status(204);
    until(PATIENCE, || revocations(&app).count() == 2).await;
    app.clock.advance(3_600);
    until(PATIENCE, || revocations(&app).count() == 0).await;
    app.clock.advance(-4_500);
    until(PATIENCE, || revocations(&app).count() == 2).await;
    assert_revoked(&call(&alice).await, RevocationReason::Logout);
}

/// Resource servers may verify offline, so `exp` is capped at the session's expiry.
#[tokio::test]
async fn an_access_token_does_not_outlive_a_session_that_is_not_refreshed() {
    let app = TestApp::with(&["--refresh-idle-seconds", "60"]).await;
    let _following = app.app.revocation_listener.listen();
    let alice = app.registered("alice").await;
    until_complete(&app).await;
    app.clock.advance(59);
    call(&alice).await.assert_ok();
    // Verifiers tolerate a clock skew of ten seconds.
    app.clock.advance(11);
    call(&alice).await.assert_problem(401, "invalid_token");
}

/// Two instances over PostgreSQL, the second through a relay.
async fn behind_a_relay() -> Option<(TestApp, TestApp, Relay)> {
    let schema = Schema::new().await?;
    let near = store::open(schema.url.as_str()).await.expect("a store");
    let host = schema.url.host_str().expect("a host").to_owned();
    let relay = Relay::to(host, schema.url.port().unwrap_or(5432)).await;
    let far = store::open(schema.through(relay.port).as_str()).await.expect("a store");
    let near = TestApp::over(near, Place::Schema(schema), NO_LIMITS).await;
    let far = near.another_instance_over(far).await;
    Some((near, far, relay))
}

/// A working connection may get no notifications: a table that has replaced the old one notifies on another channel.
#[tokio::test]
async fn a_subscription_to_a_replaced_table_is_detected() {
    const REPLACE: &str = "
        ALTER TABLE sessions RENAME TO sessions_before;
        CREATE TABLE sessions (LIKE sessions_before)";
    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let mut subscription = store.subscribe().await.expect("a subscription");
    assert_eq!(subscription.next().await.expect("an answer"), Notification::Revoked(Vec::new()));
    let mut console = schema.connection().await;
    sqlx::raw_sql(REPLACE).execute(&mut console).await.expect("another table");
    assert!(subscription.next().await.is_err());
}

/// A frozen network looks like silence.
#[tokio::test]
async fn a_frozen_network_is_noticed_within_a_second_and_what_was_missed_is_known_after_it() {
    let Some((near, far, relay)) = behind_a_relay().await else { return };
    let _following = far.app.revocation_listener.listen();
    let alice = near.registered("alice").await;
    let alice_far = alice.copied().through(&far);
    until_complete(&far).await;
    call(&alice_far).await.assert_ok();
    relay.freeze();
    until(LAG, || !revocations(&far).is_complete()).await;
    alice.logout().await.assert_status(204);
    call(&alice_far).await.assert_problem(503, "temporarily_unavailable");
    relay.thaw();
    assert_revoked(&until_refused(&alice_far, PATIENCE).await, RevocationReason::Logout);
    until_complete(&far).await;
    assert_eq!(
        revocations(&far).status(session_of(&alice_far)),
        SessionStatus::Revoked(RevocationReason::Logout)
    );
}

#[tokio::test]
async fn a_connection_that_is_cut_or_swallowed_is_replaced_and_nothing_is_missed() {
    for break_it in [Relay::cut, Relay::swallow] {
        let Some((near, far, relay)) = behind_a_relay().await else { return };
        let _following = far.app.revocation_listener.listen();
        let alice = near.registered("alice").await;
        let alice_far = alice.copied().through(&far);
        until_complete(&far).await;
        call(&alice_far).await.assert_ok();
        break_it(&relay);
        alice.logout().await.assert_status(204);
        until(LAG, || {
            let known = revocations(&far).status(session_of(&alice_far));
            known != SessionStatus::Active
        })
        .await;
        assert_revoked(&until_refused(&alice_far, PATIENCE).await, RevocationReason::Logout);
        until_complete(&far).await;
        assert_eq!(
            revocations(&far).status(session_of(&alice_far)),
            SessionStatus::Revoked(RevocationReason::Logout)
        );
    }
}
