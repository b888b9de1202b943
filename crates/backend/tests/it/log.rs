//! The server's log: one line for each security event, for operators and programs.

mod counted;
mod flood;
mod forging;
mod kinds;
mod unread;

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::Method;
use backend::store::Session;
use backend::store::memory::Memory;
use serde_json::{Value, json};
use shared::{EventKind, path};

use crate::support::program::{Serving, folder, request};
use crate::support::{
    Browser, FIREFOX_ON_LINUX, Log, PASSWORD, Place, SAFARI_ON_IPHONE, SAFARI_ON_MAC, START,
    TestApp,
};

const HERE: &str = "203.0.113.9";
const THERE: &str = "198.51.100.7";
const WRONG: &str = "a wrong password, mistyped";
const NEW: &str = "marble heron beyond tuesday";
const KEY: &str = "attempt-key-number-1";

async fn registered_user(app: &TestApp, memory: &Memory) -> Browser {
    let alice = app.browser().calling_itself(FIREFOX_ON_LINUX).at(HERE);
    alice.register("alice").await.assert_status(201);
    rotations(&alice).await;
    // The database loses its latest writes.
    let id = alice.claims()["sid"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let (session, _) = app.store.find_session(id).await.expect("a store").expect("a session");
    memory.put_back(&Session { family: rotation::Family::begun(START), ..session });
    alice.refresh().await.assert_ok();
    alice
}

async fn rotations(alice: &Browser) {
    let late = alice.copied();
    alice.refresh_and_lose_the_answer(KEY).await.assert_ok();
    alice.refresh_with(KEY).await.assert_ok();
    alice.refresh_with("attempt-key-number-2").await.assert_ok();
    late.refresh_with(KEY).await.assert_problem(409, "duplicate_attempt");
}

/// A client on another device, in another network.
fn context(app: &TestApp) -> Browser {
    app.browser().calling_itself(SAFARI_ON_IPHONE).at(THERE)
}

/// Changes that users make to their own account.
async fn changes(app: &TestApp, alice: &Browser) {
    alice.confirm(WRONG).await.assert_status(401);
    alice.confirm(PASSWORD).await.assert_ok();
    let name = Some(json!({"name": "Alice B."}));
    alice.call(Method::PUT, path::NAME, name).await.assert_status(204);
    alice.change_password(PASSWORD, NEW).await.assert_status(204);
    context(app).login("alice", NEW).await.assert_ok();
    alice.call(Method::DELETE, path::SESSIONS, None).await.assert_status(204);
}

/// Events of the user's sessions elsewhere.
async fn elsewhere(app: &TestApp, alice: &Browser) {
    let other = context(app);
    other.login("alice", NEW).await.assert_ok();
    let id = other.claims()["sid"].as_str().expect("an id").to_owned();
    let session = format!("{}/{id}", path::SESSIONS);
    alice.call(Method::DELETE, &session, None).await.assert_status(204);
    let stolen = alice.copied().calling_itself(SAFARI_ON_IPHONE).at(THERE);
    stolen.refresh().await.assert_problem(401, "insufficient_user_authentication");
    let another = context(app);
    another.login("alice", NEW).await.assert_ok();
    let thief = another.copied();
    another.refresh().await.assert_ok();
    thief.refresh().await.assert_problem(401, "invalid_grant");
    let last = context(app);
    last.login("alice", NEW).await.assert_ok();
    last.clone().calling_itself(SAFARI_ON_MAC).refresh().await.assert_ok();
    last.logout().await.assert_status(204);
    while context(app).login("alice", WRONG).await.status != 429 {}
}

/// The first log line of an event of this kind.
fn line_of<'a>(log: &'a [Value], kind: &str) -> &'a Value {
    let of_kind = log.iter().find(|line| line["fields"]["event"] == kind);
    of_kind.unwrap_or_else(|| panic!("no line reports {kind}"))
}

