//! Replay detection: a refresh token that two parties hold revokes its session, whether thief or owner comes second.

use crate::support::on_every_store;

const KEY: &str = "attempt-key-of-the-owner";

/// RFC 9700 section 4.14.2: a replayed refresh token revokes the family, whether thief or owner replays it.
#[tokio::test]
async fn a_replayed_refresh_token_revokes_the_session() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let thief = alice.copied();
        alice.refresh_with(KEY).await.assert_ok();
        let refused = thief.refresh().await;
        refused.assert_problem(401, "invalid_grant");
        assert!(refused.set_cookies().is_empty());
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_thief_who_refreshes_first_loses_the_session() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let thief = alice.copied();
        thief.refresh_with("attempt-key-of-the-thief").await.assert_ok();
        alice.refresh_with(KEY).await.assert_problem(401, "invalid_grant");
        thief.refresh().await.assert_problem(401, "invalid_grant");
        thief.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn the_access_tokens_of_a_replayed_session_are_refused_at_once() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let thief = alice.copied();
        alice.refresh_with(KEY).await.assert_ok();
        alice.me().await.assert_ok();
        thief.refresh().await.assert_problem(401, "invalid_grant");
        alice.me().await.assert_problem(401, "invalid_token");
        thief.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn the_users_other_sessions_stay() {
    on_every_store(async |app| {
        let laptop = app.registered("alice").await;
        let phone = app.logged_in("alice").await;
        let thief = laptop.copied();
        laptop.refresh_with(KEY).await.assert_ok();
        thief.refresh().await.assert_problem(401, "invalid_grant");
        phone.refresh().await.assert_ok();
        phone.me().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn without_a_key_every_second_use_is_a_replay() {
    on_every_store(async |app| {
        let plain = app.registered("alice").await;
        let copy = plain.copied();
        plain.refresh().await.assert_ok();
        copy.refresh().await.assert_problem(401, "invalid_grant");
        plain.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn an_old_ticket_is_a_replay_however_old() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let old = alice.copied();
        for number in 0..5 {
            alice.refresh_with(&format!("attempt-key-number-{number}")).await.assert_ok();
        }
        old.refresh_with("attempt-key-number-0").await.assert_problem(401, "invalid_grant");
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}
