//! Account settings: change of password and name, deletion.

use axum::http::Method;
use backend::store::ClientInfo;
use serde_json::json;
use shared::EventKind;
use shared::path::{self, REFRESH_COOKIE};

use crate::support::{PASSWORD, TestApp, on_every_store};

const NEW: &str = "marble heron beyond tuesday";
const KEY: &str = "attempt-key-number-1";

/// ASVS 5.0.0 V6.2.3, V7.4.3: a password change revokes all other sessions.
#[tokio::test]
async fn a_password_change_revokes_all_other_sessions_and_keeps_this_one() {
    on_every_store(async |app| {
        let (here, there) = (app.registered("alice").await, app.logged_in("alice").await);
        let (bob, stolen) = (app.registered("bob").await, here.copied());
        let before = here.refresh_token();
        let answer = here.change_password(PASSWORD, NEW).await;
        answer.assert_status(204);
        assert_ne!(here.refresh_token(), before);

        let refused = there.me().await;
        refused.assert_problem(401, "invalid_token");
        assert_eq!(refused.json()["ended_because"], "password_change");
        there.refresh().await.assert_problem(401, "invalid_grant");
        here.me().await.assert_ok();
        here.refresh().await.assert_ok();
        bob.refresh().await.assert_ok();

        app.browser().login("alice", PASSWORD).await.assert_problem(401, "invalid_credentials");
        app.browser().login("alice", NEW).await.assert_ok();
        assert!(here.events().await.contains(&"password_changed".to_owned()));
        // A copy of the earlier cookie is a replay.
        stolen.refresh().await.assert_problem(401, "invalid_grant");
        here.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_cookie_from_before_a_password_change_is_a_replay_at_once() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let stolen = alice.copied();
        alice.change_password(PASSWORD, NEW).await.assert_status(204);
        stolen.refresh().await.assert_problem(401, "invalid_grant");
        alice.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn the_answer_to_a_password_change_carries_the_next_cookie() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    insta::assert_snapshot!(alice.change_password(PASSWORD, NEW).await.snapshot(), @r"
    204 No Content
    cache-control: no-store
    set-cookie: __Host-Http-refresh=[ticket]; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800
    set-cookie: __Host-signed-in=1; SameSite=Lax; Secure; Path=/; Max-Age=604800
    ");
}

/// It is a rotation like any other: a lost response heals at the next refresh.
#[tokio::test]
async fn a_lost_answer_to_a_password_change_signs_no_user_out() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.refresh_with("attempt-key-number-0").await.assert_ok();
        alice.copied().change_password_with(PASSWORD, NEW, KEY).await.assert_status(204);
        alice.refresh_with(KEY).await.assert_ok();
        alice.refresh().await.assert_ok();
        alice.me().await.assert_ok();
    })
    .await;
}

