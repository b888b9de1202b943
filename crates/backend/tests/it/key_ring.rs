//! The key ring from outside: rotation without a rejected token, revocation with immediate effect.

mod unknown_key;

use std::collections::VecDeque;
use std::sync::Arc;

use axum::http::Method;
use backend::auth::revocation::key_revocation::revoke_key;
use backend::clock::Clock;
use backend::config::MasterKeySource;
use backend::entropy::Entropy;
use backend::keys::{FirstRing, KeyError, KeyRing, KeyState};
use backend::store::memory::Memory;
use backend::store::{Change, IdRange, KeyPurpose, Prunable, PruneBefore, Store};
use shared::{NumericDate, path};
use verifier::{KeySet, Verifier};

use crate::support::{Browser, Faulty, ORIGIN, Place, START, TestApp, on_every_store, settings};

const DAY: i64 = 86_400;
/// How long a service may cache the JWKS.
const CACHE: i64 = 300;
/// How long before its first signature a key is published.
const AHEAD: i64 = CACHE + 60;
/// The lifetime of an access token.
const LIFE: i64 = 900;

async fn advance_rotation(app: &TestApp) {
    app.app.keys.advance(&app.store, app.clock.now()).await.expect("a store");
}

async fn rotate(app: &TestApp, purpose: KeyPurpose) -> String {
    let rotated = app.app.keys.rotate(purpose, &app.store, app.clock.now()).await;
    rotated.expect("a store").kid
}

async fn revoke(app: &TestApp, kid: &str) -> Result<u64, KeyError> {
    let revoked = revoke_key(&app.app.event_log, &app.app.keys, kid, &mut |_| {}).await;
    revoked.map(|revoked| revoked.sessions)
}

async fn jwks(app: &TestApp) -> KeySet {
    let answer = app.browser().get(path::JWKS).await;
    answer.assert_ok();
    KeySet::from_jwks(&answer.body).expect("a key set")
}

async fn published(app: &TestApp) -> Vec<String> {
    jwks(app).await.iter().map(|key| key.kid().to_owned()).collect()
}

fn in_use(app: &TestApp, purpose: KeyPurpose) -> String {
    let ring = app.app.keys.current();
    ring.in_use(purpose, app.clock.now()).expect("a key").kid.clone()
}

fn kid_of(browser: &Browser) -> String {
    let header = jsonwebtoken::decode_header(browser.access_token()).expect("a header");
    header.kid.expect("a kid")
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_is_kept_until_its_tokens_have_died()
{
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let old = kid_of(&alice);
        let new = rotate(&app, KeyPurpose::Access).await;
        assert_eq!(published(&app).await.len(), 2);
        assert_eq!(rotate(&app, KeyPurpose::Access).await, new, "it is the pending one");

        app.clock.advance(AHEAD - 1);
        alice.refresh().await.assert_ok();
        assert_eq!(kid_of(&alice), old);
        let last_of_the_old = alice.copied();
        app.clock.advance(1);
        alice.refresh().await.assert_ok();
        assert_eq!(kid_of(&alice), new);

        app.clock.advance(LIFE - 2);
        last_of_the_old.me().await.assert_ok();
        assert!(published(&app).await.contains(&old));
        app.clock.advance(2 + 60);
        advance_rotation(&app).await;
        let published = published(&app).await;
        assert!(published.contains(&new) && !published.contains(&old), "{published:?}");
        let left = app.store.keys().await.expect("a store");
        assert!(left.iter().all(|key| key.kid != old), "its row is gone");
        alice.refresh().await.assert_ok();
    })
    .await;
}

/// The promise to resource servers: one that caches the JWKS no longer than `max-age` accepts every valid token. A
/// year, in steps that fall on every phase of the cache.
#[tokio::test]
async fn no_token_is_refused_by_a_service_that_keeps_the_set_as_long_as_it_may() {
    const STEP: i64 = 97;
    let flags = ["--key-rotation-seconds", "7000"];
    let app = TestApp::with(&flags).await;
    let alice = app.registered("alice").await;
    let verifier = Verifier::new(ORIGIN, [ORIGIN], KeySet::default());
    let (mut kept, mut kept_since) = (jwks(&app).await, app.clock.now());
    let mut tokens: VecDeque<(NumericDate, String)> = VecDeque::new();
    let mut kids = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        advance_rotation(&app).await;
        let now = app.clock.now();
        if now.since(kept_since) > CACHE {
            (kept, kept_since) = (jwks(&app).await, now);
        }
        alice.refresh().await.assert_ok();
        kids.insert(kid_of(&alice));
        tokens.push_back((now.plus(LIFE), alice.access_token()));
        while tokens.front().is_some_and(|(exp, _)| *exp <= now) {
            tokens.pop_front();
        }
        for (_, token) in &tokens {
            verifier.verify_with(&kept, token, now).expect("a valid token");
        }
        app.clock.advance(STEP);
    }
    assert!(kids.len() > 10, "{} keys have signed", kids.len());
    assert!(app.store.keys().await.expect("a store").len() <= 4, "old ones are removed");
}

