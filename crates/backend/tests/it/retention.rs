//! What is kept for how long.

use std::time::Duration;

use backend::upkeep::{Removed, Retention};
use rotation::Policy;
use shared::EventKind;
use tokio::time::advance;

use crate::support::{PASSWORD, TestApp, on_every_store};

const DAY: i64 = 86_400;
const RETENTION: Retention = Retention {
    policy: Policy { idle_seconds: 200 * DAY, absolute_seconds: 200 * DAY },
    event_seconds: 90 * DAY,
};

async fn prune(app: &TestApp) -> u64 {
    let mut removed = Removed::default();
    let progress = (Duration::ZERO, &mut removed);
    RETENTION.prune(&*app.store, app.clock.now(), progress).await.expect("a store");
    removed.records
}

async fn kinds(app: &TestApp, user: shared::UserId) -> Vec<EventKind> {
    let page = app.app.sessions.journal.page(user, None, Vec::new()).await.expect("a page");
    page.events.into_iter().map(|event| event.kind).collect()
}

/// Refreshes for a week, what is of no account for a day, everything else for ninety days.
#[tokio::test]
async fn events_are_kept_as_long_as_somebody_may_ask_for_them() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let user = alice.claims()["sub"].as_str().and_then(|sub| sub.parse().ok()).expect("an id");
        alice.refresh().await.assert_ok();
        app.browser().login("nobody", "a wrong password, mistyped").await.assert_status(401);
        assert_eq!(prune(&app).await, 0);

        app.clock.advance(2 * DAY);
        assert!(prune(&app).await > 0, "the login of nobody");
        assert_eq!(kinds(&app, user).await, [EventKind::Refreshed, EventKind::Registered]);

        app.clock.advance(6 * DAY);
        assert_eq!(prune(&app).await, 1);
        assert_eq!(kinds(&app, user).await, [EventKind::Registered]);

        app.clock.advance(83 * DAY);
        assert_eq!(prune(&app).await, 1);
        assert_eq!(kinds(&app, user).await, []);
    })
    .await;
}

/// Whoever runs a server need not think of it: once an hour, at a minute of its own.
#[tokio::test(start_paused = true)]
async fn a_server_that_runs_clears_away_by_itself_once_an_hour() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let user = alice.claims()["sub"].as_str().and_then(|sub| sub.parse().ok()).expect("an id");
    let sessions = async || app.store.sessions_of(user).await.expect("a store").len();
    let _upkeep = RETENTION.keep(&app.store, &app.clock, &app.app.entropy);
    an_hour_passes().await;
    assert_eq!(sessions().await, 1, "nothing is over");
    app.clock.advance(208 * DAY);
    an_hour_passes().await;
    assert_eq!(sessions().await, 0);
    let account = app.browser().login("alice", PASSWORD).await;
    account.assert_ok();
}

/// In steps, so that whoever waits for a part of it is let run.
async fn an_hour_passes() {
    for _ in 0..121 {
        advance(Duration::from_secs(30)).await;
    }
}
