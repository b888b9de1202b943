//! What a refresh leaves behind: a count and a date in its session's row, and neither an event nor a line of the log.

use std::sync::Arc;

use axum::http::Method;
use backend::store::memory::Memory;
use backend::store::{Change, ClientInfo, Event, EventQuery, Session};
use shared::{EventKind, NumericDate, UserId, path};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{
    Browser, FIREFOX_ON_LINUX, Log, PASSWORD, Place, START, TestApp, on_every_store,
};

const KEY: &str = "attempt-key-of-a-lost-answer";
const NEW: &str = "marble heron beyond tuesday";
/// Fewer than a session may send at once.
const REFRESHES: u32 = 300;

fn user_of(browser: &Browser) -> UserId {
    browser.claims()["sub"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}

async fn refresh_each_second(app: &TestApp, browser: &Browser, numbers: std::ops::Range<u32>) {
    for number in numbers {
        app.clock.advance(1);
        browser.refresh_with(&format!("attempt-key-number-{number}")).await.assert_ok();
    }
}

#[tokio::test]
async fn a_session_counts_its_refreshes_and_has_the_date_of_the_last() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        assert_eq!(alice.refreshes().await, 0);
        app.clock.advance(60);
        alice.refresh().await.assert_ok();
        alice.refresh_and_lose_the_answer(KEY).await.assert_ok();
        // A retry gets the same answer and is none.
        alice.refresh_with(KEY).await.assert_ok();
        assert_eq!(alice.refreshes().await, 2);
        alice.confirm(PASSWORD).await.assert_ok();
        assert_eq!(alice.refreshes().await, 3);
        alice.change_password(PASSWORD, NEW).await.assert_status(204);
        let listed = alice.call(Method::GET, path::SESSIONS, None).await.assert_ok().json();
        let own = &listed["sessions"][0];
        assert_eq!(
            (&own["refreshes"], &own["last_seen_at"]),
            (&4.into(), &START.plus(60).0.into())
        );
    })
    .await;
}

/// The number of a refresh token is that of the refreshes before it.
#[tokio::test]
async fn a_count_that_the_database_has_lost_is_right_again_after_the_next_refresh() {
    let memory = Arc::new(Memory::default());
    let app = TestApp::over(memory.clone(), Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    for _ in 0..3 {
        alice.refresh().await.assert_ok();
    }
    let id = alice.claims()["sid"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let (session, _) = app.store.find_session(id).await.expect("a store").expect("a session");
    memory.put_back(&Session { family: rotation::Family::begun(START), ..session });
    assert_eq!(alice.refreshes().await, 0);
    alice.refresh().await.assert_ok();
    assert_eq!(alice.refreshes().await, 4);
    assert_eq!(alice.events().await, ["recovered", "registered"]);
}

/// The events of the user, and the date of the newest of all.
async fn recorded(app: &TestApp, user: UserId) -> (Vec<Event>, Option<NumericDate>) {
    let query = EventQuery { user, before: None, kinds: Vec::new(), limit: 1_000 };
    let events = app.store.events(&query).await.expect("a store");
    (events, app.store.last_event(None).await.expect("a store"))
}

#[tokio::test]
async fn refreshes_leave_no_event_and_at_the_default_level_no_line_of_the_log() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let user = user_of(&alice);
        let before = recorded(&app, user).await;
        let (log, _, _listening) = Log::of_the_program();
        refresh_each_second(&app, &alice, 0..REFRESHES).await;
        assert_eq!(alice.refreshes().await, u64::from(REFRESHES));
        assert_eq!(recorded(&app, user).await, before);
        let mut lines = log.objects();
        lines.retain(|line| line["target"].as_str().is_none_or(|it| it.starts_with("backend")));
        assert!(lines.is_empty(), "{lines:?}");
    })
    .await;
}

/// ASVS 5.0.0 V16.2.1: when, where, who and what.
#[tokio::test]
async fn an_operator_who_asks_for_them_gets_a_line_of_each_refresh() {
    let (log, _listening) = Log::filtered("info,backend::auth::audit=debug");
    let app = TestApp::in_memory().await;
    let alice = app.browser().calling_itself(FIREFOX_ON_LINUX).at("203.0.113.9");
    alice.register("alice").await.assert_status(201);
    for _ in 0..3 {
        alice.refresh().await.assert_ok();
    }
    let mut lines = log.objects();
    lines.retain(|line| line["fields"]["event"] == "refreshed");
    assert_eq!(lines.len(), 3, "{}", log.text());
    let claims = alice.claims();
    for line in lines {
        let said = &line["fields"];
        assert_eq!((&said["user"], &said["session"]), (&claims["sub"], &claims["sid"]), "{line}");
        assert_eq!(said["network"], "203.0.113.9", "{line}");
        assert_eq!(said["device"], "Firefox on Linux", "{line}");
        assert!(line["level"] == "DEBUG" && line["span"]["id"].is_string(), "{line}");
    }
}

/// Pages of the file, with those that are still in its log, and rows of all events.
async fn size(app: &TestApp) -> (i64, i64) {
    // Rotations that are in memory are written before this is answered.
    app.store.last_refresh(None).await.expect("a store");
    let options = SqliteConnectOptions::new().filename(app.database().expect("a file"));
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a connection");
    let pages = sqlx::query_scalar::<_, i64>("SELECT page_count FROM pragma_page_count");
    let pages = pages.fetch_one(&mut connection).await.expect("a count");
    let events = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM events");
    let events = events.fetch_one(&mut connection).await.expect("a count");
    connection.close().await.expect("an end");
    (pages, events)
}

#[tokio::test]
async fn a_database_does_not_grow_with_the_refreshes_of_its_sessions() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    // From the second on, the row holds two attempts.
    refresh_each_second(&app, &alice, 0..2).await;
    let before = size(&app).await;
    refresh_each_second(&app, &alice, 2..REFRESHES).await;
    assert_eq!(size(&app).await, before);
    assert_eq!(alice.refreshes().await, u64::from(REFRESHES));
}

/// Servers before version 0.2 recorded each refresh.
#[tokio::test]
async fn refreshes_that_an_earlier_version_recorded_are_still_listed() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let client = ClientInfo { address: "203.0.113.9".parse().ok(), ..ClientInfo::unknown() };
        let event = app.app.event_log.event(EventKind::Refreshed, Some(user_of(&alice)), &client);
        app.store.commit(Change::Record, vec![event]).await.expect("a store");
        alice.refresh().await.assert_ok();
        assert_eq!(alice.events().await, ["refreshed", "registered"]);
        let query = format!("{}?kind=refreshed", path::EVENTS);
        let page = alice.call(Method::GET, &query, None).await.assert_ok().json();
        assert_eq!(page["events"].as_array().map(Vec::len), Some(1), "{page}");
        assert_eq!(page["events"][0]["ip"], "203.0.113.9");
    })
    .await;
}
