//! Idempotent sign-ins: a retry opens no second session, and a retried registration is not refused because its own
//! account exists.

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::path::{self, REFRESH_COOKIE};

use super::{DAY, KEY, OTHER_KEY, count, session_of};
use crate::support::{
    Answer, Browser, FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, on_every_store,
};

async fn log_in(browser: &Browser, key: &str, name: &str, password: &str) -> Answer {
    let body = json!({"email": format!("{name}@example.com"), "password": password});
    browser.post_with(key, path::LOGIN, body).await
}

async fn register(browser: &Browser, key: &str, name: &str) -> Answer {
    let body = json!({"email": format!("{name}@example.com"), "password": PASSWORD, "name": name});
    browser.post_with(key, path::REGISTER, body).await
}

async fn sessions(browser: &Browser) -> Vec<Value> {
    let answer = browser.call(Method::GET, path::SESSIONS, None).await;
    answer.assert_ok().json()["sessions"].as_array().expect("sessions").clone()
}

#[tokio::test]
async fn a_login_that_arrives_eight_times_begins_one_session() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let browser = app.browser();
        let first = log_in(&browser, KEY, "alice", PASSWORD).await;
        let first_ticket = browser.refresh_token();
        for _ in 0..7 {
            let again = log_in(&browser, KEY, "alice", PASSWORD).await;
            assert_eq!(again.assert_ok().json()["session_id"], first.json()["session_id"]);
            assert_eq!(browser.refresh_token(), first_ticket, "ticket 1, computed again");
            browser.me().await.assert_ok();
        }
        assert_eq!(sessions(&alice).await.len(), 2);
        assert_eq!(count(&alice, "logged_in").await, 1);
        browser.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_registration_that_arrives_eight_times_makes_one_account() {
    on_every_store(async |app| {
        let browser = app.browser();
        let first = register(&browser, KEY, "alice").await;
        first.assert_status(201);
        for _ in 0..7 {
            let again = register(&browser, KEY, "alice").await;
            assert_eq!(again.assert_status(201).json()["session_id"], first.json()["session_id"]);
            assert_eq!(again.json()["user"], first.json()["user"]);
        }
        assert_eq!(sessions(&browser).await.len(), 1);
        register(&app.browser(), OTHER_KEY, "alice").await.assert_problem(409, "email_taken");
        app.browser().register("alice").await.assert_problem(409, "email_taken");
    })
    .await;
}

#[tokio::test]
async fn copies_of_a_sign_in_at_two_instances_begin_one_session() {
    on_every_store(async |app| {
        let there = app.another_instance().await;
        let browsers = || {
            let instance = |copy: u32| if copy.is_multiple_of(2) { &app } else { &there };
            (0..8).map(move |copy| instance(copy).browser()).collect::<Vec<_>>()
        };
        let copies = browsers();
        let copies = copies.iter().map(|browser| register(browser, KEY, "alice"));
        let registered = join_all(copies).await;
        let session = registered[0].json()["session_id"].clone();
        for answer in &registered {
            assert_eq!(answer.assert_status(201).json()["session_id"], session);
        }
        let copies = browsers();
        let copies = copies.iter().map(|browser| log_in(browser, OTHER_KEY, "alice", PASSWORD));
        let logged_in = join_all(copies).await;
        let session = logged_in[0].json()["session_id"].clone();
        for answer in &logged_in {
            assert_eq!(answer.assert_ok().json()["session_id"], session);
        }
        let alice = app.logged_in("alice").await;
        assert_eq!(sessions(&alice).await.len(), 3);
    })
    .await;
}

