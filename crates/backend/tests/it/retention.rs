//! Retention: which rows pruning keeps, and for how long.

use std::sync::Arc;
use std::time::Duration;

use backend::auth::account::email::Email;
use backend::prune::{Pace, Progress, Retention};
use backend::store::{AccountTag, Change, ClientInfo, IdRange, Prunable};
use rotation::Policy;
use shared::{EventKind, UserId};
use tokio::time::advance;

use crate::support::{Browser, Faulty, PASSWORD, Place, TestApp, on_every_store};

const DAY: i64 = 86_400;
const RETENTION: Retention = Retention {
    policy: Policy { idle_seconds: 200 * DAY, absolute_seconds: 200 * DAY },
    event_seconds: 90 * DAY,
};

async fn prune(app: &TestApp) -> u64 {
    let mut progress = Progress::new(Pace::Foreground);
    prune_on(app, &mut progress).await;
    progress.removed.records
}

/// Another pass of the same process.
async fn prune_on(app: &TestApp, progress: &mut Progress) {
    RETENTION.prune(&*app.store, app.clock.now(), progress).await.expect("a store");
}

fn user_of(browser: &Browser) -> UserId {
    browser.claims()["sub"].as_str().and_then(|sub| sub.parse().ok()).expect("an id")
}

async fn kinds(app: &TestApp, user: UserId) -> Vec<EventKind> {
    let page = app.app.event_log.page(user, None, Vec::new()).await.expect("a page");
    page.events.into_iter().map(|event| event.kind).collect()
}

/// Refreshes, which versions before 0.2 recorded, for a week, events without an account for a day, all others for
/// ninety days.
#[tokio::test]
async fn events_are_kept_for_their_retention_time() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let user = user_of(&alice);
        record_refresh(&app, user).await;
        app.browser().login("nobody", "a wrong password, mistyped").await.assert_status(401);
        assert_eq!(prune(&app).await, 0);

        app.clock.advance(2 * DAY);
        assert!(prune(&app).await > 0, "the login of an unknown user");
        assert_eq!(kinds(&app, user).await, [EventKind::Refreshed, EventKind::Registered]);

        app.clock.advance(6 * DAY);
        // The refresh, and the failure count of the login without an account.
        assert_eq!(prune(&app).await, 2);
        assert_eq!(kinds(&app, user).await, [EventKind::Registered]);

        app.clock.advance(83 * DAY);
        assert_eq!(prune(&app).await, 1);
        assert_eq!(kinds(&app, user).await, []);
    })
    .await;
}

/// As versions before 0.2 did.
async fn record_refresh(app: &TestApp, user: UserId) {
    let event_log = &app.app.event_log;
    let event = event_log.event(EventKind::Refreshed, Some(user), &ClientInfo::unknown());
    app.store.commit(Change::Record, vec![event]).await.expect("a store");
}

/// A refresh each minute for three days, of so many users that none exceeds the events kept per account.
async fn refreshes(app: &TestApp) {
    let mut users = Vec::new();
    for name in ["alice", "bob", "carol", "dave", "erin"] {
        users.push(user_of(&app.registered(name).await));
    }
    for minute in 0..3 * 24 * 60 {
        app.clock.advance(60);
        record_refresh(app, users[minute % users.len()]).await;
    }
}

/// A statement that scans a whole table blocks every other change.
#[tokio::test]
async fn events_are_pruned_in_small_batches_and_none_is_read_twice_by_one_rule() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    refreshes(&app).await;
    app.clock.advance(5 * DAY);
    let of_events = || {
        let parts = store.parts().into_iter();
        parts.filter(|(of, _)| matches!(of, Prunable::Events(_))).map(|(_, range)| range)
    };
    let mut progress = Progress::new(Pace::Background);
    prune_on(&app, &mut progress).await;
    assert_eq!(progress.removed.records, 24 * 60 - 1, "those of the first day");
    let first: Vec<IdRange> = of_events().collect();
    assert!(first.len() > 3 * 24 * 60 / 250, "{} parts", first.len());
    assert!(first.windows(2).all(|parts| parts[0].through == parts[1].after), "without a gap");

    app.clock.advance(3_600);
    prune_on(&app, &mut progress).await;
    assert_eq!(progress.removed.records, 25 * 60 - 1, "those of another hour");
    // One part for each of the three rules.
    assert_eq!(of_events().count(), 3);
}

/// Failure counts have a retention of their own: the shortest retention of events must not weaken throttling.
#[tokio::test]
async fn counts_of_wrong_passwords_are_kept_however_short_events_are() {
    on_every_store(async |app| {
        let count = async |name: &str, times: u32| {
            let account = tag(name);
            for seen in 0..times {
                let change = Change::CountFailure { account, seen, at: app.clock.now() };
                assert!(app.store.commit(change, Vec::new()).await.expect("a store").took_place());
            }
        };
        let kept = async |name: &str| {
            let mut progress = Progress::new(Pace::Foreground);
            let retention = Retention { event_seconds: 1, ..RETENTION };
            retention.prune(&*app.store, app.clock.now(), &mut progress).await.expect("a store");
            app.store.failures(tag(name)).await.expect("a store").map(|it| it.count)
        };
        count("mistyped", 9).await;
        count("guessed", 10).await;
        count("locked-out", 100).await;
        app.clock.advance(7 * DAY);
        assert_eq!(kept("mistyped").await, Some(9));
        app.clock.advance(1);
        assert_eq!(kept("mistyped").await, None);
        app.clock.advance(358 * DAY - 1);
        assert_eq!((kept("guessed").await, kept("locked-out").await), (Some(10), Some(100)));
        app.clock.advance(1);
        assert_eq!((kept("guessed").await, kept("locked-out").await), (None, None));
    })
    .await;
}

fn tag(name: &str) -> AccountTag {
    AccountTag::of(&Email::parse(&format!("{name}@example.com")).expect("an address"))
}

/// A running server prunes by itself: once an hour, at a minute of its own.
#[tokio::test(start_paused = true)]
async fn a_server_that_runs_clears_away_by_itself_once_an_hour() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let user = user_of(&alice);
    let sessions = async || app.store.sessions_of(user).await.expect("a store").len();
    let _pruning = RETENTION.keep(&app.store, &app.clock, &app.app.entropy);
    an_hour_passes().await;
    assert_eq!(sessions().await, 1, "nothing is over");
    app.clock.advance(208 * DAY);
    an_hour_passes().await;
    assert_eq!(sessions().await, 0);
    let account = app.browser().login("alice", PASSWORD).await;
    account.assert_ok();
}

/// In steps, so that tasks that wait for a part of it run.
async fn an_hour_passes() {
    for _ in 0..121 {
        advance(Duration::from_secs(30)).await;
    }
}