#[tokio::test]
async fn keys_rotate_by_themselves_once_a_month_and_one_is_pending_at_all_times() {
    let app = TestApp::in_memory().await;
    let (first, refresh) = (in_use(&app, KeyPurpose::Access), in_use(&app, KeyPurpose::Refresh));
    let before = published(&app).await;
    assert_eq!(before.len(), 2);
    app.clock.advance(30 * DAY - 1);
    advance_rotation(&app).await;
    assert_eq!((in_use(&app, KeyPurpose::Access), published(&app).await), (first.clone(), before));
    app.clock.advance(1);
    let second = in_use(&app, KeyPurpose::Access);
    assert_ne!(second, first);
    advance_rotation(&app).await;
    let after = published(&app).await;
    assert!(after.len() == 3 && after.contains(&first) && after.contains(&second), "{after:?}");
    assert_eq!(in_use(&app, KeyPurpose::Refresh), refresh, "this one does not");
}

/// Timers stand still while the machine is suspended.
#[tokio::test(start_paused = true)]
async fn a_machine_that_has_slept_looks_for_an_unknown_key_at_once() {
    let app = TestApp::in_memory().await;
    let (keys, store) = (&app.app.keys, &app.store);
    assert!(keys.look_again(store).await.expect("a store"));
    assert!(!keys.look_again(store).await.expect("a store"), "a moment ago");
    app.clock.suspend(240);
    assert!(keys.look_again(store).await.expect("a store"));
}

/// Of instances that find the same rotation due, one rotates: the write is conditional.
#[tokio::test]
async fn instances_publish_one_successor_between_them() {
    on_every_store(async |app| {
        let other = app.another_instance().await;
        app.clock.advance(30 * DAY);
        futures_util::future::join(advance_rotation(&app), advance_rotation(&other)).await;
        assert_eq!(app.store.keys().await.expect("a store").len(), 4);
        assert_eq!(published(&app).await, published(&other).await);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_another_instance_signs_with_is_found_without_a_notification() {
    on_every_store(async |app| {
        let other = app.another_instance().await;
        let alice = app.registered("alice").await;
        // Revoke the active and the pending key, so that the next key is created now.
        for _ in 0..2 {
            revoke(&app, &in_use(&app, KeyPurpose::Access)).await.expect("a store");
        }
        alice.refresh().await.assert_ok();
        let there = alice.copied().through(&other);
        there.me().await.assert_ok();
    })
    .await;
}

/// A late response of the store must not restore a key that was revoked meantime.
#[tokio::test]
async fn what_was_read_first_never_takes_the_place_of_what_was_read_later() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let other = app.another_instance().await;
    let stolen = in_use(&app, KeyPurpose::Access);
    let reload = || {
        let (keys, store) = (Arc::clone(&other.app.keys), Arc::clone(&other.store));
        tokio::spawn(async move { keys.reload(&store).await.expect("a store") })
    };
    let (held, before) = (store.hold_keys(), store.keys_read());
    let late = reload();
    while store.keys_read() == before {
        tokio::task::yield_now().await;
    }
    revoke(&app, &stolen).await.expect("a store");
    let later = reload();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(held);
    futures_util::future::join(late, later).await.1.expect("no panic");
    assert!(other.app.keys.current().verifying().get(&stolen).is_none());
}

#[tokio::test]
async fn a_login_under_a_new_refresh_key_is_accepted_at_every_instance() {
    on_every_store(async |app| {
        let other = app.another_instance().await;
        let before = app.registered("alice").await;
        let new = rotate(&app, KeyPurpose::Refresh).await;
        app.clock.advance(AHEAD);
        assert_eq!(in_use(&app, KeyPurpose::Refresh), new);
        let after = app.logged_in("alice").await;
        for browser in [before.through(&other), after.through(&other)] {
            browser.refresh().await.assert_ok();
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_key_is_kept_as_long_as_a_session_has_tickets_made_with_it() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let old = in_use(&app, KeyPurpose::Refresh);
        rotate(&app, KeyPurpose::Refresh).await;
        for _ in 0..29 {
            app.clock.advance(DAY);
            advance_rotation(&app).await;
            alice.refresh().await.assert_ok();
        }
        // Expired, but stored until no session refers to it.
        app.clock.advance(20 * DAY);
        advance_rotation(&app).await;
        assert!(app.store.keys().await.expect("a store").iter().any(|key| key.kid == old));
        app.store.commit(prune(&app), Vec::new()).await.expect("a store");
        advance_rotation(&app).await;
        assert!(app.store.keys().await.expect("a store").iter().all(|key| key.kid != old));
    })
    .await;
}

fn prune(app: &TestApp) -> Change {
    let now = app.clock.now();
    let before = PruneBefore { created_at: now, accepted_at: now, revoked_at: now };
    let all = IdRange { after: [0; 16], through: [u8::MAX; 16] };
    Change::Prune(Prunable::Sessions(before), all)
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_no_user_is_signed_out() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let stolen = kid_of(&alice);
        assert_eq!(revoke(&app, &stolen).await.expect("a store"), 0);
        alice.me().await.assert_problem(401, "invalid_token");
        assert!(!published(&app).await.contains(&stolen));
        alice.refresh().await.assert_ok();
        assert_ne!(kid_of(&alice), stolen);
        alice.me().await.assert_ok();
        let again = revoke(&app, &stolen).await.expect_err("it was revoked before");
        assert!(matches!(again, KeyError::RevokedBefore { .. }), "{again}");
    })
    .await;
}

/// The pending key is in every service's cache already.
#[tokio::test]
async fn the_pending_key_replaces_one_that_is_revoked() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let waiting = rotate(&app, KeyPurpose::Access).await;
    revoke(&app, &kid_of(&alice)).await.expect("a store");
    assert_eq!(app.store.keys().await.expect("a store").len(), 3, "no fourth one was made");
    alice.refresh().await.assert_ok();
    assert_eq!(kid_of(&alice), waiting);

    // Nor does the old key become active when its successor is revoked.
    revoke(&app, &waiting).await.expect("a store");
    alice.refresh().await.assert_ok();
    assert_ne!(kid_of(&alice), waiting);
    assert_eq!(app.store.keys().await.expect("a store").len(), 4);
}

