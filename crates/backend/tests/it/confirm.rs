//! Step-up authentication (RFC 9470): a refresh with the password reauthenticates the session.

use serde_json::json;
use shared::path;

use crate::support::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, on_every_store};

#[tokio::test]
async fn the_password_makes_the_login_recent_and_rotates_the_cookie() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(1_000);
        let before = alice.refresh_token();
        alice.confirm(PASSWORD).await.assert_ok();
        assert_ne!(alice.refresh_token(), before);
        let claims = alice.claims();
        assert_eq!(
            (&claims["auth_time"], &claims["iat"]),
            (&1_800_001_000.into(), &1_800_001_000.into())
        );
        alice.refresh().await.assert_ok();
        assert_eq!(alice.claims()["auth_time"], 1_800_001_000);
        assert!(alice.events().await.contains(&"confirmed".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_changes_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let before = alice.refresh_token();
        let answer = alice.confirm("a wrong password, mistyped").await;
        answer.assert_problem(401, "invalid_credentials");
        assert!(answer.set_cookies().is_empty());
        assert_eq!(alice.refresh_token(), before);
        alice.me().await.assert_ok();
        assert_eq!(alice.events().await[0], "confirm_failed");
        alice.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_replayed_ticket_revokes_the_session_with_or_without_the_password() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let thief = alice.copied();
        alice.refresh().await.assert_ok();
        thief.confirm("a wrong password, mistyped").await.assert_problem(401, "invalid_grant");
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn without_a_session_there_is_nothing_to_confirm() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let answer = app.browser().confirm(PASSWORD).await;
    answer.assert_problem(401, "invalid_grant");
    let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.contains("No refresh cookie"), "{detail}");
    let copy = alice.copied();
    alice.logout().await.assert_status(204);
    let answer = copy.confirm(PASSWORD).await;
    answer.assert_problem(401, "invalid_grant");
    assert_eq!(answer.json().get("detail"), None);
    let body = json!({"password": PASSWORD, "email": "alice@example.com"});
    app.logged_in("alice")
        .await
        .post(path::CONFIRM, body)
        .await
        .assert_problem(400, "malformed_request");
}

/// Idempotency: a retry with the same key has the same response.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(1_000);
        alice.copied().confirm_with(PASSWORD, "attempt-key-number-1").await.assert_ok();
        alice.confirm_with(PASSWORD, "attempt-key-number-1").await.assert_ok();
        alice.refresh().await.assert_ok();
    })
    .await;
}

/// Default policy: a refresh from another kind of device requires step-up; no token is rotated before.
#[tokio::test]
async fn a_session_that_is_used_on_another_device_requires_a_step_up() {
    on_every_store(async |app| {
        let alice = app.browser().calling_itself(FIREFOX_ON_LINUX);
        alice.register("alice").await.assert_status(201);
        let elsewhere = alice.copied().calling_itself(SAFARI_ON_IPHONE);
        for _ in 0..2 {
            let answer = elsewhere.refresh().await;
            answer.assert_problem(401, "insufficient_user_authentication");
            assert!(answer.set_cookies().is_empty());
        }
        let events = alice.events().await;
        assert_eq!(events.iter().filter(|kind| *kind == "device_changed").count(), 1, "{events:?}");
        elsewhere.confirm(PASSWORD).await.assert_ok();
        elsewhere.refresh().await.assert_ok();
        elsewhere.me().await.assert_ok();
    })
    .await;
}

/// Step-up binds the session, not the device: otherwise a thief could vary the `User-Agent` until it matches. After
/// the owner reauthenticates, the thief's token is a replay.
#[tokio::test]
async fn once_a_step_up_is_required_it_is_required_on_every_device() {
    on_every_store(async |app| {
        let alice = app.browser().calling_itself(FIREFOX_ON_LINUX);
        alice.register("alice").await.assert_status(201);
        let thief = alice.copied().calling_itself(SAFARI_ON_IPHONE);
        thief.refresh().await.assert_problem(401, "insufficient_user_authentication");
        let thief = thief.calling_itself(FIREFOX_ON_LINUX);
        thief.refresh().await.assert_problem(401, "insufficient_user_authentication");
        alice.refresh().await.assert_problem(401, "insufficient_user_authentication");
        alice.confirm(PASSWORD).await.assert_ok();
        alice.refresh().await.assert_ok();
        thief.refresh().await.assert_problem(401, "invalid_grant");
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

/// Sessions older than the device column, and clients without a `User-Agent`, need no step-up.
#[tokio::test]
async fn where_nothing_was_known_nothing_has_changed() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let alice = alice.calling_itself(FIREFOX_ON_LINUX).at("203.0.113.9");
        alice.refresh().await.assert_ok();
        assert_eq!(alice.events().await, ["registered"]);
        assert_eq!(alice.refreshes().await, 1);
        let elsewhere = alice.calling_itself(SAFARI_ON_IPHONE);
        elsewhere.refresh().await.assert_problem(401, "insufficient_user_authentication");
    })
    .await;
}

/// A replayed token is a replay first; the unusual device comes second.
#[tokio::test]
async fn a_replay_from_another_device_revokes_the_session() {
    on_every_store(async |app| {
        let alice = app.browser().calling_itself(FIREFOX_ON_LINUX);
        alice.register("alice").await.assert_status(201);
        let thief = alice.copied().calling_itself(SAFARI_ON_IPHONE);
        alice.refresh().await.assert_ok();
        thief.refresh().await.assert_problem(401, "invalid_grant");
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

/// Browsers retry by themselves: each retry verifies the password, but only the first reauthenticates.
#[tokio::test]
async fn a_confirmation_that_arrives_three_times_is_one() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let copies = [alice.copied(), alice.copied(), alice.copied()];
        for copy in &copies {
            app.clock.advance(10);
            copy.confirm_with(PASSWORD, "attempt-key-number-1").await.assert_ok();
        }
        let [first, .., last] = copies;
        assert_eq!(last.claims()["auth_time"], first.claims()["auth_time"]);
        assert_eq!(last.refresh_token(), first.refresh_token());
        let confirmed = last.events().await.iter().filter(|kind| *kind == "confirmed").count();
        assert_eq!(confirmed, 1);
        let wrong = "marble heron beyond tuesday";
        let wrong = first.confirm_with(wrong, "attempt-key-number-2").await;
        wrong.assert_problem(401, "invalid_credentials");
    })
    .await;
}

/// The idempotency key is that of a refresh whose response was lost: the password still counts.
#[tokio::test]
async fn a_confirmation_with_the_key_of_a_refresh_confirms() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(100);
        alice.refresh_and_lose_the_answer("attempt-key-number-1").await.assert_ok();
        alice.confirm_with(PASSWORD, "attempt-key-number-1").await.assert_ok();
        assert_eq!(alice.claims()["auth_time"], 1_800_000_100);
        assert!(alice.events().await.iter().any(|kind| kind == "confirmed"));
    })
    .await;
}

/// The response was lost, and by now the session requires step-up again: a retry with the same key reauthenticates.
#[tokio::test]
async fn a_confirmation_with_a_used_key_confirms_if_a_step_up_is_required() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.copied().confirm_with(PASSWORD, "attempt-key-number-1").await.assert_ok();
        app.clock.advance(901);
        alice.confirm_with(PASSWORD, "attempt-key-number-1").await.assert_ok();
        assert_eq!(alice.claims()["auth_time"], 1_800_000_901);
    })
    .await;
}
