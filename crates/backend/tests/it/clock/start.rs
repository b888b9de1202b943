//! A machine that boots with a wrong clock, over a database without one: the rows are evidence enough to let no
//! session expire for good, and not so strict as to lock an operator out.

use backend::clock::Clock;
use backend::clock::tolerance::{SETTLING_SECONDS, STEADY_SECONDS};
use shared::path;

use super::{DAY, FORTY_DAYS};
use crate::support::program::{Serving, folder, request, run, run_sql};
use crate::support::{PASSWORD, TestApp, on_every_store};

/// An instance that starts over the store of `app`, so many seconds later by its clock.
async fn started(app: &TestApp, seconds: i64) -> TestApp {
    let clock = Clock::manual(app.clock.now().plus(seconds));
    clock.begin_with(&*app.store).await.expect("a store");
    app.another_instance_by(&clock).await
}

/// Runs a test on each engine without a clock of its own.
async fn where_no_clock_is<F: Future<Output = ()>>(scenario: impl Fn(TestApp) -> F) {
    on_every_store(async |app| {
        if app.store.clock().await.expect("a store").is_none() {
            scenario(app).await;
        }
    })
    .await;
}

async fn not_ready_because(app: &TestApp, why: &str) {
    let answer = app.browser().get(path::HEALTH_READY).await;
    answer.assert_problem(503, "temporarily_unavailable");
    let detail = answer.json()["detail"].to_string();
    assert!(detail.contains(why) && detail.contains("--trust-clock"), "{detail}");
}

#[tokio::test]
async fn a_clock_that_is_ahead_at_the_start_signs_no_user_out() {
    where_no_clock_is(async |app| {
        let alice = app.registered("alice").await;
        let ahead = started(&app, FORTY_DAYS).await;
        let there = alice.copied().through(&ahead);
        there.refresh().await.assert_problem(503, "temporarily_unavailable");
        not_ready_because(&ahead, "no server has worked on the database for 3456000 s").await;
        // After a steady run the clock is trusted, except for irreversible changes.
        ahead.clock.advance(STEADY_SECONDS);
        ahead.browser().get(path::HEALTH_READY).await.assert_status(200);
        ahead.registered("bob").await.refresh().await.assert_ok();
        there.refresh().await.assert_problem(503, "temporarily_unavailable");
        assert_eq!(there.refresh_token(), alice.refresh_token(), "the cookie stays");
        // The clock was wrong, and is corrected.
        ahead.clock.step(-FORTY_DAYS);
        there.refresh().await.assert_ok();
    })
    .await;
}

/// The server was really stopped for that long: sessions expire and pruning resumes.
#[tokio::test]
async fn a_server_that_was_stopped_for_weeks_serves_after_ten_minutes_and_settles_after_a_day() {
    where_no_clock_is(async |app| {
        let alice = app.registered("alice").await;
        let later = started(&app, FORTY_DAYS).await;
        later.clock.advance(STEADY_SECONDS);
        later.browser().login("alice", PASSWORD).await.assert_status(200);
        later.clock.advance(SETTLING_SECONDS);
        alice.through(&later).refresh().await.assert_problem(401, "invalid_grant");
        later.clock.settled_now().expect("pruning may continue");
    })
    .await;
}

/// Or the newest event was written by a clock ahead: the two cases look the same.
#[tokio::test]
async fn a_clock_that_is_behind_the_newest_event_is_believed_after_ten_minutes() {
    where_no_clock_is(async |app| {
        let alice = app.registered("alice").await;
        let behind = started(&app, -FORTY_DAYS).await;
        let there = alice.copied().through(&behind);
        there.refresh().await.assert_problem(503, "temporarily_unavailable");
        not_ready_because(&behind, "happened 3456000 s later").await;
        behind.clock.advance(STEADY_SECONDS);
        there.refresh().await.assert_ok();
        behind.clock.settled_now().expect("nothing expires too early by it");
    })
    .await;
}

/// A refresh leaves no event, and the leases are exact to half an hour only.
#[tokio::test]
async fn a_clock_is_held_to_the_last_refresh_though_nothing_else_happened_for_days() {
    where_no_clock_is(async |app| {
        let alice = app.registered("alice").await;
        for _ in 0..5 {
            app.clock.advance(DAY);
            alice.refresh().await.assert_ok();
        }
        app.clock.advance(600);
        alice.refresh().await.assert_ok();
        let behind = started(&app, -60).await;
        let there = alice.copied().through(&behind);
        there.refresh().await.assert_problem(503, "temporarily_unavailable");
        not_ready_because(&behind, "happened 60 s later").await;
        let ahead = started(&app, FORTY_DAYS).await;
        not_ready_because(&ahead, "no server has worked on the database for 3456000 s").await;
        for seconds in [0, 20 * 3_600] {
            let right = started(&app, seconds).await;
            right.clock.settled_now().expect("no doubt");
            alice.through(&right).refresh().await.assert_ok();
        }
    })
    .await;
}

#[tokio::test]
async fn a_stop_of_less_than_a_day_is_no_reason_to_doubt() {
    where_no_clock_is(async |app| {
        let alice = app.registered("alice").await;
        let later = started(&app, 20 * 3_600).await;
        alice.through(&later).refresh().await.assert_ok();
        later.clock.settled_now().expect("no doubt");
        // No call for days, while the leases were renewed.
        app.clock.advance(5 * DAY);
        app.app.issuer.lifetimes.hold(&app.store, app.clock.now()).await.expect("a store");
        started(&app, 1_800).await.clock.settled_now().expect("no doubt");
    })
    .await;
}

fn readiness(server: &Serving) -> String {
    server.ask(&request("GET", path::HEALTH_READY, &[], ""))
}

/// The same with the program: evidence in the file, `baton check`, and the flag `--trust-clock`.
#[test]
fn an_operator_can_say_that_the_clock_is_right() {
    for (shift, why) in [
        ("UPDATE lifetimes SET held_until = held_until - 40 * 86400", "no server has worked"),
        (
            "INSERT INTO events (id, kind, at, browser, os, device_kind)
             VALUES (x'0fffffffffff70008000000000000000', 'logged_in', 1, 'x', 'x', 'unknown')",
            "holds what happened",
        ),
    ] {
        let folder = folder();
        drop(Serving::start(folder.path()));
        run_sql(&folder.path().join("baton.db"), shift);
        let in_doubt = Serving::start(folder.path());
        let answer = readiness(&in_doubt);
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains(why), "{answer}");
        drop(in_doubt);
        let checked = run(folder.path(), &["check"]);
        let text = String::from_utf8(checked.stderr).expect("UTF-8");
        assert!(checked.status.code() == Some(2) && text.contains(why), "{text}");
        let log = folder.path().join("log");
        let trusting = Serving::logging(folder.path(), &["--trust-clock"], &log);
        assert!(readiness(&trusting).starts_with("HTTP/1.1 200 "), "{}", readiness(&trusting));
        let log = std::fs::read_to_string(&log).expect("a log");
        assert!(log.contains("clock.not_compared"), "{log}");
    }
}
