//! Races in one session: concurrent refreshes sign no honest client out and give no thief a session.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::support::{Answer, Browser, Faulty, Place, TestApp, on_every_store};

const KEY: &str = "attempt-key-of-this-try";
const AT_ONCE: usize = 200;

fn statuses(answers: &[Answer]) -> (usize, usize) {
    let ok = answers.iter().filter(|answer| answer.status.is_success()).count();
    (ok, answers.len() - ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_attempt_sent_200_times_at_once_is_answered_200_times_with_one_successor() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let other = app.another_instance().await;
        let tabs = (0..AT_ONCE).map(|tab| {
            let copy = alice.copied();
            let copy = if tab % 2 == 0 { copy } else { copy.through(&other) };
            tokio::spawn(async move { (answered(&copy).await, copy) })
        });
        let answers: Vec<_> =
            join_all(tabs).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        let successors: BTreeSet<String> = answers
            .iter()
            .map(|(answer, _)| answer.assert_ok().set_cookies()[0].value().to_owned())
            .collect();
        assert_eq!(successors.len(), 1);
        answers[0].1.refresh().await.assert_ok();
    })
    .await;
}

/// Retries a 503 with the same idempotency key, as a client does: on two busy cores, 200 calls may exceed the
/// two-second timeout of each.
async fn answered(browser: &Browser) -> Answer {
    const TRIES: usize = 20;
    for _ in 1..TRIES {
        let answer = browser.refresh_with(KEY).await;
        if answer.status != 503 {
            return answer;
        }
    }
    browser.refresh_with(KEY).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_at_most_one_of_many_succeeds_and_the_session_is_revoked() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let tries = (0..50).map(|_| {
            let copy = alice.copied();
            tokio::spawn(async move { copy.refresh().await })
        });
        let answers: Vec<Answer> =
            join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(statuses(&answers), (1, 49));
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_races_a_logout_never_outlives_it() {
    on_every_store(async |app| {
        for round in 0..25 {
            let alice = app.registered(&format!("alice{round}")).await;
            let (refreshing, leaving) = (alice.copied(), alice.copied());
            let refresh = tokio::spawn(async move {
                refreshing.refresh_with(KEY).await;
                refreshing
            });
            let logout = tokio::spawn(async move { leaving.logout().await });
            logout.await.expect("no panic").assert_status(204);
            let refreshed = refresh.await.expect("no panic");
            refreshed
                .refresh_with("attempt-key-of-the-next")
                .await
                .assert_problem(401, "invalid_grant");
            refreshed.me().await.assert_problem(401, "invalid_token");
        }
    })
    .await;
}

/// A retry has read the row before the first copy is accepted, and decides only when that row's idle limit has
/// passed.
#[tokio::test]
async fn a_row_that_would_have_expired_since_it_was_read_signs_no_user_out() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    app.clock.advance(604_799);
    let (held, before, copy) = (store.hold_session(), store.sessions_read(), alice.copied());
    let late = tokio::spawn(async move { copy.refresh_with(KEY).await });
    while store.sessions_read() == before {
        tokio::task::yield_now().await;
    }
    let answer = alice.refresh_with(KEY).await;
    app.clock.advance(1);
    drop(held);
    let late = late.await.expect("no panic");
    assert_eq!(late.assert_ok().set_cookies()[0].value(), answer.set_cookies()[0].value());
}
