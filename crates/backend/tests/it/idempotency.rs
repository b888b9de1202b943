//! Idempotency keys: a retry has no second effect and the same response.

mod sign_in;
mod waiting;

use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::path::{self, IDEMPOTENCY_KEY, REFRESH_COOKIE};

use crate::fair_share::routes;
use crate::support::{Answer, Browser, PASSWORD, TestApp, on_every_store};

/// Idempotency keys.
const KEY: &str = "first-action-of-the-user";
const OTHER_KEY: &str = "second-action-of-the-user";
/// A key is remembered for a day.
const DAY: i64 = 86_400;

/// One call of each kind that changes state and takes an access token.
fn changes(another_session: &str) -> [(Method, String, Option<Value>); 3] {
    [
        (Method::PUT, path::NAME.to_owned(), Some(json!({"name": "Alice Liddell"}))),
        (Method::DELETE, path::session(another_session.parse().expect("an id")), None),
        (Method::DELETE, path::SESSIONS.to_owned(), None),
    ]
}

async fn rename(browser: &Browser, key: &str, name: &str) -> Answer {
    browser.call_with(key, Method::PUT, path::NAME, Some(json!({ "name": name }))).await
}

async fn name_of(browser: &Browser) -> Value {
    browser.me().await.assert_ok().json()["user"]["name"].clone()
}

fn session_of(browser: &Browser) -> String {
    browser.claims()["sid"].as_str().expect("an id").to_owned()
}

async fn count(browser: &Browser, kind: &str) -> usize {
    browser.events().await.iter().filter(|it| *it == kind).count()
}

#[tokio::test]
async fn a_copy_has_no_second_effect_and_the_same_answer() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let elsewhere = app.logged_in("alice").await;
        let changes = changes(&session_of(&elsewhere));
        for (number, (method, path, body)) in changes.into_iter().enumerate() {
            let key = format!("action-of-the-user-number-{number}");
            let send = async || alice.call_with(&key, method.clone(), &path, body.clone()).await;
            let first = send().await.assert_status(204).snapshot();
            for _ in 0..3 {
                assert_eq!(send().await.snapshot(), first, "{method} {path}");
            }
        }
        for kind in ["name_changed", "session_ended", "others_ended"] {
            // The last one has found no other session to revoke.
            let expected = usize::from(kind != "others_ended");
            assert_eq!(count(&alice, kind).await, expected, "{kind}");
        }
    })
    .await;
}

/// Without a key, a late retry would undo later changes.
#[tokio::test]
async fn a_late_copy_undoes_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        rename(&alice, KEY, "Alice").await.assert_status(204);
        rename(&alice, OTHER_KEY, "Lewis").await.assert_status(204);
        rename(&alice, KEY, "Alice").await.assert_status(204);
        assert_eq!(name_of(&alice).await, "Lewis");

        let revoke_others =
            async || alice.call_with(KEY_OF_ENDS, Method::DELETE, path::SESSIONS, None).await;
        let before = app.logged_in("alice").await;
        revoke_others().await.assert_status(204);
        before.me().await.assert_problem(401, "invalid_token");
        let since = app.logged_in("alice").await;
        revoke_others().await.assert_status(204);
        since.me().await.assert_ok();
    })
    .await;
}

const KEY_OF_ENDS: &str = "sign-out-of-all-others";

#[tokio::test]
async fn a_key_is_good_for_one_request_of_one_caller() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let elsewhere = app.logged_in("alice").await;
        rename(&alice, KEY, "Alice").await.assert_status(204);
        rename(&alice, KEY, "Lewis").await.assert_problem(422, "idempotency_key_reused");
        rename(&bob, KEY, "Alice").await.assert_problem(422, "idempotency_key_reused");
        rename(&elsewhere, KEY, "Alice").await.assert_problem(422, "idempotency_key_reused");
        let others = alice.call_with(KEY, Method::DELETE, path::SESSIONS, None).await;
        others.assert_problem(422, "idempotency_key_reused");
        let deleted = alice.call_with(KEY, Method::DELETE, path::ME, None).await;
        deleted.assert_problem(422, "idempotency_key_reused");
        assert_eq!(name_of(&alice).await, "Alice");
        assert_eq!(name_of(&bob).await, "bob");
        elsewhere.me().await.assert_ok();
        let logout = alice.request(Method::POST, path::LOGOUT).header(IDEMPOTENCY_KEY, KEY);
        alice.send(logout, Body::empty()).await.assert_problem(422, "idempotency_key_reused");
        alice.me().await.assert_ok();
        rename(&alice, KEY, "Alice").await.assert_status(204);
    })
    .await;
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_unused() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let too_long = "a".repeat(1_000);
        rename(&alice, KEY, &too_long).await.assert_problem(422, "validation_failed");
        rename(&alice, KEY, "Alice").await.assert_status(204);
        let no_session =
            path::session("01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id"));
        let ended = alice.call_with(OTHER_KEY, Method::DELETE, &no_session, None).await;
        ended.assert_problem(404, "not_found");
        rename(&alice, OTHER_KEY, "Lewis").await.assert_status(204);
    })
    .await;
}