/// ASVS 5.0.0 V16.2.1: when, where, who and what; V16.3.1 to V16.3.3.
#[tokio::test]
async fn every_kind_of_security_event_leaves_a_line_that_says_when_what_who_and_from_where() {
    let (log, _listening) = Log::of_json();
    let memory = Arc::new(Memory::default());
    let app = TestApp::over(Arc::clone(&memory) as _, Place::Memory, &[]).await;
    let alice = registered_user(&app, &memory).await;
    let user = alice.claims()["sub"].clone();
    changes(&app, &alice).await;
    elsewhere(&app, &alice).await;
    app.disable("alice").await;
    let administration = app.administration();
    let found = administration.find("alice@example.com").await.expect("a store").expect("a user");
    administration.enable(&found).await.expect("a store");

    let (log, text) = (log.objects(), log.text());
    // A refresh is no event: see `refreshes`.
    for kind in EventKind::ALL.iter().filter(|kind| **kind != EventKind::Refreshed) {
        let line = line_of(&log, kind.as_str());
        let at = line["timestamp"].as_str().expect("a time");
        assert!(at.contains('T') && at.ends_with('Z'), "{line}");
        let said = &line["fields"];
        assert_eq!(said["user"], user, "{line}");
        assert!(said["device"].is_string() && line["level"].is_string(), "{line}");
        // An administrator has no network, a failed login no session.
        let by_administrator = matches!(kind, EventKind::Disabled | EventKind::Enabled);
        let guess = matches!(kind, EventKind::LoginFailed | EventKind::Limited);
        let network = said["network"].as_str().and_then(|it| it.parse::<IpAddr>().ok());
        let places = [HERE, THERE].map(|it| it.parse().ok());
        assert!(by_administrator || places.contains(&network), "{line}");
        assert!(by_administrator || line["span"]["id"].is_string(), "{line}");
        assert_eq!(said["session"].is_string(), !by_administrator && !guess, "{line}");
    }
    assert!(!text.contains("alice@example.com"), "whose address it is stands in no line");
}

/// Each revocation has a line, with its reason.
#[tokio::test]
async fn every_revocation_leaves_a_line_with_its_reason() {
    let (log, _listening) = Log::of_json();
    let app = TestApp::in_memory().await;
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    let mut expected = BTreeSet::new();
    let mut ends = |browser: &Browser, cause: &str| {
        expected.insert((browser.claims()["sid"].to_string(), format!("{cause:?}")));
    };
    let (first, second, third) =
        (app.logged_in("alice").await, app.logged_in("alice").await, app.logged_in("alice").await);
    ends(&first, "logout");
    first.logout().await.assert_status(204);
    ends(&second, "replay");
    let thief = second.copied();
    second.refresh().await.assert_ok();
    thief.refresh().await.assert_status(401);
    ends(&third, "user");
    alice.call(Method::DELETE, path::SESSIONS, None).await.assert_status(204);
    let fourth = app.logged_in("alice").await;
    ends(&fourth, "password_change");
    alice.change_password(PASSWORD, NEW).await.assert_status(204);
    ends(&alice, "deleted");
    alice.call(Method::DELETE, path::ME, None).await.assert_status(204);
    ends(&bob, "disabled");
    app.disable("bob").await;

    let log = log.objects();
    let ended = log.iter().map(|line| &line["fields"]).filter(|said| said["event"] == "ended");
    let logged: BTreeSet<_> =
        ended.map(|said| (said["session"].to_string(), said["cause"].to_string())).collect();
    assert_eq!(logged, expected);
    assert_eq!(line_of(&log, "deleted")["fields"]["user"], alice.claims()["sub"]);
}

/// ASVS 5.0.0 V16.2.4: a structured format that programs can parse.
#[test]
fn with_log_json_every_line_is_one_object() {
    let folder = folder();
    let log = folder.path().join("log");
    let mut server = Serving::logging(folder.path(), &["--log-json"], &log);
    let body = json!({"email": "alice@example.com", "password": PASSWORD}).to_string();
    let registered = server.ask(&request("POST", path::REGISTER, &[], &body));
    assert!(registered.starts_with("HTTP/1.1 201 "), "{registered}");
    server.terminate();
    assert!(server.child.wait().expect("an end").success());
    let text = fs::read_to_string(log).expect("the log");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let lines: Vec<Value> = lines.collect();
    assert!(lines.iter().all(|line| line.is_object() && line["timestamp"].is_string()), "{text}");
    assert_eq!(line_of(&lines, "registered")["fields"]["network"], "127.0.0.1");
    assert!(line_of(&lines, "server.draining")["level"] == "INFO", "{text}");
}
