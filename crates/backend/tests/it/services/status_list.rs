//! `GET /status-lists/{number}` (draft-ietf-oauth-status-list): which sessions are in which list, for how long, and
//! when a list is not served. Which list a new session is in: `status_places.rs`; caches: `status_caching.rs`.

use std::sync::Arc;
use std::time::Duration;

use backend::auth::revocation::status_index::{
    LIST_PLACES, ListNumber, PLACES, in_list, index, place,
};
use backend::store::{Change, ClientInfo, Revocation, Session, User};
use rotation::Generation;
use serde_json::json;
use shared::{RevocationReason, SessionId, path};
use tokio::time::advance;
use verifier::{KeySet, Status, StatusListToken, Verifier};

use crate::support::{Browser, Faulty, ORIGIN, Place, TestApp, on_every_store};

/// The list of this number; 0 is all of them.
pub(super) async fn list(app: &TestApp, number: u8) -> StatusListToken {
    let path = path::status_list(number);
    let answer = app.browser().get(&path).await;
    answer.assert_ok();
    assert_eq!(answer.header("content-type"), Some("application/statuslist+jwt"));
    let keys = KeySet::from_jwks(&app.browser().get(path::JWKS).await.body).expect("keys");
    let verifier = Verifier::new(ORIGIN, [ORIGIN], KeySet::default());
    let uri = format!("{ORIGIN}{path}");
    verifier.verify_status_list(&keys, &uri, &answer.body, app.clock.now()).expect("a list")
}

/// The list and the index in it that the access token names.
pub(super) fn reference(browser: &Browser) -> (u8, u64) {
    let reference = browser.claims()["status"]["status_list"].clone();
    let uri = reference["uri"].as_str().expect("a URI");
    let number = uri.strip_prefix(&format!("{ORIGIN}{}/", path::STATUS_LISTS)).expect("a list's");
    (number.parse().expect("a number"), reference["idx"].as_u64().expect("an index"))
}

/// The status of the browser's session, as a service looks it up.
async fn status(app: &TestApp, browser: &Browser) -> Status {
    let (number, idx) = reference(browser);
    list(app, number).await.list.get(idx).expect("an index of the list")
}

/// The same after the cached list is stale.
async fn status_later(app: &TestApp, browser: &Browser) -> Status {
    advance(Duration::from_millis(1_001)).await;
    status(app, browser).await
}

/// Alice, who has just registered.
pub(super) async fn alice(app: &TestApp) -> User {
    app.registered("alice").await;
    let found = app.administration().find("alice@example.com").await.expect("a store");
    found.expect("a user")
}

/// A session as a login begins it, not stored yet.
pub(super) async fn begun(app: &TestApp, user: &User) -> Session {
    app.app.issuer.begin(user, &ClientInfo::unknown()).await.expect("a free place")
}

pub(super) async fn open(app: &TestApp, user: &User, session: Session) {
    let seen = user.password_hash.clone();
    let open = Change::OpenSession { session: Box::new(session), seen, superseded: Vec::new() };
    assert!(app.store.commit(open, Vec::new()).await.expect("a store").took_place());
}

/// A stored session in the list of this number.
async fn opened_in(app: &TestApp, user: &User, number: &str) -> Session {
    let mut session = begun(app, user).await;
    session.id = in_list(session.id, ListNumber::parse(number).expect("a number"));
    open(app, user, session.clone()).await;
    session
}

async fn revoke(app: &TestApp, session: SessionId) {
    let revocation = Revocation { reason: RevocationReason::Administrator, at: app.clock.now() };
    let revoke = Change::RevokeSession(session, revocation);
    assert!(app.store.commit(revoke, Vec::new()).await.expect("a store").took_place());
}

#[tokio::test]
async fn a_token_names_the_list_and_the_index_of_its_session() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let sid: SessionId = serde_json::from_value(alice.claims()["sid"].clone()).expect("an id");
    let (number, idx) = (ListNumber::of(sid).get(), index(sid));
    let uri = format!("http://localhost:3000/status-lists/{number}");
    let claims = alice.claims();
    assert_eq!(claims["status"], json!({ "status_list": { "idx": idx, "uri": uri } }));
    assert!(idx < LIST_PLACES);
    alice.refresh().await.assert_ok();
    assert_eq!(alice.claims()["status"], claims["status"], "the session's, not the token's");
    let token = list(&app, number).await;
    assert_eq!((token.ttl, token.exp), (Some(2), Some(app.clock.now().plus(300))));
    assert_eq!((token.sub, token.list.bits()), (uri, 1));
}

