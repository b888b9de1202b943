//! The places of new sessions in the status lists: each its own, in the current list, until that is half full.

use std::collections::BTreeSet;
use std::sync::Arc;

use backend::auth::revocation::status_index::{LIST_PLACES, ListNumber, index, place};
use backend::auth::token::session_ids::DRAWS;

use super::status_list::{alice, begun, open, reference};
use crate::support::{Faulty, PASSWORD, Place, TestApp, on_every_store};

/// A small installation has one list in use, so that a service fetches one.
#[tokio::test]
async fn new_sessions_are_in_the_list_of_the_newest_session() {
    on_every_store(async |app| {
        let user = alice(&app).await;
        let mut numbers = BTreeSet::new();
        for _ in 0..10 {
            let session = begun(&app, &user).await;
            numbers.insert(ListNumber::of(session.id).get());
            open(&app, &user, session).await;
            app.clock.advance(1);
        }
        assert_eq!(numbers.len(), 1, "{numbers:?}");
        // An instance that has just started asks the store.
        let there = app.another_instance().await;
        let session = begun(&there, &user).await;
        assert!(numbers.contains(&ListNumber::of(session.id).get()));
    })
    .await;
}

/// Indexes reveal neither the order of logins nor their number.
#[tokio::test]
async fn indexes_do_not_follow_one_another() {
    let app = TestApp::in_memory().await;
    let user = alice(&app).await;
    let mut places = Vec::new();
    for _ in 0..256 {
        let session = begun(&app, &user).await;
        places.push(index(session.id));
        open(&app, &user, session).await;
        app.clock.advance(1);
    }
    let ascents = places.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((64..192).contains(&ascents), "{ascents} of 255 are beyond the one before: {places:?}");
    let eighths: BTreeSet<u64> = places.iter().map(|place| place / (LIST_PLACES / 8)).collect();
    assert_eq!(eighths.len(), 8, "{places:?}");
}

/// Two sessions with one place could not be revoked separately.
#[tokio::test]
async fn a_place_belongs_to_one_session() {
    on_every_store(async |app| {
        let user = alice(&app).await;
        // These instances have equal randomness: all draw the same place next.
        let first = app.another_instance().await;
        let (second, third) = (app.another_instance().await, app.another_instance().await);
        let session = begun(&first, &user).await;
        let taken = place(session.id);
        app.clock.advance(1);
        assert_eq!(place(begun(&second, &user).await.id), taken, "no session has it yet");
        open(&app, &user, session).await;
        assert_ne!(place(begun(&third, &user).await.id), taken);
    })
    .await;
}

/// Twelve draws in a row are taken when a list is about half full; after the last list comes the first.
#[tokio::test]
async fn when_a_list_is_half_full_new_sessions_are_in_the_next_one() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let (first, _) = reference(&app.registered("alice").await);
    let login = async |app: &TestApp, taken: usize| {
        app.clock.advance(1);
        store.take_next_places(taken);
        reference(&app.logged_in("alice").await).0
    };
    assert_eq!(login(&app, DRAWS - 1).await, first);
    let next = first % 128 + 1;
    assert_eq!(login(&app, DRAWS).await, next);
    assert_eq!(login(&app, 0).await, next, "it is the current list now");
    let there = app.another_instance().await;
    assert_eq!(login(&there, 0).await, next, "others find it at the newest session");
    let over_the_next = next % 128 + 1;
    assert_eq!(login(&there, DRAWS).await, over_the_next);
    // An instance remembers its own, until it asks again.
    assert_eq!(login(&app, 0).await, next);
    login(&there, 0).await;
    app.clock.suspend(600);
    assert_eq!(login(&app, 0).await, over_the_next);
}

#[tokio::test]
async fn a_login_draws_until_a_place_is_free_and_is_503_if_none_is() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    app.registered("alice").await;
    store.take_next_places(4 * DRAWS - 1);
    app.browser().login("alice", PASSWORD).await.assert_ok();
    store.take_next_places(usize::MAX);
    let refused = app.browser().login("alice", PASSWORD).await;
    refused.assert_problem(503, "temporarily_unavailable");
    assert_eq!(refused.header("retry-after"), Some("1"));
    store.take_next_places(0);
    app.browser().login("alice", PASSWORD).await.assert_ok();
}
