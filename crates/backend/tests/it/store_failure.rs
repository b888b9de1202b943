//! Storage failures: fails closed with 503, loses no change, authenticates no caller.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use backend::pace::rest;
use futures_util::future::join_all;
use serde_json::json;
use shared::{SessionId, path};
use tokio::time::Instant;

use crate::support::{Faulty, PASSWORD, Place, TestApp};

#[tokio::test]
async fn every_call_that_needs_storage_is_503_and_keeps_the_cookie() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let before = alice.refresh_token();
    store.set_broken(true);
    for answer in [
        alice.refresh().await,
        alice.refresh_with("attempt-key-number-1").await,
        alice.me().await,
        alice.logout().await,
        alice.login("alice", PASSWORD).await,
        alice.register("bob").await,
        alice.get(path::HEALTH_READY).await,
        alice.confirm(PASSWORD).await,
        alice.change_password(PASSWORD, "marble heron beyond tuesday").await,
        alice.call(Method::PUT, path::NAME, Some(json!({"name": "Alice"}))).await,
        alice.call(Method::GET, path::SESSIONS, None).await,
        alice.call(Method::DELETE, path::SESSIONS, None).await,
        alice.call(Method::DELETE, &path::session(SessionId::from_bytes([7; 16])), None).await,
        alice.call(Method::GET, path::EVENTS, None).await,
        alice.call(Method::DELETE, path::ME, None).await,
    ] {
        answer.assert_problem(503, "temporarily_unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(answer.set_cookies().is_empty() && answer.header("clear-site-data").is_none());
    }
    app.browser().get(path::HEALTH_LIVE).await.assert_ok();
    assert_eq!(alice.refresh_token(), before);

    store.set_broken(false);
    app.browser().get(path::HEALTH_READY).await.assert_ok();
    alice.me().await.assert_ok();
    alice.refresh().await.assert_ok();
}

/// The write was committed, and its response from the database lost.
#[tokio::test]
async fn a_rotation_whose_commit_was_not_confirmed_heals_with_its_key() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    store.set_breaks_after_writing(true);
    alice.refresh_with("attempt-key-number-1").await.assert_problem(503, "temporarily_unavailable");
    store.set_breaks_after_writing(false);
    alice.refresh_with("attempt-key-number-1").await.assert_ok();
    alice.refresh().await.assert_ok();
}

/// A frozen database fails each query after two seconds, or never. The timeout of a call includes its wait for other
/// calls' queries.
#[tokio::test(start_paused = true)]
async fn however_many_calls_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in [Duration::from_secs(2), Duration::from_hours(1)] {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        store.freeze(frozen);
        // A tenth of a second apart.
        let call = async |number: u32| {
            rest(Duration::from_millis(100) * number).await;
            let begun = Instant::now();
            let answer = alice.call(Method::GET, path::EVENTS, None).await;
            (begun.elapsed(), answer)
        };
        for (took, answer) in join_all((0..40).map(call)).await {
            answer.assert_problem(503, "temporarily_unavailable");
            assert!(took < Duration::from_secs(3), "{took:?}, each question takes {frozen:?}");
        }
    }
}

/// Single-flight: concurrent calls share a read.
#[tokio::test]
async fn calls_at_the_same_moment_share_one_read_of_the_keys() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let before = store.keys_read();
    let calls = (0..50).map(|_| alice.call(Method::GET, path::EVENTS, None));
    for answer in join_all(calls).await {
        answer.assert_ok();
    }
    let reads = store.keys_read() - before;
    assert!(reads < 5, "{reads} reads for 50 calls");
}
