//! A wrong clock: no session or token expires for good and pruning removes no row that a right clock would have kept.
//! Also a suspended machine, whose timers stood still.

mod check;
mod instances;
mod listener;
mod start;

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use backend::clock::tolerance::{SETTLING_SECONDS, STEADY_SECONDS};
use backend::store::{Event, EventQuery};
use futures_util::stream;
use shared::{NumericDate, RevocationReason, SessionId, UserId, path};

use crate::services::{form, service};
use crate::support::{
    Browser, FIREFOX_ON_LINUX, Log, ORIGIN, PASSWORD, START, TestApp, on_every_store,
};

const DAY: i64 = 86_400;
/// Longer than the absolute lifetime of a session.
const FORTY_DAYS: i64 = 40 * DAY;

async fn refused_for_now(browser: &Browser, app: &TestApp) {
    let cookie = browser.refresh_token();
    let key = "0123456789abcdef-a-try";
    browser.refresh_with(key).await.assert_problem(503, "temporarily_unavailable");
    browser.me().await.assert_problem(503, "temporarily_unavailable");
    browser.copied().login("alice", PASSWORD).await.assert_problem(503, "temporarily_unavailable");
    browser.confirm(PASSWORD).await.assert_problem(503, "temporarily_unavailable");
    for public in [path::JWKS, path::WHOLE_STATUS_LIST, path::HEALTH_READY] {
        app.browser().get(public).await.assert_problem(503, "temporarily_unavailable");
    }
    app.browser().get(path::HEALTH_LIVE).await.assert_status(200);
    assert_eq!(browser.refresh_token(), cookie, "the cookie stays");
}

#[tokio::test]
async fn a_clock_that_is_set_wrong_signs_no_user_out() {
    for step in [FORTY_DAYS, -FORTY_DAYS, 3_600] {
        on_every_store(async |app| {
            let alice = app.registered("alice").await;
            app.clock.step(step);
            refused_for_now(&alice, &app).await;
            app.clock.advance(11);
            refused_for_now(&alice, &app).await;
            app.clock.step(-step);
            alice.refresh().await.assert_ok();
            alice.me().await.assert_ok();
            app.browser().get(path::HEALTH_READY).await.assert_status(200);
        })
        .await;
    }
}

/// A refresh is judged when its body has arrived, not when it was admitted: in between, a clock that calls were
/// answered by may be set right, and by its old time the session would have expired for good.
#[tokio::test]
async fn a_refresh_whose_body_arrives_after_the_clock_was_set_right_is_accepted() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    app.clock.step(FORTY_DAYS);
    app.clock.trusted_now().expect_err("a clock in doubt");
    app.clock.advance(STEADY_SECONDS);
    app.browser().get(path::HEALTH_READY).await.assert_status(200);
    let clock = app.clock.clone();
    let body = stream::once(async move {
        clock.step(-FORTY_DAYS);
        Ok::<_, Infallible>(Bytes::new())
    });
    let refresh = alice.request(Method::POST, path::REFRESH);
    alice.send(refresh, Body::from_stream(body)).await.assert_ok();
}

/// Readiness names the cause, for the probe's log.
#[tokio::test]
async fn readiness_names_the_clock() {
    let app = TestApp::in_memory().await;
    app.clock.step(FORTY_DAYS);
    let answer = app.browser().get(path::HEALTH_READY).await;
    answer.assert_problem(503, "temporarily_unavailable");
    let detail = answer.json()["detail"].to_string();
    assert!(detail.contains("was set by 3456000 s"), "{detail}");
    assert!(detail.contains("restart with --trust-clock"), "{detail}");
}

/// A call may have begun a moment before the clock was set: its revocation is looked up by its date.
#[tokio::test]
async fn what_happens_while_the_clock_is_wrong_is_dated_as_if_it_were_right() {
    let app = TestApp::in_memory().await;
    app.clock.advance(5);
    app.clock.trusted_now().expect("a clock that has run");
    app.clock.step(-FORTY_DAYS);
    app.clock.advance(1);
    assert_eq!(app.app.event_log.revocation(RevocationReason::Logout).at, START.plus(6));
}

