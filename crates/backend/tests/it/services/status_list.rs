//! `GET /status-lists/0` (draft-ietf-oauth-status-list), and the claim `status` that refers to it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use backend::auth::revocation::status_index::{PLACES, place};
use backend::store::{Change, ClientInfo, Session, User};
use serde_json::json;
use shared::{SessionId, path};
use tokio::time::advance;
use verifier::{KeySet, Status, StatusListToken, Verifier};

use crate::support::{Browser, Faulty, ORIGIN, PASSWORD, Place, TestApp, on_every_store};

const URI: &str = "http://localhost:3000/status-lists/0";

async fn list(app: &TestApp) -> StatusListToken {
    let answer = app.browser().get(path::STATUS_LIST).await;
    answer.assert_ok();
    assert_eq!(answer.header("content-type"), Some("application/statuslist+jwt"));
    let keys = KeySet::from_jwks(&app.browser().get(path::JWKS).await.body).expect("keys");
    let verifier = Verifier::new(ORIGIN, [ORIGIN], KeySet::default());
    verifier.verify_status_list(&keys, URI, &answer.body, app.clock.now()).expect("a list")
}

fn idx(browser: &Browser) -> u64 {
    browser.claims()["status"]["status_list"]["idx"].as_u64().expect("a place")
}

/// The list after the cached one is stale.
async fn list_anew(app: &TestApp) -> StatusListToken {
    advance(Duration::from_millis(1_001)).await;
    list(app).await
}

/// Alice, who has just registered.
async fn alice(app: &TestApp) -> User {
    app.registered("alice").await;
    let found = app.administration().find("alice@example.com").await.expect("a store");
    found.expect("a user")
}

/// A session as a login begins it, not stored yet.
async fn begun(app: &TestApp, user: &User) -> Session {
    app.app.issuer.begin(user, &ClientInfo::unknown()).await.expect("a free place")
}

async fn open(app: &TestApp, user: &User, session: Session) {
    let seen = user.password_hash.clone();
    let open = Change::OpenSession { session: Box::new(session), seen, superseded: Vec::new() };
    assert!(app.store.commit(open, Vec::new()).await.expect("a store").took_place());
}

#[tokio::test]
async fn a_token_names_the_status_list_index_of_its_session() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let sid: SessionId = serde_json::from_value(alice.claims()["sid"].clone()).expect("an id");
    let claims = alice.claims();
    assert_eq!(claims["status"], json!({ "status_list": { "idx": place(sid), "uri": URI } }));
    assert!(place(sid) < PLACES);
    alice.refresh().await.assert_ok();
    assert_eq!(alice.claims()["status"], claims["status"], "the session's, not the token's");
    let token = list(&app).await;
    assert_eq!((token.ttl, token.exp), (Some(2), Some(app.clock.now().plus(300))));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_session_is_in_the_list_until_its_last_token_has_expired() {
    let app = TestApp::in_memory().await;
    let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
    let status = |token: &StatusListToken, browser| token.list.get(idx(browser));
    let before = list(&app).await;
    assert_eq!(status(&before, &alice), Some(Status::Valid));
    other.copied().logout().await.assert_status(204);
    let after = list_anew(&app).await;
    assert_eq!(status(&after, &other), Some(Status::Invalid));
    assert_eq!(status(&after, &alice), Some(Status::Valid));
    app.clock.advance(900);
    assert_eq!(status(&list_anew(&app).await, &other), Some(Status::Invalid));
    app.clock.advance(61);
    assert_eq!(status(&list_anew(&app).await, &other), Some(Status::Valid), "cut by expiry");
}

/// Revocations by other instances are in it, with or without a notification.
#[tokio::test]
async fn a_session_that_was_revoked_at_another_instance_is_in_the_list() {
    on_every_store(async |app| {
        let there = app.another_instance().await;
        let alice = app.registered("alice").await;
        alice.copied().logout().await.assert_status(204);
        assert_eq!(list(&there).await.list.get(idx(&alice)), Some(Status::Invalid));
    })
    .await;
}

