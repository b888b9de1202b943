//! Storage failures: fails closed with 503, loses no change, authenticates no caller.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use backend::pace::rest;
use futures_util::future::join_all;
use serde_json::json;
use shared::{SessionId, path};
use tokio::time::Instant;

use crate::services::{form, service};
use crate::support::{Answer, Browser, Faulty, Frozen, ORIGIN, PASSWORD, Place, TestApp};

/// The timeout of a query at an engine.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Longer than any call waits.
const NEVER: Duration = Duration::from_hours(1);

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

/// Forty calls, a tenth of a second apart: each is 503 within 3 s, its wait for other calls' queries included.
async fn assert_each_is_answered_in_time(
    frozen: (Frozen, Duration),
    call: impl AsyncFn(usize) -> Answer,
) {
    let timed = async |number: u32| {
        rest(Duration::from_millis(100) * number).await;
        let begun = Instant::now();
        let answer = call(number as usize).await;
        (begun.elapsed(), answer)
    };
    for (took, answer) in join_all((0..40).map(timed)).await {
        answer.assert_problem(503, "temporarily_unavailable");
        assert!(took < Duration::from_secs(3), "{took:?}, while it is frozen: {frozen:?}");
    }
}

/// A frozen database fails each query after two seconds, or never.
#[tokio::test(start_paused = true)]
async fn however_many_calls_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in [(Frozen::Everything, TIMEOUT), (Frozen::Everything, NEVER)] {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        store.freeze(frozen.0, frozen.1);
        let call = async |_: usize| alice.call(Method::GET, path::EVENTS, None).await;
        assert_each_is_answered_in_time(frozen, call).await;
    }
}

/// The service is read without a deadline but the engine's; its token's session within that of the call.
#[tokio::test(start_paused = true)]
async fn however_many_introspections_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in
        [(Frozen::Everything, TIMEOUT), (Frozen::Sessions, TIMEOUT), (Frozen::Sessions, NEVER)]
    {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        let notes = service(&app, "notes", ORIGIN).await;
        let body = format!("token={}", alice.access_token());
        store.freeze(frozen.0, frozen.1);
        let call = async |_: usize| form(&app, path::INTROSPECT, Some(&notes), &body).await;
        assert_each_is_answered_in_time(frozen, call).await;
    }
}

/// Services fetch the list every two seconds, all of them at once after an outage of the network.
#[tokio::test(start_paused = true)]
async fn however_many_services_fetch_the_status_list_each_is_answered_in_time() {
    for frozen in [(Frozen::Everything, TIMEOUT), (Frozen::Everything, NEVER)] {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        store.freeze(frozen.0, frozen.1);
        let call = async |_: usize| app.browser().get(path::STATUS_LIST).await;
        assert_each_is_answered_in_time(frozen, call).await;
    }
}

/// Step-up: each password check of an account waits for the one before. Four sessions, within their rate limits.
#[tokio::test(start_paused = true)]
async fn however_many_step_ups_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in
        [(Frozen::Everything, TIMEOUT), (Frozen::Changes, TIMEOUT), (Frozen::Changes, NEVER)]
    {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let mut sessions = vec![app.registered("alice").await];
        for _ in 0..3 {
            sessions.push(app.logged_in("alice").await);
        }
        let tokens = || sessions.iter().map(Browser::refresh_token).collect::<Vec<_>>();
        let before = tokens();
        store.freeze(frozen.0, frozen.1);
        let call = async |number: usize| sessions[number % 4].confirm(PASSWORD).await;
        assert_each_is_answered_in_time(frozen, call).await;
        assert_eq!(tokens(), before);
    }
}

/// The attempt is counted, and the database freezes while the password is verified.
#[tokio::test(start_paused = true)]
async fn a_password_check_that_a_frozen_database_overtakes_is_answered_in_time() {
    for call in ["a step-up", "a change of password", "a login"] {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        store.freeze_after(1, TIMEOUT);
        let begun = Instant::now();
        let answer = match call {
            "a step-up" => alice.confirm(PASSWORD).await,
            "a login" => alice.login("alice", PASSWORD).await,
            _ => alice.change_password(PASSWORD, "marble heron beyond tuesday").await,
        };
        answer.assert_problem(503, "temporarily_unavailable");
        let took = begun.elapsed();
        assert!((TIMEOUT..Duration::from_secs(3)).contains(&took), "{call}: {took:?}");
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