/// While the clock is in doubt, introspection answers no `active: false`, and no call revokes or expires a session.
#[tokio::test]
async fn while_the_clock_is_in_doubt_no_session_is_revoked_and_no_token_is_called_inactive() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let notes = service(&app, "notes", ORIGIN).await;
        let tokens = [alice.access_token(), alice.refresh_token()];
        let tokens = tokens.map(|token| format!("token={token}"));
        for step in [FORTY_DAYS, -FORTY_DAYS] {
            app.clock.step(step);
            for token in &tokens {
                let asked = form(&app, path::INTROSPECT, Some(&notes), token).await;
                asked.assert_problem(503, "temporarily_unavailable");
                let revoked = form(&app, path::REVOKE, None, token).await;
                revoked.assert_problem(503, "temporarily_unavailable");
            }
            let logout = alice.logout().await;
            logout.assert_problem(503, "temporarily_unavailable");
            assert!(logout.set_cookies().is_empty() && logout.header("session-ended").is_none());
            app.clock.step(-step);
        }
        let active = form(&app, path::INTROSPECT, Some(&notes), &tokens[0]).await;
        assert_eq!(active.assert_ok().json()["active"], true);
        alice.refresh().await.assert_ok();
        assert_eq!(alice.events().await, ["registered"]);
        assert_eq!(alice.refreshes().await, 1);
    })
    .await;
}

/// One log line for each state of the clock, and one for its end.
#[tokio::test]
async fn each_state_of_a_clock_that_was_set_leaves_a_line() {
    let app = TestApp::in_memory().await;
    let (log, _listening) = Log::of_json();
    app.clock.step(FORTY_DAYS);
    for (event, level, lasts) in [
        ("clock.untrusted", "ERROR", STEADY_SECONDS),
        ("clock.unsettled", "WARN", SETTLING_SECONDS),
        ("clock.trusted", "INFO", 0),
    ] {
        for _ in 0..3 {
            app.browser().get(path::HEALTH_READY).await;
        }
        let mut lines = log.objects();
        lines.retain(|line| line["fields"]["event"] == event);
        let [line] = &lines[..] else { panic!("{event}: {lines:?}") };
        let error = line["fields"]["error"].as_str().unwrap_or_default();
        assert_eq!(line["level"], level, "{line}");
        assert_eq!(error.contains("was set by 3456000 s"), event != "clock.trusted", "{line}");
        app.clock.advance(lasts);
    }
}

/// All rows that pruning or key rotation could remove.
#[derive(Debug, PartialEq)]
struct Held {
    keys: Vec<String>,
    sessions: Vec<SessionId>,
    events: Vec<Event>,
    /// The time of the newest event, events without an account included.
    newest: Option<NumericDate>,
}

async fn held(app: &TestApp, users: [UserId; 2]) -> Held {
    let keys = app.store.keys().await.expect("a store").into_iter().map(|key| key.kid).collect();
    let (mut sessions, mut events) = (Vec::new(), Vec::new());
    for user in users {
        let own = app.store.sessions_of(user).await.expect("a store");
        sessions.extend(own.iter().map(|session| session.id));
        let query = EventQuery { user, before: None, kinds: Vec::new(), limit: 1_000 };
        events.extend(app.store.events(&query).await.expect("a store"));
    }
    let newest = app.store.last_event(None).await.expect("a store");
    Held { keys, sessions, events, newest }
}