/// A key that is no longer active may be removed at any moment.
#[tokio::test]
async fn no_old_key_comes_back_when_its_successor_is_revoked() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let second = rotate(&app, KeyPurpose::Access).await;
    app.clock.advance(AHEAD);
    let third = rotate(&app, KeyPurpose::Access).await;
    revoke(&app, &second).await.expect("a store");
    alice.refresh().await.assert_ok();
    assert_eq!(kid_of(&alice), third);
}

#[tokio::test]
async fn revoking_a_pending_key_changes_nothing_for_clients() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let waiting = rotate(&app, KeyPurpose::Access).await;
    revoke(&app, &waiting).await.expect("a store");
    alice.me().await.assert_ok();
    app.clock.advance(AHEAD + 1);
    alice.refresh().await.assert_ok();
    let next = rotate(&app, KeyPurpose::Access).await;
    app.clock.advance(AHEAD);
    alice.refresh().await.assert_ok();
    assert_eq!(kid_of(&alice), next);
}

#[tokio::test]
async fn sessions_under_a_revoked_refresh_key_are_revoked_and_no_others() {
    on_every_store(async |app| {
        let before = app.registered("alice").await;
        let stolen = in_use(&app, KeyPurpose::Refresh);
        rotate(&app, KeyPurpose::Refresh).await;
        app.clock.advance(AHEAD);
        let after = app.logged_in("alice").await;
        assert_eq!(revoke(&app, &stolen).await.expect("a store"), 1);
        let refused = before.me().await;
        refused.assert_problem(401, "invalid_token");
        assert_eq!(refused.json()["ended_because"], "administrator");
        before.refresh().await.assert_problem(401, "invalid_grant");
        after.refresh().await.assert_ok();
        app.browser().login("alice", crate::support::PASSWORD).await.assert_ok();
    })
    .await;
}