/// The request was delayed, and a refresh with its idempotency key came first: both return the same ticket.
#[tokio::test]
async fn a_password_change_that_a_refresh_has_overtaken_signs_no_user_out() {
    on_every_store(async |app| {
        let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
        let late = alice.copied();
        alice.refresh_with(KEY).await.assert_ok();
        late.change_password_with(PASSWORD, NEW, KEY).await.assert_status(204);
        assert_eq!(late.refresh_token(), alice.refresh_token());
        other.refresh().await.assert_problem(401, "invalid_grant");
        alice.refresh().await.assert_ok();
        app.browser().login("alice", NEW).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_password_change_is_asked_for_again_with_its_key_and_answered_again() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.copied().change_password_with(PASSWORD, NEW, KEY).await.assert_status(204);
        alice.change_password_with(PASSWORD, NEW, KEY).await.assert_status(204);
        let another = "attempt-key-number-2";
        let guess = "copper lantern under sunday";
        let wrong = alice.copied().change_password_with(PASSWORD, guess, KEY).await;
        wrong.assert_problem(401, "invalid_credentials");
        let again = alice.copied().change_password_with(PASSWORD, NEW, another).await;
        again.assert_problem(401, "invalid_credentials");
        alice.refresh_with(another).await.assert_ok();
        // Two attempts later it is a late copy of an answered request.
        let late = alice.copied().change_password_with(NEW, PASSWORD, KEY).await;
        late.assert_problem(409, "duplicate_attempt");
        alice.refresh().await.assert_ok();
        app.browser().login("alice", NEW).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_password_is_not_changed_without_the_current_one_or_to_a_weak_one() {
    on_every_store(async |app| {
        let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
        let wrong = alice.change_password("a wrong password, mistyped", NEW).await;
        wrong.assert_problem(401, "invalid_credentials");
        let weak = alice.change_password(PASSWORD, "short").await;
        weak.assert_problem(422, "validation_failed");
        assert_eq!(weak.json()["errors"][0]["field"], "new_password");
        for answer in [wrong, weak] {
            assert!(answer.set_cookies().is_empty());
        }
        // ASVS 5.0.0 V16.3.1: a wrong password is an event, at any endpoint.
        assert_eq!(alice.events().await[0], "confirm_failed");
        other.refresh().await.assert_ok();
        alice.refresh().await.assert_ok();
        app.logged_in("alice").await;
    })
    .await;
}

/// The rule of registration, with the account's present address and name as forbidden words.
#[tokio::test]
async fn a_new_password_has_to_meet_the_whole_rule() {
    on_every_store(async |app| {
        let alice = app.browser();
        let email = "mallory@example.com";
        let account = json!({"email": email, "password": PASSWORD, "name": "Archer"});
        alice.post(path::REGISTER, account).await.assert_status(201);
        alice.call(Method::PUT, path::NAME, Some(json!({"name": "Quillon"}))).await;
        for (password, code) in [
            ("fourteen chars", "too_short"),
            (&*"longer than that ".repeat(16), "too_long"),
            ("1q2w3e4r5t6y7u8i9o0p", "too_common"),
            ("passwordpassword", "too_predictable"),
            ("baton baton baton", "too_predictable"),
            (email, "too_predictable"),
            ("QuillonQuillonQuillon", "too_predictable"),
            // A full-width letter is the same letter (NFKC).
            ("\u{ff51}uillonQuillonQuillon", "too_predictable"),
        ] {
            let answer = alice.change_password(PASSWORD, password).await;
            answer.assert_problem(422, "validation_failed");
            let error = answer.json()["errors"][0].clone();
            assert_eq!((&error["field"], &error["code"]), (&"new_password".into(), &code.into()));
            assert!(answer.set_cookies().is_empty());
        }
        alice.refresh().await.assert_ok();
        let login = json!({"email": email, "password": PASSWORD});
        app.browser().post(path::LOGIN, login).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_name_is_changed_and_taken_away() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let rename = async |name: serde_json::Value| {
            alice.call(Method::PUT, path::NAME, Some(json!({"name": name}))).await
        };
        rename("Alice B.".into()).await.assert_status(204);
        assert_eq!(alice.me().await.json()["user"]["name"], "Alice B.");
        let answer = rename("a\nb".into()).await;
        answer.assert_problem(422, "validation_failed");
        assert_eq!(answer.json()["errors"][0]["field"], "name");
        rename("  ".into()).await.assert_status(204);
        assert_eq!(alice.me().await.json()["user"]["name"], serde_json::Value::Null);
        assert_eq!(alice.events().await[0], "name_changed");
    })
    .await;
}

/// Invisible characters, and those that change the writing direction: one of each kind in Unicode.
const HIDDEN: &str = "\0\u{1b}\u{7f}\u{85}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\
    \u{17b4}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\
    \u{202a}\u{202c}\u{202d}\u{202e}\u{2060}\u{2064}\u{2066}\u{2069}\u{206a}\
    \u{2800}\u{3164}\u{e000}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{e0001}\
    \u{e0061}\u{e0100}";

/// The rule of registration, at any position in the name; a script keeps the joiners that it needs.
#[tokio::test]
async fn a_new_name_has_no_character_that_is_invisible_or_changes_the_direction() {
    let app = TestApp::with(&["--limits", "off"]).await;
    let alice = app.registered("alice").await;
    let rename =
        async |name: &str| alice.call(Method::PUT, path::NAME, Some(json!({"name": name}))).await;
    for hidden in HIDDEN.chars() {
        let refused = rename(&format!("Al{hidden}ice")).await;
        refused.assert_problem(422, "validation_failed");
        let error = refused.json()["errors"][0].clone();
        let said = error["message"].as_str().expect("a message");
        assert_eq!(error["field"], "name", "{error}");
        assert!(said.contains(&format!("number 3 (U+{:04X})", u32::from(hidden))), "{said}");
        // White space is trimmed at either end.
        if !hidden.is_whitespace() {
            for name in [format!("{hidden}Alice"), format!("Alice{hidden}"), hidden.to_string()] {
                rename(&name).await.assert_problem(422, "validation_failed");
            }
        }
    }
    assert_eq!(alice.me().await.json()["user"]["name"], "alice");
    assert_eq!(alice.events().await, ["registered"]);
    for needed in ["علی\u{200c}رضا", "ශ\u{dca}\u{200d}රී", "Ada 👩🏽\u{200d}💻", "葛\u{e0100}城"]
    {
        rename(needed).await.assert_status(204);
        assert_eq!(alice.me().await.json()["user"]["name"], needed);
    }
}

#[tokio::test]
async fn a_deleted_account_is_gone_and_its_address_is_free() {
    on_every_store(async |app| {
        let (alice, other) = (app.registered("alice").await, app.logged_in("alice").await);
        let bob = app.registered("bob").await;
        let answer = alice.call(Method::DELETE, path::ME, None).await;
        answer.assert_status(204);
        assert_eq!(alice.cookie(REFRESH_COOKIE), None);
        for gone in [&alice, &other] {
            let answer = gone.me().await;
            answer.assert_problem(401, "invalid_token");
            assert_eq!(answer.json()["ended_because"], "deleted");
        }
        other.refresh().await.assert_problem(401, "invalid_grant");
        app.browser().login("alice", PASSWORD).await.assert_problem(401, "invalid_credentials");
        let again = app.registered("alice").await;
        assert_eq!(again.events().await, ["registered"]);
        bob.refresh().await.assert_ok();
    })
    .await;
}

/// Deletion overwrites: the file holds neither name nor address of a deleted account.
#[tokio::test]
async fn a_deleted_account_leaves_no_trace_in_the_file() {
    let app = TestApp::on_disk().await;
    let database = app.database().expect("a file");
    let alice = app.browser().at("203.0.113.9");
    alice.register("alice").await.assert_status(201);
    alice.refresh().await.assert_ok();
    app.registered("bob").await;
    alice.call(Method::DELETE, path::ME, None).await.assert_status(204);
    // A login that found the account just before its deletion, and is recorded just after.
    let event_log = &app.app.event_log;
    let user = alice.claims()["sub"].as_str().and_then(|sub| sub.parse().ok());
    let address = "203.0.113.9".parse().ok();
    let client = ClientInfo { address, ..ClientInfo::unknown() };
    event_log.note(vec![event_log.event(EventKind::LoginFailed, user, &client)]).await;
    app.store.close().await;
    let file = std::fs::read(database).expect("the file");
    let holds = |text: &str| file.windows(text.len()).any(|piece| piece == text.as_bytes());
    assert!(holds("bob@example.com"), "the file is the right one");
    for trace in ["alice", "203.0.113.9"] {
        assert!(!holds(trace), "{trace} is still there");
    }
}