/// A session that began under version 0.1, in any list, keeps its place; its older access tokens refer to the whole
/// list.
#[tokio::test]
async fn a_session_of_an_earlier_version_keeps_its_place() {
    on_every_store(async |app| {
        let user = alice(&app).await;
        let session = opened_in(&app, &user, "77").await;
        let issued = app.app.issuer.issue(&session, user.clone(), Generation(1)).await;
        let issued = issued.expect("tokens").access_token;
        let access_tokens = &app.app.issuer.access_tokens;
        let token = access_tokens.verify(issued.expose(), app.clock.now()).expect("its own token");
        let reference = token.status.expect("a list");
        assert_eq!(reference.uri, format!("{ORIGIN}/status-lists/77"));
        assert_eq!(reference.idx, index(session.id));
        revoke(&app, session.id).await;
        let there = app.another_instance().await;
        let (own, whole) = (list(&there, 77).await, list(&there, 0).await);
        assert_eq!(own.list.get(reference.idx), Some(Status::Invalid));
        assert_eq!(whole.list.get(place(session.id)), Some(Status::Invalid));
        assert_eq!(whole.list.get(reference.idx), Some(Status::Valid), "another session's");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_session_is_in_its_own_list_alone() {
    on_every_store(async |app| {
        let user = alice(&app).await;
        let (mut sessions, mut expected) = (Vec::new(), Vec::new());
        for number in ["1", "2", "64", "128"] {
            sessions.push(opened_in(&app, &user, number).await);
        }
        let (revoked, active) = (&sessions[2], &sessions[3]);
        revoke(&app, revoked.id).await;
        let mut found = Vec::new();
        for number in ListNumber::all() {
            let list = list(&app, number.get()).await.list;
            found.push(list.get(index(revoked.id)).expect("an index of each list"));
            expected.push(if number.get() == 64 { Status::Invalid } else { Status::Valid });
            if number.get() == 128 {
                assert_eq!(list.get(index(active.id)), Some(Status::Valid));
            }
        }
        assert_eq!(found, expected);
        let whole = list(&app, 0).await.list;
        assert_eq!(whole.get(place(revoked.id)), Some(Status::Invalid));
        assert_eq!(whole.get(place(active.id)), Some(Status::Valid));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_session_is_in_the_list_until_its_last_token_has_expired() {
    let app = TestApp::in_memory().await;
    let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
    assert_eq!(status(&app, &other).await, Status::Valid);
    other.copied().logout().await.assert_status(204);
    assert_eq!(status_later(&app, &other).await, Status::Invalid);
    assert_eq!(status(&app, &alice).await, Status::Valid);
    app.clock.advance(900);
    assert_eq!(status_later(&app, &other).await, Status::Invalid);
    app.clock.advance(61);
    assert_eq!(status_later(&app, &other).await, Status::Valid, "its tokens have expired");
}

/// Revocations by other instances are in it, with or without a notification.
#[tokio::test]
async fn a_session_that_was_revoked_at_another_instance_is_in_the_list() {
    on_every_store(async |app| {
        let there = app.another_instance().await;
        let alice = app.registered("alice").await;
        alice.copied().logout().await.assert_status(204);
        assert_eq!(status(&there, &alice).await, Status::Invalid);
    })
    .await;
}

/// Timers stand still while the machine sleeps, so a list from a second before is minutes old.
#[tokio::test(start_paused = true)]
async fn a_list_from_before_the_machine_slept_is_not_given() {
    let here = TestApp::in_memory().await;
    let there = here.another_instance().await;
    let alice = here.registered("alice").await;
    assert_eq!(status(&there, &alice).await, Status::Valid);
    alice.copied().logout().await.assert_status(204);
    there.clock.suspend(240);
    assert_eq!(status(&there, &alice).await, Status::Invalid);
}

#[tokio::test(start_paused = true)]
async fn while_storage_fails_no_list_is_served() {
    let store = Arc::new(Faulty::default());
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    store.set_broken(true);
    let get = async |number: u8| app.browser().get(&path::status_list(number)).await;
    for number in [1, 0, 128] {
        get(number).await.assert_problem(503, "temporarily_unavailable");
    }
    // A failure is cached for a second, for all lists; then the store is queried again.
    store.set_broken(false);
    get(2).await.assert_problem(503, "temporarily_unavailable");
    advance(Duration::from_millis(1_001)).await;
    for number in [1, 0, 128] {
        list(&app, number).await;
    }
}

#[tokio::test]
async fn there_are_128_lists_and_all_of_them_as_one() {
    let app = TestApp::in_memory().await;
    for number in [0, 1, 2, 127, 128] {
        list(&app, number).await;
    }
    for junk in ["129", "255", "256", "01", "00", "-1", "+1", "1.0", "0x1", "1e1", "x", "%31%20"] {
        let path = format!("{}/{junk}", path::STATUS_LISTS);
        app.browser().get(&path).await.assert_problem(404, "not_found");
    }
}

/// A list does not reveal the number of sessions, and stays small.
#[tokio::test(start_paused = true)]
async fn a_list_is_as_long_for_many_as_for_one_and_short() {
    for (is_whole, places, most_bytes) in [(false, LIST_PLACES, 1_024), (true, PLACES, 4_096)] {
        let app = TestApp::in_memory().await;
        let user = alice(&app).await;
        let mut sessions = vec![begun(&app, &user).await];
        // All sessions are in one list.
        let number = if is_whole { 0 } else { ListNumber::of(sessions[0].id).get() };
        let signed = async || {
            advance(Duration::from_millis(1_001)).await;
            let token = app.browser().get(&path::status_list(number)).await.body;
            token.rsplit_once('.').expect("a JWT").0.to_owned()
        };
        let empty = signed().await;
        assert!(empty.len() < most_bytes, "{} bytes when no session is revoked", empty.len());
        open(&app, &user, sessions[0].clone()).await;
        for _ in 1..200 {
            let session = begun(&app, &user).await;
            open(&app, &user, session.clone()).await;
            sessions.push(session);
        }
        assert!(signed().await == empty, "sessions set no bits");
        for session in &sessions[..20] {
            revoke(&app, session.id).await;
        }
        assert!(signed().await != empty, "revoked ones do");
        let list = list(&app, number).await.list;
        let idx = |session: &Session| if is_whole { place(session.id) } else { index(session.id) };
        for (at, session) in sessions.iter().enumerate() {
            let status = if at < 20 { Status::Invalid } else { Status::Valid };
            assert_eq!(list.get(idx(session)), Some(status), "{at}");
        }
        assert_eq!((list.get(places - 1).is_some(), list.get(places)), (true, None));
    }
}