#[tokio::test]
async fn a_malformed_key_changes_nothing() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    for key in ["short", "with a space in it", &"k".repeat(129)] {
        rename(&alice, key, "Alice").await.assert_problem(400, "malformed_request");
        let body = json!({"email": "alice@example.com", "password": PASSWORD});
        let login = app.browser().post_with(key, path::LOGIN, body).await;
        login.assert_problem(400, "malformed_request");
        let logout = alice.request(Method::POST, path::LOGOUT).header(IDEMPOTENCY_KEY, key);
        alice.send(logout, Body::empty()).await.assert_problem(400, "malformed_request");
    }
    assert_eq!(name_of(&alice).await, "alice");
}

/// Every unsafe method of every route, future ones included.
#[tokio::test]
async fn every_state_changing_call_looks_up_its_key() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let mut calls = 0;
    for (method, path) in routes().into_iter().filter(|(method, _)| !method.is_safe()) {
        // Introspection changes nothing; the calls of native clients refuse a browser first (`native::forms`).
        if [path::INTROSPECT, path::NATIVE_LOGIN, path::TOKEN].contains(&path.as_str()) {
            continue;
        }
        let answer = alice.call_with("malformed", method.clone(), &path, Some(json!({}))).await;
        assert_eq!(answer.status, 400, "{method} {path}: {answer:?}");
        assert!(answer.body.contains("Idempotency-Key"), "{method} {path}: {answer:?}");
        calls += 1;
    }
    assert!(calls >= 11, "{calls}");
}

/// The call revokes its own session, so its retry arrives with a revoked token.
#[tokio::test]
async fn the_copy_of_a_call_that_revoked_its_own_session_is_answered_as_the_first() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let (copy, other) = (alice.copied(), alice.copied());
        let own = path::session(session_of(&alice).parse().expect("an id"));
        let first = alice.call_with(KEY, Method::DELETE, &own, None).await;
        let again = copy.call_with(KEY, Method::DELETE, &own, None).await;
        assert_eq!(first.assert_status(204).snapshot(), again.snapshot());
        assert_eq!(copy.cookie(REFRESH_COOKIE), None);
        // For any other call the revoked token is refused.
        let unused = other.call_with(OTHER_KEY, Method::DELETE, &own, None).await;
        unused.assert_problem(401, "invalid_token");
        rename(&other, KEY, "Alice").await.assert_problem(422, "idempotency_key_reused");

        let bob = app.registered("bob").await;
        let copy = bob.copied();
        bob.call_with(BOBS_KEY, Method::DELETE, path::ME, None).await.assert_status(204);
        copy.call_with(BOBS_KEY, Method::DELETE, path::ME, None).await.assert_status(204);
        assert_eq!(copy.cookie(REFRESH_COOKIE), None);
    })
    .await;
}

const BOBS_KEY: &str = "bob-deletes-his-account";

#[tokio::test]
async fn a_copy_is_answered_although_its_token_has_expired() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        rename(&alice, KEY, "Alice").await.assert_status(204);
        app.clock.advance(3_600);
        rename(&alice, KEY, "Alice").await.assert_status(204);
        rename(&alice, OTHER_KEY, "Lewis").await.assert_problem(401, "invalid_token");
        let mut forged = alice.access_token();
        forged.replace_range(forged.len() - 8.., "AAAAAAAA");
        let request = alice.request(Method::PUT, path::NAME).header(IDEMPOTENCY_KEY, KEY);
        let request = request.header("authorization", format!("Bearer {forged}"));
        let request = request.header("content-type", "application/json");
        let answer = app.browser().send(request, Body::from(r#"{"name":"Alice"}"#)).await;
        answer.assert_problem(401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        rename(&alice, KEY, "Alice").await.assert_status(204);
        app.clock.advance(DAY - 1);
        alice.refresh().await.assert_ok();
        rename(&alice, KEY, "Lewis").await.assert_problem(422, "idempotency_key_reused");
        app.clock.advance(2);
        rename(&alice, KEY, "Lewis").await.assert_status(204);
        rename(&alice, KEY, "Lewis").await.assert_status(204);
        assert_eq!(count(&alice, "name_changed").await, 2);
    })
    .await;
}