/// An idempotency key is no credential: without the password it gives no session.
#[tokio::test]
async fn another_password_under_the_same_key_is_a_failed_login() {
    on_every_store(async |app| {
        let browser = app.browser();
        register(&browser, KEY, "alice").await.assert_status(201);
        log_in(&browser, OTHER_KEY, "alice", PASSWORD).await.assert_ok();
        let thief = app.browser();
        let body = json!({"email": "alice@example.com", "password": "marble heron beyond tuesday", "name": "alice"});
        let registered = thief.post_with(KEY, path::REGISTER, body).await;
        registered.assert_problem(401, "invalid_credentials");
        let logged_in = log_in(&thief, OTHER_KEY, "alice", "marble heron beyond tuesday").await;
        logged_in.assert_problem(401, "invalid_credentials");
        assert_eq!(thief.cookie(REFRESH_COOKIE), None);
        assert_eq!(count(&browser, "login_failed").await, 2);
    })
    .await;
}

#[tokio::test]
async fn wrong_passwords_under_a_key_lock_out_as_any_others() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    register(&browser, KEY, "alice").await.assert_status(201);
    let (thief, mut answers) = (app.browser(), Vec::new());
    for number in 0..8 {
        let guess = format!("marble heron beyond {number}");
        answers.push(log_in(&thief, KEY, "alice", &guess).await.status);
    }
    assert!(answers.contains(&axum::http::StatusCode::TOO_MANY_REQUESTS), "{answers:?}");
}

/// A thief with a copy of the whole request has the password; the copy is recorded as from a new device and network.
#[tokio::test]
async fn a_copy_from_another_client_is_recorded_and_makes_no_device_known() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let browser = app.browser().calling_itself(FIREFOX_ON_LINUX).at("192.0.2.7");
        log_in(&browser, KEY, "alice", PASSWORD).await.assert_ok();
        let again = app.browser().calling_itself(FIREFOX_ON_LINUX).at("192.0.2.7");
        log_in(&again, KEY, "alice", PASSWORD).await.assert_ok();
        assert!(again.device_cookie().is_some(), "its answer was lost, cookies and all");
        let thief = app.browser().calling_itself(SAFARI_ON_IPHONE).at("198.51.100.9");
        log_in(&thief, KEY, "alice", PASSWORD).await.assert_ok();
        assert_eq!(thief.device_cookie(), None);
        let mut events = browser.events().await;
        events.truncate(3);
        events.sort_unstable();
        assert_eq!(events, ["answered_again", "new_device", "new_network"]);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_another_sign_in_is_refused() {
    on_every_store(async |app| {
        let browser = app.browser();
        register(&browser, KEY, "alice").await.assert_status(201);
        register(&app.browser(), KEY, "bob").await.assert_problem(422, "idempotency_key_reused");
        log_in(&app.browser(), KEY, "alice", PASSWORD)
            .await
            .assert_problem(422, "idempotency_key_reused");
        let body = json!({"email": "alice@example.com", "password": PASSWORD, "name": "Alice"});
        let renamed = app.browser().post_with(KEY, path::REGISTER, body).await;
        renamed.assert_problem(422, "idempotency_key_reused");
        register(&app.browser(), OTHER_KEY, "bob").await.assert_status(201);
    })
    .await;
}

/// The first ticket is issued again only until it has been presented: later it would overwrite a newer ticket in the
/// cookie jar.
#[tokio::test]
async fn a_late_copy_of_a_sign_in_sets_no_cookie() {
    on_every_store(async |app| {
        let browser = app.browser();
        log_in_after_registering(&app, &browser).await;
        browser.refresh().await.assert_ok();
        let late = log_in(&browser.copied(), KEY, "alice", PASSWORD).await;
        late.assert_problem(409, "duplicate_attempt");
        assert!(late.set_cookies().is_empty(), "{late:?}");
        browser.refresh().await.assert_ok();
        browser.logout().await.assert_status(204);
        let late = log_in(&app.browser(), KEY, "alice", PASSWORD).await;
        late.assert_problem(409, "duplicate_attempt");
        // The key has expired.
        let other = app.browser();
        log_in(&other, OTHER_KEY, "alice", PASSWORD).await.assert_ok();
        app.clock.advance(DAY + 1);
        let forgotten =
            log_in(&app.browser(), OTHER_KEY, "alice", PASSWORD).await.assert_ok().json();
        assert_ne!(forgotten["session_id"], session_of(&other), "a key is remembered for a day");
    })
    .await;
}

