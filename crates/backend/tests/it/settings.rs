//! What a user changes about their account: password, name, and its end.

use axum::http::Method;
use serde_json::json;
use shared::path::{self, REFRESH_COOKIE};

use crate::support::{PASSWORD, TestApp, on_every_store};

const NEW: &str = "marble heron beyond tuesday";
const KEY: &str = "attempt-key-number-1";

/// ASVS 5.0.0 V6.2.3, V7.4.3.
#[tokio::test]
async fn another_password_ends_all_other_sessions_and_this_one_goes_on() {
    on_every_store(async |app| {
        let (here, there) = (app.registered("alice").await, app.logged_in("alice").await);
        let (bob, stolen) = (app.registered("bob").await, here.copied());
        let before = here.refresh_token();
        let answer = here.change_password(PASSWORD, NEW).await;
        answer.assert_status(204);
        assert_ne!(here.refresh_token(), before);

        let refused = there.me().await;
        refused.assert_problem(401, "invalid_token");
        assert_eq!(refused.json()["ended_because"], "password_change");
        there.refresh().await.assert_problem(401, "invalid_grant");
        here.me().await.assert_ok();
        here.refresh().await.assert_ok();
        bob.refresh().await.assert_ok();

        app.browser().login("alice", PASSWORD).await.assert_problem(401, "invalid_credentials");
        app.browser().login("alice", NEW).await.assert_ok();
        assert!(here.events().await.contains(&"password_changed".to_owned()));
        // A copy of the cookie from before is a replay.
        stolen.refresh().await.assert_problem(401, "invalid_grant");
        here.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn the_answer_to_a_password_change_carries_the_next_cookie() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    insta::assert_snapshot!(alice.change_password(PASSWORD, NEW).await.snapshot(), @r"
    204 No Content
    cache-control: no-store
    set-cookie: __Host-Http-refresh=[ticket]; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800
    set-cookie: __Host-signed-in=1; SameSite=Lax; Secure; Path=/; Max-Age=604800
    ");
}

/// It is a rotation like any other: whoever loses the answer asks for it again, at refresh.
#[tokio::test]
async fn a_lost_answer_to_a_password_change_signs_nobody_out() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.refresh_with("attempt-key-number-0").await.assert_ok();
        alice.copied().change_password_with(PASSWORD, NEW, KEY).await.assert_status(204);
        alice.refresh_with(KEY).await.assert_ok();
        alice.refresh().await.assert_ok();
        alice.me().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_password_is_not_changed_without_the_current_one_or_to_a_weak_one() {
    on_every_store(async |app| {
        let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
        let wrong = alice.change_password("a wrong password, mistyped", NEW).await;
        wrong.assert_problem(401, "invalid_credentials");
        let weak = alice.change_password(PASSWORD, "short").await;
        weak.assert_problem(422, "validation_failed");
        assert_eq!(weak.json()["errors"][0]["field"], "new_password");
        for answer in [wrong, weak] {
            assert!(answer.set_cookies().is_empty());
        }
        other.refresh().await.assert_ok();
        alice.refresh().await.assert_ok();
        app.logged_in("alice").await;
    })
    .await;
}

#[tokio::test]
async fn a_name_is_changed_and_taken_away() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let rename = async |name: serde_json::Value| {
            alice.call(Method::PUT, path::NAME, Some(json!({"name": name}))).await
        };
        rename("Alice B.".into()).await.assert_status(204);
        assert_eq!(alice.me().await.json()["user"]["name"], "Alice B.");
        let answer = rename("a\nb".into()).await;
        answer.assert_problem(422, "validation_failed");
        assert_eq!(answer.json()["errors"][0]["field"], "name");
        rename("  ".into()).await.assert_status(204);
        assert_eq!(alice.me().await.json()["user"]["name"], serde_json::Value::Null);
        assert_eq!(alice.events().await[0], "name_changed");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_account_is_gone_and_its_address_is_free() {
    on_every_store(async |app| {
        let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
        let bob = app.registered("bob").await;
        let answer = alice.call(Method::DELETE, path::ME, None).await;
        answer.assert_status(204);
        assert_eq!(alice.cookie(REFRESH_COOKIE), None);
        for gone in [&alice, &other] {
            gone.me().await.assert_problem(401, "invalid_token");
        }
        other.refresh().await.assert_problem(401, "invalid_grant");
        app.browser().login("alice", PASSWORD).await.assert_problem(401, "invalid_credentials");
        let anew = app.registered("alice").await;
        assert_eq!(anew.events().await, ["registered"]);
        bob.refresh().await.assert_ok();
    })
    .await;
}

/// The client gave the change up and asked at refresh, with the same key, before the server had come to
/// it: what it was answered there must stay worth something.
#[tokio::test]
async fn a_change_that_comes_after_a_refresh_with_its_key_changes_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let late = alice.copied();
        alice.refresh_with("attempt-key-number-1").await.assert_ok();
        let answer = late.change_password_with(
            PASSWORD,
            "another otter, above the glass",
            "attempt-key-number-1",
        );
        answer.await.assert_problem(409, "duplicate_attempt");
        alice.refresh_with("attempt-key-number-2").await.assert_ok();
        let answer = late.change_password_with(
            PASSWORD,
            "another otter, above the glass",
            "attempt-key-number-1",
        );
        answer.await.assert_problem(409, "duplicate_attempt");
        alice.refresh_with("attempt-key-number-3").await.assert_ok();
        app.logged_in("alice").await;
    })
    .await;
}