#[tokio::test(start_paused = true)]
async fn a_server_removes_nothing_by_a_clock_that_is_wrong() {
    let app = TestApp::in_memory().await;
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    let users =
        [&alice, &bob].map(|it| serde_json::from_value(it.claims()["sub"].clone()).expect("an id"));
    let elsewhere = app.logged_in("alice").await;
    // Events of retries are pruned after a week, events without an account after a day.
    elsewhere.refresh_and_lose_the_answer("attempt-key-number-1").await.assert_ok();
    elsewhere.refresh_with("attempt-key-number-1").await.assert_ok();
    app.clock.advance(1);
    app.browser().login("mallory", PASSWORD).await.assert_status(401);
    let before = held(&app, users).await;
    let retention = crate::support::settings::<&str>(&[]).expect("settings").retention;
    let _pruning = retention.keep(&app.store, &app.clock, &app.app.entropy);
    let _keeping = app.app.keys.keep(&app.store, &app.clock);
    app.clock.step(FORTY_DAYS);
    an_hour_passes().await;
    // Hours pass without a call, and the step of the clock becomes trusted.
    app.clock.trusted_now().expect_err("a clock in doubt");
    assert_eq!(held(&app, users).await, before);
    app.clock.advance(STEADY_SECONDS);
    an_hour_passes().await;
    app.clock.advance(3 * 3_600);
    an_hour_passes().await;
    app.browser().get(path::HEALTH_READY).await.assert_status(200);
    for browser in [&alice, &elsewhere, &bob] {
        browser.refresh().await.assert_problem(503, "temporarily_unavailable");
    }
    assert_eq!(held(&app, users).await, before);
    app.clock.step(-FORTY_DAYS);
    for browser in [&alice, &elsewhere, &bob] {
        browser.refresh().await.assert_ok();
    }
    // By a right clock the same tasks do prune.
    app.clock.advance(FORTY_DAYS);
    an_hour_passes().await;
    let after = held(&app, users).await;
    assert_eq!((after.sessions.len(), after.newest), (0, Some(START)));
    assert!(after.events.len() < before.events.len() && after.keys != before.keys, "{after:?}");
}

/// Advances paused time beyond an hour, so that each hourly task has run.
async fn an_hour_passes() {
    for _ in 0..130 {
        tokio::time::advance(Duration::from_secs(60)).await;
        tokio::task::yield_now().await;
    }
}

/// An instance that starts with a wrong clock detects it by the clock of the database, if that has one.
#[tokio::test]
async fn an_instance_whose_clock_is_not_the_databases_serves_nothing() {
    on_every_store(async |app| {
        app.registered("alice").await;
        // The tests' clock is years away from the machine's.
        app.clock.compare_with(&*app.store).await.expect("a store");
        let asked = app.store.clock().await.expect("a store");
        let ready = app.browser().get(path::HEALTH_READY).await;
        match asked {
            Some(database) => {
                ready.assert_problem(503, "temporarily_unavailable");
                app.clock.step(database.since(app.clock.now()));
                app.clock.compare_with(&*app.store).await.expect("a store");
                app.browser().get(path::HEALTH_READY).await.assert_status(200);
            }
            None => {
                ready.assert_status(200);
            }
        }
    })
    .await;
}

/// Timers stand still while the machine is suspended, so a revocation cache that was complete before is stale after
/// it.
#[tokio::test]
async fn an_instance_that_was_suspended_asks_before_it_trusts() {
    on_every_store(async |here| {
        let there = here.another_instance().await;
        let following = there.app.revocation_listener.listen();
        let mut look = tokio::time::interval(Duration::from_millis(5));
        while !there.app.event_log.revocations.is_complete() {
            look.tick().await;
        }
        let alice = here.browser().calling_itself(FIREFOX_ON_LINUX);
        alice.register("alice").await.assert_status(201);
        let copy = alice.copied().through(&there);
        // The revocation listener stops while the machine sleeps for a minute.
        drop(following);
        alice.logout().await.assert_status(204);
        there.clock.suspend(60);
        copy.call(Method::GET, path::EVENTS, None).await.assert_problem(401, "invalid_token");
        assert!(!there.app.event_log.revocations.is_complete());
    })
    .await;
}