/// The key is revoked first, so that its tickets are rejected; its sessions are revoked in batches. A retry revokes
/// those that a failure left active.
#[tokio::test(start_paused = true)]
async fn a_key_revocation_that_was_interrupted_is_completed_by_a_retry() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let stolen = in_use(&app, KeyPurpose::Refresh);
    store.break_after(1);
    let error = revoke(&app, &stolen).await.expect_err("storage fails after the first write");
    assert!(matches!(error, KeyError::Store(_)), "{error}");
    store.set_broken(false);
    // The reload of an instance that was notified.
    app.app.keys.reload(&app.store).await.expect("a store");
    alice.me().await.assert_ok();
    alice.refresh().await.assert_problem(401, "invalid_grant");
    assert_eq!(revoke(&app, &stolen).await.expect("a store"), 1);
    alice.me().await.assert_problem(401, "invalid_token");
    let again = revoke(&app, &stolen).await.expect_err("nothing is left");
    assert!(matches!(again, KeyError::RevokedBefore { .. }), "{again}");
}

#[tokio::test]
async fn an_unknown_key_cannot_be_revoked() {
    let app = TestApp::in_memory().await;
    let error = revoke(&app, "nothing-of-this-name").await.expect_err("no such key");
    assert!(error.to_string().contains("baton keys list"), "{error}");
}

/// Write access to the database without the master key adds no valid key.
#[tokio::test]
async fn a_key_that_was_sealed_otherwise_is_no_key() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (own, signing) = (published(&app).await, in_use(&app, KeyPurpose::Access));
    let last = own.iter().find(|kid| **kid != signing).expect("a pending one");
    let forged = forged_key(last.clone()).await;
    assert!(app.store.commit(Change::AddKey(Box::new(forged)), Vec::new()).await.is_ok());
    app.app.keys.reload(&app.store).await.expect("a store");
    assert_eq!(app.store.keys().await.expect("a store").len(), 4, "it is in the database");
    assert_eq!(published(&app).await, own);
    alice.refresh().await.assert_ok();
    assert_eq!(kid_of(&alice), signing);
}

/// A key of another Baton, active at once.
async fn forged_key(predecessor: String) -> backend::store::StoredKey {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let folder = tempfile::tempdir().expect("a folder");
    let plan = settings::<&str>(&[]).expect("settings").key_plan;
    let source = MasterKeySource::Folder(folder.path().to_owned());
    let (clock, entropy) = (Clock::manual(START), Entropy::system());
    let first_ring = FirstRing::WithNewMasterKey;
    let ring = KeyRing::open(&source, plan, &store, &clock, &entropy, first_ring).await;
    ring.expect("a ring");
    let mut keys = store.keys().await.expect("a store").into_iter();
    let key = keys.find(|key| key.purpose == KeyPurpose::Access);
    backend::store::StoredKey { predecessor, ..key.expect("a signing key") }
}

#[tokio::test]
async fn states_are_what_the_list_shows() {
    let app = TestApp::in_memory().await;
    let first = in_use(&app, KeyPurpose::Access);
    let second = rotate(&app, KeyPurpose::Access).await;
    let states = async || {
        let keys = app.store.keys().await.expect("a store");
        let states = app.app.keys.plan().states(&keys, app.clock.now()).into_iter();
        let of_access = states.filter(|(key, _)| key.purpose == KeyPurpose::Access);
        of_access.map(|(key, state)| (key.kid.clone(), state)).collect::<Vec<_>>()
    };
    let both = |one, two| vec![(first.clone(), one), (second.clone(), two)];
    assert_eq!(states().await, both(KeyState::Active, KeyState::Pending));
    app.clock.advance(AHEAD);
    assert_eq!(states().await, both(KeyState::VerifyOnly, KeyState::Active));
    app.clock.advance(LIFE + 60);
    assert_eq!(states().await, both(KeyState::Expired, KeyState::Active));
    revoke(&app, &first).await.expect("a store");
    assert_eq!(states().await, both(KeyState::Revoked, KeyState::Active));
}

#[tokio::test]
async fn the_set_may_be_kept_as_long_as_it_says_and_is_not_sent_twice() {
    let app = TestApp::with(&["--jwks-cache-seconds", "120"]).await;
    let browser = app.browser();
    let answer = browser.get(path::JWKS).await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=120"));
    let tag = answer.header("etag").expect("a validator").to_owned();
    let again = async |known: &str| {
        let request = browser.request(Method::GET, path::JWKS).header("if-none-match", known);
        browser.send(request, axum::body::Body::empty()).await
    };
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = again(&known).await;
        answer.assert_status(304);
        assert!(answer.body.is_empty() && answer.header("etag") == Some(tag.as_str()));
    }
    again("\"other\"").await.assert_ok();
    revoke(&app, &in_use(&app, KeyPurpose::Access)).await.expect("a store");
    again(&tag).await.assert_ok();
}
