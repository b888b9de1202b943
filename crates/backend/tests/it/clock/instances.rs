//! Clock skew between instances: within the tolerance they accept each other's tokens, and a revocation stays cached
//! until they expire; beyond it an instance serves no call. The operator is warned before.

use axum::http::Method;
use backend::auth::revocation::status_index::{ListNumber, index};
use backend::clock::Clock;
use backend::clock::tolerance::SKEW_TOLERANCE_SECONDS;
use shared::path;
use verifier::{KeySet, Status, StatusListToken, Verifier};

use super::listener::{follow, until};
use crate::support::{Browser, Log, ORIGIN, START, TestApp, on_every_store};

/// A clock so many seconds ahead of the database's, already compared with it.
fn clock_ahead(seconds: i64) -> Clock {
    let clock = Clock::manual(START.plus(seconds));
    clock.compare(START);
    clock
}

async fn instance_ahead(app: &TestApp, seconds: i64) -> TestApp {
    app.another_instance_by(&clock_ahead(seconds)).await
}

/// The list of this number.
async fn list(app: &TestApp, number: u8) -> StatusListToken {
    let keys = KeySet::from_jwks(&app.browser().get(path::JWKS).await.body).expect("keys");
    let list = app.browser().get(&path::status_list(number)).await;
    let verifier = Verifier::new(ORIGIN, [ORIGIN], KeySet::default());
    let uri = format!("{ORIGIN}{}", path::status_list(number));
    let list = verifier.verify_status_list(&keys, &uri, &list.body, app.clock.now());
    list.expect("a list")
}

#[tokio::test]
async fn instances_that_serve_accept_each_others_tokens_at_once() {
    let most = SKEW_TOLERANCE_SECONDS;
    for (one, other) in [(4, 0), (0, -4), (most, -most)] {
        on_every_store(async |app| {
            let ahead = instance_ahead(&app, one).await;
            let behind = instance_ahead(&app, other).await;
            let alice = ahead.registered("alice").await;
            alice.copied().through(&behind).me().await.assert_ok();
            let there = alice.through(&behind);
            there.refresh().await.assert_ok();
            there.through(&ahead).me().await.assert_ok();
            let dated = [&ahead, &behind].map(async |app| list(app, 1).await.iat);
            for iat in futures_util::future::join_all(dated).await {
                assert_eq!(iat, START, "a service takes the lists of both, in any order");
            }
        })
        .await;
    }
}

/// The worst case of skew: the last token of the session is issued by the clock furthest ahead and revoked at the one
/// furthest behind.
#[tokio::test]
async fn a_revocation_stays_cached_for_tokens_of_an_instance_whose_clock_is_ahead() {
    on_every_store(async |app| {
        let ahead = instance_ahead(&app, SKEW_TOLERANCE_SECONDS).await;
        let behind = instance_ahead(&app, -SKEW_TOLERANCE_SECONDS).await;
        let alice = ahead.registered("alice").await;
        let session = serde_json::from_value(alice.claims()["sid"].clone()).expect("an id");
        let _following = follow(&behind).await;
        alice.copied().through(&behind).logout().await.assert_status(204);
        let call = |browser: &Browser| browser.copied().through(&behind);
        for seconds in [2, 300, 300, 300, 4, 3] {
            // Timers as well, so that the cached status list expires.
            ahead.clock.suspend(seconds);
            behind.clock.suspend(seconds);
            // Another revocation, so that the listener has surely run, and evicted what it may.
            let bob = ahead.browser();
            bob.register(&format!("bob{}", behind.clock.now().0)).await.assert_status(201);
            let known = behind.app.event_log.revocations.count();
            bob.logout().await.assert_status(204);
            until(|| behind.app.event_log.revocations.count() > known).await;
            // Answered from the revocation cache, without a query.
            until(|| behind.app.event_log.revocations.is_complete()).await;
            let answer = call(&alice).call(Method::GET, path::EVENTS, None).await;
            answer.assert_problem(401, "invalid_token");
            assert_eq!(answer.json()["ended_because"], "logout", "its token has not expired");
            let list = list(&behind, ListNumber::of(session).get()).await.list;
            assert_eq!(list.get(index(session)), Some(Status::Invalid));
        }
    })
    .await;
}

/// Minutes apart, instances would refuse each other's tokens, and evict revocations whose tokens have not expired
/// elsewhere.
#[tokio::test]
async fn an_instance_whose_clock_is_far_from_the_databases_serves_nothing() {
    for seconds in [110, -110, SKEW_TOLERANCE_SECONDS + 1, -SKEW_TOLERANCE_SECONDS - 1] {
        on_every_store(async |app| {
            let wrong = instance_ahead(&app, seconds).await;
            let alice = app.registered("alice").await;
            let there = alice.copied().through(&wrong);
            there.me().await.assert_problem(503, "temporarily_unavailable");
            there.refresh().await.assert_problem(503, "temporarily_unavailable");
            let answer = wrong.browser().get(path::HEALTH_READY).await;
            answer.assert_problem(503, "temporarily_unavailable");
            let detail = answer.json()["detail"].to_string();
            assert!(detail.contains(&format!("differ by {seconds} s")), "{detail}");
            alice.me().await.assert_ok();
        })
        .await;
    }
}

/// The operator is warned before tokens are refused.
#[tokio::test]
async fn a_difference_of_more_than_two_seconds_is_logged_once_and_shown_in_readiness() {
    let app = TestApp::in_memory().await;
    let (log, _listening) = Log::of_json();
    let ready = async || {
        let answer = app.browser().get(path::HEALTH_READY).await;
        answer.assert_status(200);
        answer.body
    };
    let logged = |event: &str| {
        let lines = log.objects();
        lines.iter().filter(|line| line["fields"]["event"] == event).count()
    };
    app.clock.compare(START.plus(-2));
    assert_eq!((ready().await.as_str(), logged("clock.skewed")), ("ready\n", 0));
    for _ in 0..3 {
        app.clock.compare(START.plus(-4));
    }
    let remark = "ready\nthe machine's clock is 4 s ahead of the database's\n";
    assert_eq!((ready().await.as_str(), logged("clock.skewed")), (remark, 1));
    app.clock.compare(START);
    assert_eq!((ready().await.as_str(), logged("clock.agrees")), ("ready\n", 1));
    app.clock.compare(START.plus(5));
    let remark = "ready\nthe machine's clock is 5 s behind the database's\n";
    assert_eq!((ready().await.as_str(), logged("clock.skewed")), (remark, 2));
}

/// The same with the clock of the database.
#[tokio::test]
async fn the_databases_clock_is_the_judge() {
    on_every_store(async |app| {
        let Some(database) = app.store.clock().await.expect("a store") else { return };
        app.clock.step(database.since(app.clock.now()) + 5);
        app.clock.compare_with(&*app.store).await.expect("a store");
        let answer = app.browser().get(path::HEALTH_READY).await;
        answer.assert_status(200);
        assert!(answer.body.contains("s ahead of the database's"), "{}", answer.body);
    })
    .await;
}
