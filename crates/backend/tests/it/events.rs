//! The security events of an account, as its user reads them.

use axum::http::Method;
use backend::prune::{Pace, Progress};
use serde_json::{Value, json};
use shared::path;

use crate::support::{
    Browser, FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, on_every_store,
    on_every_store_with, settings,
};

async fn page(browser: &Browser, query: &str) -> Value {
    let path = format!("{}?{query}", path::EVENTS);
    browser.call(Method::GET, &path, None).await.assert_ok().json()
}

#[tokio::test]
async fn every_act_is_recorded_and_listed_newest_first() {
    on_every_store(async |app| {
        let alice = app.browser().calling_itself(FIREFOX_ON_LINUX).at("203.0.113.9");
        alice.register("alice").await.assert_status(201);
        app.browser().login("alice", "a wrong password, mistyped").await.assert_status(401);
        alice.copied().refresh_with("attempt-key-number-1").await.assert_ok();
        alice.refresh_with("attempt-key-number-1").await.assert_ok();
        app.logged_in("alice").await.logout().await.assert_status(204);
        app.registered("bob").await;
        assert_eq!(
            alice.events().await,
            [
                "logged_out",
                "new_device",
                "logged_in",
                "answered_again",
                "login_failed",
                "registered"
            ]
        );
        assert_eq!(alice.refreshes().await, 1, "a retry is none");
        let body = page(&alice, "kind=registered,logged_in").await;
        let events = body["events"].as_array().expect("events");
        assert_eq!(events.len(), 2);
        let first = &events[1];
        assert_eq!((&first["ip"], &first["at"]), (&"203.0.113.9".into(), &1_800_000_000.into()));
        assert_eq!(first["device"]["browser"], "Firefox");
        assert_eq!((&first["current"], &events[0]["current"]), (&true.into(), &false.into()));
        assert_eq!(body["next"], Value::Null);
    })
    .await;
}

/// ASVS 5.0.0 V16.3.3: a replay is an event of its own, with the session and never the token.
#[tokio::test]
async fn a_replay_is_listed_with_its_session_in_the_remaining_sessions() {
    on_every_store(async |app| {
        let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
        let thief = alice.copied();
        let family = alice.me().await.json()["session"]["id"].clone();
        alice.refresh().await.assert_ok();
        thief.refresh().await.assert_problem(401, "invalid_grant");
        let body = page(&other, "kind=replayed").await;
        assert_eq!(body["events"][0]["session_id"], family);
        assert_eq!(body["events"][0]["cause"], "replay");
        other.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_late_copy_is_recorded_and_issues_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let late = alice.copied();
        alice.refresh_with("attempt-key-number-1").await.assert_ok();
        alice.refresh_with("attempt-key-number-2").await.assert_ok();
        late.refresh_with("attempt-key-number-1").await.assert_problem(409, "duplicate_attempt");
        assert_eq!(alice.events().await, ["duplicate", "registered"]);
        assert_eq!(alice.refreshes().await, 2);
    })
    .await;
}

/// Events of another session: who revoked it, and from where it was to be refreshed.
#[tokio::test]
async fn events_of_another_session_are_listed() {
    on_every_store(async |app| {
        let alice = app.browser().calling_itself(FIREFOX_ON_LINUX).at("203.0.113.9");
        alice.register("alice").await.assert_status(201);
        let other = app.browser().calling_itself(FIREFOX_ON_LINUX).at("203.0.113.9");
        other.login("alice", PASSWORD).await.assert_ok();
        let (own, others) = (alice.claims()["sid"].clone(), other.claims()["sid"].clone());
        // Another network and another device, within a minute.
        let thief = other.copied().calling_itself(SAFARI_ON_IPHONE).at("198.51.100.7");
        thief.refresh().await.assert_problem(401, "insufficient_user_authentication");
        let session = format!("{}/{}", path::SESSIONS, others.as_str().expect("an id"));
        alice.call(Method::DELETE, &session, None).await.assert_status(204);

        for (kind, cause, ip) in [
            ("network_changed", Value::Null, "198.51.100.7"),
            ("device_changed", Value::Null, "198.51.100.7"),
            ("impossible_gap", Value::Null, "198.51.100.7"),
            ("session_ended", "user".into(), "203.0.113.9"),
        ] {
            let body = page(&alice, &format!("kind={kind}")).await;
            let recorded = body["events"].as_array().expect("events");
            assert_eq!(recorded.len(), 1, "{kind}: {recorded:?}");
            assert_eq!(
                (&recorded[0]["session_id"], &recorded[0]["cause"]),
                (&others, &cause),
                "{kind}"
            );
            assert_eq!((&recorded[0]["ip"], &recorded[0]["current"]), (&ip.into(), &false.into()));
        }
        assert_eq!(page(&alice, "kind=registered").await["events"][0]["session_id"], own);
    })
    .await;
}

/// `--event-retention-seconds`, as a user sees it: pruned events are gone.
#[tokio::test]
async fn events_beyond_the_retention_time_are_not_listed() {
    let flags = ["--event-retention-seconds", "86400"];
    let retention = settings(&flags).expect("settings").retention;
    on_every_store_with(&flags, async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(86_000);
        alice.refresh().await.assert_ok();
        let name = Some(json!({"name": "Alice B."}));
        alice.call(Method::PUT, path::NAME, name).await.assert_status(204);
        let prune = async || {
            let mut progress = Progress::new(Pace::Foreground);
            retention.prune(&*app.store, app.clock.now(), &mut progress).await.expect("a store");
        };
        prune().await;
        assert_eq!(alice.events().await, ["name_changed", "registered"]);
        app.clock.advance(800);
        prune().await;
        assert_eq!(alice.events().await, ["name_changed"]);
        // A filter by kind finds no pruned event, either.
        assert_eq!(page(&alice, "kind=registered").await["events"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_and_miss_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        // The first is answered, and each of the others is answered again.
        for _ in 0..=120 {
            alice.copied().refresh_with("attempt-key-number-1").await.assert_ok();
        }
        let mut ids = Vec::new();
        let mut query = String::new();
        loop {
            let body = page(&alice, &query).await;
            for event in body["events"].as_array().expect("events") {
                ids.push(event["id"].as_str().expect("an id").to_owned());
            }
            match body["next"].as_str() {
                Some(next) => query = format!("before={next}"),
                None => break,
            }
        }
        assert_eq!(ids.len(), 121);
        assert!(ids.is_sorted_by(|newer, older| newer > older));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    for query in ["before=garbage", "kind=garbage", "kind=", "before="] {
        let path = format!("{}?{query}", path::EVENTS);
        let answer = alice.call(Method::GET, &path, None).await;
        answer.assert_problem(400, "malformed_request");
    }
    alice.get(path::EVENTS).await.assert_problem(401, "invalid_token");
}