async fn log_in_after_registering(app: &TestApp, browser: &Browser) {
    app.registered("alice").await;
    log_in(browser, KEY, "alice", PASSWORD).await.assert_ok();
}

/// The retry brings the cookie that the first response set: the login must not revoke the session that it returns.
#[tokio::test]
async fn a_copy_with_the_cookie_of_its_own_session_revokes_nothing() {
    on_every_store(async |app| {
        let browser = app.browser();
        log_in_after_registering(&app, &browser).await;
        let session = session_of(&browser);
        log_in(&browser, KEY, "alice", PASSWORD).await.assert_ok();
        assert_eq!(session_of(&browser), session);
        browser.me().await.assert_ok();
        browser.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn copies_count_once_against_the_rate_limit() {
    let app = TestApp::with(&[
        "--rate-limit",
        "registrations-per-network=5/600s",
        "--rate-limit",
        "logins-per-network-and-account=10/60s",
    ])
    .await;
    let browser = app.browser();
    // The rate limit lets a network register five times at once.
    for number in 0..5 {
        let (key, name) = (format!("registration-number-{number}"), format!("user{number}"));
        for _ in 0..8 {
            register(&browser, &key, &name).await.assert_status(201);
        }
    }
    register(&browser, "registration-number-6", "user6").await.assert_problem(429, "rate_limited");
    // And log in to an account ten times, from an unknown device.
    for key in [KEY, OTHER_KEY] {
        for _ in 0..9 {
            log_in(&app.browser(), key, "user0", PASSWORD).await.assert_ok();
        }
    }
}

/// One submit with a mistyped password is one failure, however often the browser retries.
#[tokio::test]
async fn copies_with_the_same_wrong_password_are_counted_once() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        for number in 0..4 {
            let (key, wrong) =
                (format!("login-number-{number}-mistyped"), format!("{PASSWORD}{number}"));
            for _ in 0..8 {
                let copy = log_in(&app.browser(), &key, "alice", &wrong).await;
                copy.assert_problem(401, "invalid_credentials");
            }
        }
        assert_eq!(count(&alice, "login_failed").await, 4);
        log_in(&app.browser(), KEY, "alice", PASSWORD).await.assert_ok();
    })
    .await;
}

/// The key remembers the wrong password only; the right one is verified.
#[tokio::test]
async fn a_key_may_be_used_again_after_a_mistyped_password() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let browser = app.browser();
        log_in(&browser, KEY, "alice", "marble heron beyond tuesday")
            .await
            .assert_problem(401, "invalid_credentials");
        log_in(&browser, KEY, "alice", PASSWORD).await.assert_ok();
        log_in(&browser, KEY, "alice", PASSWORD).await.assert_ok();
    })
    .await;
}

/// Free retries are bounded: otherwise a caller with a password could have it verified without limit.
#[tokio::test]
async fn more_copies_than_a_browser_sends_are_rate_limited() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    let mut answered = 0;
    while log_in(&app.browser(), KEY, "alice", PASSWORD).await.status == 200 {
        answered += 1;
        assert!(answered < 100, "never limited");
    }
    assert_eq!(answered, 28, "twenty count against the limit, and eight copies are free");
}

#[tokio::test]
async fn a_disabled_user_is_not_answered_again() {
    on_every_store(async |app| {
        let browser = app.browser();
        log_in_after_registering(&app, &browser).await;
        app.disable("alice").await;
        let again = log_in(&browser, KEY, "alice", PASSWORD).await;
        again.assert_problem(401, "invalid_credentials");
    })
    .await;
}