#[tokio::test]
async fn copies_at_the_same_moment_at_two_instances_have_one_effect() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let there = app.another_instance().await;
        for round in 0..5 {
            let key = format!("sent-many-times-at-once-{round}");
            let copies = (0..8).map(async |copy| {
                let browser = if copy % 2 == 0 { alice.clone() } else { alice.through(&there) };
                rename(&browser, &key, &format!("Alice {round}")).await
            });
            for answer in join_all(copies).await {
                answer.assert_status(204);
            }
        }
        assert_eq!(count(&alice, "name_changed").await, 5);
    })
    .await;
}

#[tokio::test]
async fn a_copy_needs_the_proof_of_same_origin() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    rename(&alice, KEY, "Alice").await.assert_status(204);
    let foreign = axum::http::Request::builder().method(Method::PUT).uri(path::NAME);
    let foreign = foreign.header("host", "localhost:3000").header("sec-fetch-site", "cross-site");
    let foreign = foreign.header("authorization", format!("Bearer {}", alice.access_token()));
    let foreign = foreign.header(IDEMPOTENCY_KEY, KEY).header("content-type", "application/json");
    let answer = alice.send(foreign, Body::from(r#"{"name":"Alice"}"#)).await;
    answer.assert_problem(403, "cross_site");
}

/// Revoking no session is a success, too: a late retry must not revoke a session opened since.
#[tokio::test]
async fn a_late_copy_of_a_call_that_found_nothing_finds_no_more() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let revoke_others =
            async || alice.call_with(KEY, Method::DELETE, path::SESSIONS, None).await;
        revoke_others().await.assert_status(204);
        let since = app.logged_in("alice").await;
        revoke_others().await.assert_status(204);
        since.me().await.assert_ok();
    })
    .await;
}

/// Another session uses the key at the same moment: a logout that did not take place must not report success.
#[tokio::test]
async fn a_logout_with_the_key_of_another_session_revokes_nothing_and_says_so() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let log_out = async |browser: &Browser| {
            let request = browser.request(Method::POST, path::LOGOUT).header(IDEMPOTENCY_KEY, KEY);
            browser.send(request, Body::empty()).await
        };
        let (copy, there) = (alice.copied(), app.another_instance().await);
        let both = [alice.clone(), bob.through(&there)];
        let answers = join_all(both.iter().map(log_out)).await;
        let mut statuses = answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 422]);
        let refused = if answers[0].status == 422 { &alice } else { &bob };
        refused.me().await.assert_ok();
        if answers[0].status == 204 {
            log_out(&copy).await.assert_status(204);
        }
    })
    .await;
}

/// Another tab has logged in since: a retried deletion must not clear its cookie.
#[tokio::test]
async fn the_copy_of_a_deletion_leaves_the_cookie_of_another_session() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let copy = alice.copied();
        alice.call_with(KEY, Method::DELETE, path::ME, None).await.assert_status(204);
        copy.set_cookie(REFRESH_COOKIE, &bob.refresh_token());
        copy.call_with(KEY, Method::DELETE, path::ME, None).await.assert_status(204);
        assert_eq!(copy.cookie(REFRESH_COOKIE), Some(bob.refresh_token()));
    })
    .await;
}

/// Eviction is drawn by lot, not by the key: a client that chooses its keys cannot avoid it.
#[tokio::test]
async fn an_account_does_not_choose_which_of_its_keys_are_kept() {
    let app = TestApp::with(&["--limits", "off"]).await;
    let alice = app.registered("alice").await;
    let mut hashes = Vec::new();
    for number in 0.. {
        let key = format!("key-that-makes-no-room-{number}");
        let hash = verifier::IdempotencyKey::parse(&key).expect("a key").hash();
        if hash[31] % 32 == 1 {
            rename(&alice, &key, "Alice").await.assert_status(204);
            hashes.push(hash);
        }
        if hashes.len() == 900 {
            break;
        }
    }
    let mut kept = 0;
    for hash in &hashes {
        kept += usize::from(app.store.used_key(hash).await.expect("a store").is_some());
    }
    assert!(kept < 800, "{kept} of 900 are kept");
}
