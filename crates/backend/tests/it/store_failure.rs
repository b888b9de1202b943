//! Storage failures: fails closed with 503, loses no change, authenticates no caller.

mod any_step;

use std::iter::once;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::http::Method;
use backend::auth::account::email::Email;
use backend::auth::login::login_throttle::FREE;
use backend::auth::login::password_hasher::Priority;
use backend::pace::rest;
use backend::store::AccountTag;
use futures_util::future::join_all;
use futures_util::poll;
use serde_json::json;
use shared::{SessionId, path};
use tokio::time::Instant;

use crate::services::{form, service};
use crate::support::{Answer, Browser, Faulty, Frozen, ORIGIN, PASSWORD, Place, TestApp};

/// The timeouts of a query: PostgreSQL's and SQLite's.
const TIMEOUTS: [Duration; 2] = [Duration::from_secs(2), Duration::from_millis(2_400)];
/// Longer than any call waits.
const NEVER: Duration = Duration::from_hours(1);
/// Within which a failing storage must have been answered for.
const PATIENCE: Duration = Duration::from_secs(3);
const NEW_PASSWORD: &str = "marble heron beyond tuesday";
const KEY: &str = "attempt-key-number-1";

#[tokio::test]
async fn every_call_that_needs_storage_is_503_and_keeps_the_cookie() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let before = alice.refresh_token();
    store.set_broken(true);
    for answer in [
        alice.refresh().await,
        alice.refresh_with(KEY).await,
        alice.me().await,
        alice.logout().await,
        alice.login("alice", PASSWORD).await,
        alice.register("bob").await,
        alice.get(path::HEALTH_READY).await,
        alice.confirm(PASSWORD).await,
        alice.change_password(PASSWORD, NEW_PASSWORD).await,
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
    alice.refresh_with(KEY).await.assert_problem(503, "temporarily_unavailable");
    store.set_breaks_after_writing(false);
    alice.refresh_with(KEY).await.assert_ok();
    alice.refresh().await.assert_ok();
}

/// A frozen database fails each query of this part at its engine's timeout.
fn failing(part: Frozen) -> impl Iterator<Item = (Frozen, Duration)> {
    TIMEOUTS.into_iter().map(move |timeout| (part, timeout))
}

/// The same, or never.
fn failing_or_silent(part: Frozen) -> impl Iterator<Item = (Frozen, Duration)> {
    failing(part).chain(once((part, NEVER)))
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
        assert!(took < PATIENCE, "{took:?}, while it is frozen: {frozen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn however_many_calls_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in failing_or_silent(Frozen::Everything) {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        store.freeze(frozen.0, frozen.1);
        let call = async |_: usize| alice.call(Method::GET, path::EVENTS, None).await;
        assert_each_is_answered_in_time(frozen, call).await;
    }
}

#[tokio::test(start_paused = true)]
async fn however_many_introspections_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in failing_or_silent(Frozen::Everything).chain(failing_or_silent(Frozen::Sessions)) {
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

/// Services fetch the list every two seconds, each at a moment of its own.
#[tokio::test(start_paused = true)]
async fn however_many_services_fetch_the_status_list_each_is_answered_in_time() {
    for frozen in failing_or_silent(Frozen::Everything) {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        store.freeze(frozen.0, frozen.1);
        // All lists wait for one look at storage.
        let call = async |number: usize| {
            let number = u8::try_from(number % 3).expect("one of three");
            app.browser().get(&path::status_list(number)).await
        };
        assert_each_is_answered_in_time(frozen, call).await;
    }
}

/// A login holds its permit while its count waits for storage, and the others queue behind it.
#[tokio::test(start_paused = true)]
async fn however_many_logins_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in failing_or_silent(Frozen::Everything).chain(failing_or_silent(Frozen::Changes)) {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        store.freeze(frozen.0, frozen.1);
        let call =
            async |number: usize| app.browser().login(&format!("guest{number}"), PASSWORD).await;
        assert_each_is_answered_in_time(frozen, call).await;
    }
}

/// Registrations queue behind logins, for the hash of the new password.
#[tokio::test(start_paused = true)]
async fn however_many_registrations_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in failing_or_silent(Frozen::Everything).chain(failing_or_silent(Frozen::Changes)) {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        store.freeze(frozen.0, frozen.1);
        let call = async |number: usize| {
            let (browser, name) = (app.browser(), format!("guest{number}"));
            if number.is_multiple_of(2) {
                browser.login(&name, PASSWORD).await
            } else {
                browser.register(&name).await
            }
        };
        assert_each_is_answered_in_time(frozen, call).await;
    }
}

