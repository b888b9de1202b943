//! The places of new sessions in the status lists: each its own, in the current list, until that is half full.

use std::collections::BTreeSet;
use std::sync::Arc;

use backend::auth::revocation::status_index::{LIST_PLACES, ListNumber, index, place};
use backend::auth::token::session_ids::DRAWS;
use backend::store::Session;
use shared::SessionId;

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

async fn draw(app: &TestApp) -> SessionId {
    app.app.issuer.session_ids.draw(app.clock.now()).await.expect("a free place")
}

/// Two sessions with one place could not be revoked separately.
#[tokio::test]
async fn a_place_belongs_to_one_session() {
    on_every_store(async |app| {
        let user = alice(&app).await;
        // These instances have equal randomness: what one draws the other draws next.
        let (first, second) = (app.another_instance().await, app.another_instance().await);
        let (taken, next) = (draw(&first).await, draw(&first).await);
        open(&app, &user, Session { id: taken, ..begun(&app, &user).await }).await;
        assert_eq!(place(draw(&second).await), place(next), "the first one is taken");
    })
    .await;
}

/// A login stores its session after several reads. Of 2,000 draws of 131,072, some fifteen are of the same place.
#[tokio::test]
async fn logins_under_way_at_one_instance_have_different_places() {
    let app = TestApp::in_memory().await;
    for has_session in [false, true] {
        if has_session {
            alice(&app).await;
        }
        let mut places = BTreeSet::new();
        for _ in 0..2_000 {
            assert!(places.insert(place(draw(&app).await)), "{} before", places.len());
        }
    }
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
