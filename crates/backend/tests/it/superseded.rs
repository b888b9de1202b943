//! Sessions revoked by a login: the browser's former one, and the least recently used of too many.

use axum::http::Method;
use backend::store::{CLIENT_SESSIONS_KEPT, SESSIONS_KEPT};
use serde_json::Value;
use shared::path::{self, REFRESH_COOKIE};

use crate::native::{TODO, client, logged_in, refresh};
use crate::support::{Browser, PASSWORD, TestApp, on_every_store, on_every_store_with};

async fn sessions_of(browser: &Browser) -> usize {
    let answer = browser.call(Method::GET, path::SESSIONS, None).await;
    answer.assert_ok().json()["sessions"].as_array().map_or(0, Vec::len)
}

/// The causes of the user's revoked sessions, newest first.
async fn causes(browser: &Browser) -> Vec<String> {
    let answer = browser.call(Method::GET, path::EVENTS, None).await.assert_ok().json();
    let events = answer["events"].as_array().expect("events").clone();
    let ended = events.iter().filter(|event| event["kind"] == "session_ended");
    ended.filter_map(|event| event["cause"].as_str().map(str::to_owned)).collect()
}

/// ASVS 5.0.0 V7.2.4. A thief's copy of the former session is revoked with it.
#[tokio::test]
async fn a_login_revokes_the_session_that_its_browser_had() {
    on_every_store(async |app| {
        let (alice, elsewhere) = (app.registered("alice").await, app.logged_in("alice").await);
        let copy = alice.copied();
        alice.login("alice", PASSWORD).await.assert_ok();
        copy.me().await.assert_problem(401, "invalid_token");
        copy.refresh().await.assert_problem(401, "invalid_grant");
        for browser in [&alice, &elsewhere] {
            browser.me().await.assert_ok();
            browser.refresh().await.assert_ok();
        }
        assert_eq!(
            (sessions_of(&alice).await, causes(&alice).await),
            (2, vec!["login".to_owned()])
        );
    })
    .await;
}

/// The former user's other sessions stay active.
#[tokio::test]
async fn another_users_login_or_registration_revokes_the_session_that_the_browser_had() {
    on_every_store(async |app| {
        app.registered("bob").await;
        for newcomer in ["bob", "carol"] {
            let alice = app.browser();
            let name = format!("alice-before-{newcomer}");
            alice.register(&name).await.assert_status(201);
            let (copy, elsewhere) = (alice.copied(), app.logged_in(&name).await);
            match newcomer {
                "bob" => alice.login("bob", PASSWORD).await.assert_ok(),
                _ => alice.register(newcomer).await.assert_status(201),
            };
            copy.refresh().await.assert_problem(401, "invalid_grant");
            elsewhere.refresh().await.assert_ok();
            assert_eq!(causes(&elsewhere).await, ["login"]);
            assert_eq!(causes(&alice).await, [""; 0], "the new user sees no event of the other");
        }
    })
    .await;
}

/// A forged cookie or a failed login revokes no session.
#[tokio::test]
async fn only_a_genuine_cookie_and_a_login_that_succeeds_revoke_a_session() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let failing = alice.copied();
        failing.login("alice", "velvet otter under grass").await.assert_status(401);
        failing.register("alice").await.assert_problem(409, "email_taken");
        let mut forged = alice.refresh_token();
        forged.replace_range(60..61, if &forged[60..61] == "A" { "B" } else { "A" });
        let mallory = app.browser();
        mallory.set_cookie(REFRESH_COOKIE, &forged);
        app.registered("mallory").await;
        mallory.login("mallory", PASSWORD).await.assert_ok();
        alice.refresh().await.assert_ok();
        assert_eq!(causes(&alice).await, [""; 0]);
    })
    .await;
}

/// Bounds the work of calls on all sessions of an account: password change, deletion, list.
#[tokio::test]
async fn of_too_many_sessions_the_least_recently_used_is_revoked() {
    on_every_store_with(&["--limits", "off"], async |app: TestApp| {
        let oldest = app.registered("alice").await;
        let unused = app.logged_in("alice").await;
        app.clock.advance(1);
        oldest.refresh().await.assert_ok();
        for _ in 2..SESSIONS_KEPT {
            app.logged_in("alice").await;
        }
        unused.me().await.assert_ok();
        let newest = app.logged_in("alice").await;
        unused.me().await.assert_problem(401, "invalid_token");
        unused.refresh().await.assert_problem(401, "invalid_grant");
        oldest.refresh().await.assert_ok();
        let kept = usize::try_from(SESSIONS_KEPT).expect("a small number");
        assert_eq!(
            (sessions_of(&newest).await, causes(&newest).await),
            (kept, vec!["too_many".to_owned()])
        );
        let others = newest.call(Method::DELETE, path::SESSIONS, None).await;
        others.assert_status(204);
        assert_eq!(sessions_of(&newest).await, 1);
        assert_eq!(Value::Null, others.json());
    })
    .await;
}

/// A script that logs in for each call supersedes its own sessions alone.
#[tokio::test]
async fn of_too_many_sessions_of_a_native_client_its_least_recently_used_is_revoked() {
    on_every_store_with(&["--limits", "off"], async |app: TestApp| {
        client(&app, TODO).await;
        client(&app, "mail").await;
        let alice = app.registered("alice").await;
        let mail = logged_in(&app, "mail").await;
        let [used, unused] = [logged_in(&app, TODO).await, logged_in(&app, TODO).await];
        app.clock.advance(1);
        refresh(&app, TODO, &used.refresh).await.assert_ok();
        for _ in 2..CLIENT_SESSIONS_KEPT {
            logged_in(&app, TODO).await;
        }
        app.call_me(&unused.access).await.assert_ok();
        logged_in(&app, TODO).await;
        app.call_me(&unused.access).await.assert_problem(401, "invalid_token");
        app.call_me(&used.access).await.assert_ok();
        app.call_me(&mail.access).await.assert_ok();
        assert_eq!(causes(&alice).await, ["too_many"]);
        let kept = usize::try_from(CLIENT_SESSIONS_KEPT).expect("a small number");
        assert_eq!(sessions_of(&alice).await, kept + 2);
    })
    .await;
}

/// Both have a bound of their own: together less than the thousand sessions that storage lists.
#[tokio::test]
async fn no_login_of_a_native_client_ends_a_session_in_a_browser_nor_the_other_way() {
    on_every_store_with(&["--limits", "off"], async |app: TestApp| {
        let alice = app.registered("alice").await;
        let clients = SESSIONS_KEPT / CLIENT_SESSIONS_KEPT;
        client(&app, TODO).await;
        let oldest = logged_in(&app, TODO).await;
        app.clock.advance(1);
        for number in 0..clients {
            let id = format!("client-{number}");
            client(&app, &id).await;
            // The last of the clients takes the 200th place with its last but one.
            for _ in 0..CLIENT_SESSIONS_KEPT - u32::from(number + 1 == clients) {
                logged_in(&app, &id).await;
            }
        }
        app.call_me(&oldest.access).await.assert_ok();
        logged_in(&app, "client-0").await;
        app.call_me(&oldest.access).await.assert_ok();
        // Of the clients together, the least recently used.
        client(&app, "mail").await;
        logged_in(&app, "mail").await;
        app.call_me(&oldest.access).await.assert_problem(401, "invalid_token");
        app.logged_in("alice").await;
        alice.refresh().await.assert_ok();
        let native = usize::try_from(SESSIONS_KEPT).expect("a small number");
        assert_eq!(sessions_of(&alice).await, native + 2);
    })
    .await;
}
