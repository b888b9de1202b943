//! A flood of refused calls from a client without credentials: the log stays small and counts the suppressed lines,
//! and the store has every event of a real account.

use std::collections::BTreeMap;
use std::fs;

use axum::http::Method;
use serde_json::{Value, json};
use shared::path;

use crate::support::program::{Serving, folder, request};
use crate::support::{Log, PASSWORD, TestApp};
use backend::telemetry::{AT_ONCE, Due};

const CALLS: u64 = 150;
/// The line size that docs/operating.md assumes for its bound.
const LINE_BYTES: usize = 1_024;

/// One call of each kind that needs no credential and leaves a line, with the event of that line.
fn calls() -> Vec<(&'static str, String)> {
    let form = "application/x-www-form-urlencoded";
    let post =
        |path: &str, headers: &[(&str, &str)], body: &str| request("POST", path, headers, body);
    let cookie = format!("{}=garbage", path::REFRESH_COOKIE);
    let guess = json!({"email": "alice@example.com", "password": "a wrong password"}).to_string();
    let long = format!("/api/{}", "x".repeat(4_000));
    let token = format!("token={}", "x".repeat(71));
    vec![
        ("refresh_refused", post(path::REFRESH, &[("cookie", &cookie)], "")),
        ("logout_refused", post(path::LOGOUT, &[("cookie", &cookie)], "")),
        (
            "access_token_refused",
            request("GET", path::ME, &[("authorization", "Bearer a.b.c")], ""),
        ),
        ("cross_site_refused", post(path::LOGOUT, &[("origin", "https://evil.example")], "")),
        ("login_failed", post(path::LOGIN, &[], &guess)),
        ("request.refused", post(path::LOGIN, &[], "{}")),
        ("request.refused", post(&long, &[("x", &"y".repeat(20_000))], "")),
        ("service_refused", form_of(path::INTROSPECT, form, &token)),
    ]
}

fn form_of(path: &str, media_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {media_type}\r\n\
        content-length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_flood_of_refused_calls_is_counted_and_leaves_a_small_log() {
    let folder = folder();
    let log = folder.path().join("log");
    let mut server = Serving::logging(folder.path(), &["--log-json", "--limits", "off"], &log);
    let mut sent = BTreeMap::new();
    for (event, call) in calls() {
        // Verifying a password takes time.
        let count = if event == "login_failed" { 30 } else { CALLS };
        *sent.entry(event.to_owned()).or_insert(0) += count;
        for _ in 0..count {
            let answer = server.ask(&call);
            assert!(answer.starts_with("HTTP/1.1 4") || event == "logout_refused", "{answer}");
        }
    }
    server.terminate();
    assert!(server.child.wait().expect("an end").success());
    let text = fs::read_to_string(log).expect("the log");
    let longest = text.lines().map(str::len).max();
    assert!(longest.is_some_and(|longest| longest <= LINE_BYTES), "{longest:?}");
    let (mut written, mut logged) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let event = line["fields"]["event"].as_str().expect("each line has one").to_owned();
        let count = line["fields"]["count"].as_u64();
        *written.entry(event.clone()).or_insert(0) += u32::from(count.is_none());
        *logged.entry(event).or_insert(0) += count.unwrap_or(1);
    }
    for (event, sent) in sent {
        // A sustained flood is one line every ten seconds.
        let bound = AT_ONCE..AT_ONCE + 12;
        assert!(bound.contains(&written[&event]), "{event}: {written:?}");
        assert_eq!(logged[&event], sent, "{event}: each is a line, or counted in one");
    }
}

#[tokio::test]
async fn an_account_under_attack_keeps_every_event_though_the_log_does_not() {
    let (log, limit, _listening) = Log::of_the_program();
    let app = TestApp::with(&["--limits", "off"]).await;
    let alice = app.registered("alice").await;
    for _ in 0..30 {
        app.browser().login("alice", "a wrong password").await.assert_status(401);
    }
    // Each event of the authenticated user is a line.
    for number in 0..30 {
        let name = Some(json!({ "name": format!("Alice {number}") }));
        alice.call(Method::PUT, path::NAME, name).await.assert_status(204);
    }
    limit.summarise(Due::Now);
    let log = log.objects();
    let count = |event: &str| log.iter().filter(|line| line["fields"]["event"] == event).count();
    assert_eq!(count("name_changed"), 30);
    assert_eq!(count("login_failed"), AT_ONCE as usize + 1);
    let summary = log.iter().find(|line| line["fields"]["count"] == 30 - AT_ONCE);
    let summary = summary.expect("a summary");
    assert_eq!(
        (&summary["fields"]["event"], &summary["level"]),
        (&"login_failed".into(), &"WARN".into())
    );
    assert!(summary["fields"]["since"].as_str().is_some_and(|since| since.ends_with('Z')));
    let events = alice.events().await;
    let page_and_next = |kind: &str| events.iter().filter(|event| *event == kind).count();
    assert_eq!(page_and_next("name_changed"), 30);
    let failed = app.browser().login("alice", PASSWORD).await;
    failed.assert_ok();
    let query = backend::store::EventQuery {
        user: alice.claims()["sub"].as_str().and_then(|id| id.parse().ok()).expect("an id"),
        before: None,
        kinds: vec![shared::EventKind::LoginFailed],
        limit: 100,
    };
    assert_eq!(app.store.events(&query).await.expect("a store").len(), 30);
}