/// Step-up: each password check of an account waits for the one before. Four sessions, within their rate limits.
#[tokio::test(start_paused = true)]
async fn however_many_step_ups_meet_a_frozen_database_each_is_answered_in_time() {
    for frozen in failing_or_silent(Frozen::Everything).chain(failing_or_silent(Frozen::Changes)) {
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
    for (part, timeout) in failing(Frozen::Everything).chain(failing(Frozen::Changes)) {
        for call in ["a step-up", "a change of password", "a retry of a login"] {
            let store = Faulty::new();
            let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
            let alice = app.registered("alice").await;
            let login = json!({"email": "alice@example.com", "password": PASSWORD});
            alice.post_with(KEY, path::LOGIN, login.clone()).await.assert_ok();
            store.freeze_after(1, part, timeout);
            let begun = Instant::now();
            let answer = match call {
                "a step-up" => alice.confirm(PASSWORD).await,
                "a retry of a login" => alice.post_with(KEY, path::LOGIN, login).await,
                _ => alice.change_password(PASSWORD, NEW_PASSWORD).await,
            };
            answer.assert_problem(503, "temporarily_unavailable");
            let took = begun.elapsed();
            assert!((timeout..PATIENCE).contains(&took), "{call}, {part:?}: {took:?}");
        }
    }
}

/// The current password was right, and the database freezes while the new one waits for a permit.
#[tokio::test(start_paused = true)]
async fn a_new_password_that_a_frozen_database_overtakes_is_answered_in_time() {
    for (part, timeout) in failing(Frozen::Everything).chain(failing(Frozen::Changes)) {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        let hasher = app.app.logins.attempts.hasher.clone();
        let email = Email::parse("alice@example.com").expect("an address");
        let priority = Priority::KnownAccount(AccountTag::of(&email));
        // The attempt, and the reset of its two counts.
        store.freeze_after(3, part, timeout);
        let before = hasher.permit(priority).await.expect("a permit");
        let change = async {
            let begun = Instant::now();
            let answer = alice.change_password(PASSWORD, NEW_PASSWORD).await;
            (begun.elapsed(), answer)
        };
        // Another password of the account has its turn between the two of the call.
        let queue = async {
            rest(Duration::from_millis(10)).await;
            let mut between = pin!(hasher.permit(priority));
            assert!(poll!(between.as_mut()).is_pending());
            drop(before);
            let between = between.await.expect("a permit");
            rest(Duration::from_millis(1_400)).await;
            drop(between);
        };
        let ((took, answer), ()) = tokio::join!(change, queue);
        answer.assert_problem(503, "temporarily_unavailable");
        assert!(took < PATIENCE, "{part:?}: {took:?}");
    }
}

/// The session is open, and the database freezes before the counts of account and device are reset.
#[tokio::test(start_paused = true)]
async fn a_login_whose_counts_cannot_be_reset_is_answered_in_time() {
    for timeout in TIMEOUTS {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        // The attempt, and its session.
        store.freeze_after(2, Frozen::Everything, timeout);
        let begun = Instant::now();
        alice.login("alice", PASSWORD).await.assert_ok();
        let took = begun.elapsed();
        assert!((timeout..PATIENCE).contains(&took), "{took:?}");
    }
}

/// After a session was revoked, what storage is still asked is best effort: 503 would deny the end.
#[tokio::test(start_paused = true)]
async fn an_end_that_took_place_is_not_answered_with_a_failure() {
    for which in ["own session", "account", "logout"] {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        let id = alice.claims()["sid"].as_str().and_then(|id| id.parse().ok());
        let session = path::session(id.expect("a session"));
        store.freeze_after(1, Frozen::Everything, NEVER);
        let begun = Instant::now();
        let answer = match which {
            "own session" => alice.call(Method::DELETE, &session, None).await,
            "account" => alice.call(Method::DELETE, path::ME, None).await,
            _ => alice.logout().await,
        };
        answer.assert_status(204);
        assert!(!answer.set_cookies().is_empty(), "{which}");
        assert!(begun.elapsed() < PATIENCE, "{which}");
    }
}

/// The session is open, and changes freeze: its cookie has the usual name all the same, which was this server's before.
#[tokio::test(start_paused = true)]
async fn a_count_that_cannot_be_reset_does_not_rename_the_cookie() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let before = alice.cookie_names();
    // The attempt, and its session.
    store.freeze_after(2, Frozen::Changes, TIMEOUTS[0]);
    alice.login("alice", PASSWORD).await.assert_ok();
    assert_eq!(alice.cookie_names(), before);
}

/// No place in the queue for a hash: a retry that has waited for this shares it, rather than queue as long again.
#[tokio::test(start_paused = true)]
async fn a_retry_shares_the_wait_of_its_first_request() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    let hasher = app.app.logins.attempts.hasher.clone();
    let mut busy = Vec::new();
    while let Poll::Ready(permit) = poll!(pin!(hasher.permit(Priority::Normal))) {
        busy.push(permit.expect("a permit"));
    }
    let browser = app.browser();
    let login = json!({"email": "alice@example.com", "password": PASSWORD});
    let begun = Instant::now();
    let attempts = (0..3).map(|_| browser.post_with(KEY, path::LOGIN, login.clone()));
    for answer in join_all(attempts).await {
        answer.assert_problem(503, "temporarily_unavailable");
    }
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    drop(busy);
    browser.post_with(KEY, path::LOGIN, login).await.assert_ok();
}

/// A reset ends at its first failure, so it begins with the count that the attempt was recorded by: the device's.
#[tokio::test]
async fn a_reset_that_storage_cuts_short_has_reset_the_count_of_the_device() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    // Once more than failures are free of throttling.
    for _ in 0..=FREE {
        // The attempt, its session, and one reset.
        store.break_after(3);
        alice.login("alice", PASSWORD).await.assert_ok();
        store.set_broken(false);
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