/// All requests within a second get the same cached list.
#[tokio::test(start_paused = true)]
async fn a_list_is_made_once_a_second_at_most() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let first = app.browser().get(path::STATUS_LIST).await.body;
    alice.copied().logout().await.assert_status(204);
    assert_eq!(app.browser().get(path::STATUS_LIST).await.body, first);
    advance(Duration::from_millis(1_001)).await;
    assert_ne!(app.browser().get(path::STATUS_LIST).await.body, first);
}

/// Timers stand still while the machine sleeps, so a list from a second before is minutes old.
#[tokio::test(start_paused = true)]
async fn a_list_from_before_the_machine_slept_is_not_given() {
    let here = TestApp::in_memory().await;
    let there = here.another_instance().await;
    let alice = here.registered("alice").await;
    assert_eq!(list(&there).await.list.get(idx(&alice)), Some(Status::Valid));
    alice.copied().logout().await.assert_status(204);
    there.clock.suspend(240);
    assert_eq!(list(&there).await.list.get(idx(&alice)), Some(Status::Invalid));
}

#[tokio::test(start_paused = true)]
async fn while_storage_fails_no_list_is_served() {
    let store = Arc::new(Faulty::default());
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    store.set_broken(true);
    let answer = app.browser().get(path::STATUS_LIST).await;
    answer.assert_problem(503, "temporarily_unavailable");
    app.browser().get("/status-lists/1").await.assert_problem(404, "not_found");
    // A failure is cached for a second as well; then the store is queried again.
    store.set_broken(false);
    app.browser().get(path::STATUS_LIST).await.assert_problem(503, "temporarily_unavailable");
    advance(Duration::from_millis(1_001)).await;
    list(&app).await;
}

/// The list does not reveal the number of sessions, and stays small.
#[tokio::test(start_paused = true)]
async fn the_list_is_as_long_for_many_as_for_one_and_short() {
    let app = TestApp::in_memory().await;
    let signed = async || {
        advance(Duration::from_millis(1_001)).await;
        let token = app.browser().get(path::STATUS_LIST).await.body;
        token.rsplit_once('.').expect("a JWT").0.to_owned()
    };
    let empty = signed().await;
    let user = alice(&app).await;
    assert_eq!(signed().await, empty);
    for _ in 0..500 {
        let session = begun(&app, &user).await;
        open(&app, &user, session).await;
    }
    assert_eq!(signed().await, empty);
    let token = list(&app).await;
    assert_eq!(token.list.get(PLACES - 1), Some(Status::Valid));
    assert_eq!(token.list.get(PLACES), None);
    let bytes = app.browser().get(path::STATUS_LIST).await.body.len();
    assert!(bytes < 4_096, "{bytes} bytes when no session is revoked");
}

/// Indexes reveal neither the order of logins nor their number.
#[tokio::test]
async fn indexes_do_not_follow_one_another() {
    let app = TestApp::in_memory().await;
    let user = alice(&app).await;
    let mut places = Vec::new();
    for _ in 0..256 {
        let session = begun(&app, &user).await;
        places.push(place(session.id));
        open(&app, &user, session).await;
        app.clock.advance(1);
    }
    let ascents = places.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((64..192).contains(&ascents), "{ascents} of 255 are beyond the one before: {places:?}");
    let eighths: BTreeSet<u64> = places.iter().map(|place| place / (PLACES / 8)).collect();
    assert_eq!(eighths.len(), 8, "{places:?}");
}

/// Two sessions with one index could not be revoked separately.
#[tokio::test]
async fn an_index_belongs_to_one_session() {
    on_every_store(async |app| {
        let user = alice(&app).await;
        // These instances have equal randomness: all draw the same index next.
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

#[tokio::test]
async fn a_login_draws_until_an_index_is_free_and_is_503_if_none_is() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    app.registered("alice").await;
    store.take_next_places(8);
    app.browser().login("alice", PASSWORD).await.assert_ok();
    store.take_next_places(usize::MAX);
    let refused = app.browser().login("alice", PASSWORD).await;
    refused.assert_problem(503, "temporarily_unavailable");
    assert_eq!(refused.header("retry-after"), Some("1"));
    store.take_next_places(0);
    app.browser().login("alice", PASSWORD).await.assert_ok();
}
