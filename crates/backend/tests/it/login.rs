//! Login: authentication by password, session fixation, user enumeration.

use axum::body::Body;
use axum::http::Method;
use backend::auth::account::email::Email;
use backend::store::{Change, ClientInfo, User};
use serde_json::json;
use shared::path::{self, REFRESH_COOKIE};

use crate::support::{PASSWORD, START, TestApp, on_every_store};

const WRONG: &str = "velvet otter under grass";

#[tokio::test]
async fn the_right_password_begins_a_session() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    insta::assert_snapshot!(app.browser().login("alice", PASSWORD).await.snapshot(), @r#"
    200 OK
    cache-control: no-store
    content-type: application/json
    set-cookie: __Host-Http-refresh=[ticket]; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800
    set-cookie: __Host-signed-in=1; SameSite=Lax; Secure; Path=/; Max-Age=604800
    set-cookie: __Host-Http-devices=[tokens]; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=34560000
    {
      "access_token": "[access_token]",
      "expires_in": 900,
      "session_id": "[session_id]",
      "token_type": "Bearer",
      "user": {
        "email": "alice@example.com",
        "id": "[user/id]",
        "name": "alice"
      }
    }
    "#);
}

/// No user enumeration: status, every header and the body of a refusal are the same.
#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_one_and_the_same_answer() {
    on_every_store(async |app| {
        app.registered("alice").await;
        app.registered("bob").await;
        app.disable("bob").await;
        let wrong = app.browser().login("alice", WRONG).await;
        wrong.assert_problem(401, "invalid_credentials");
        assert!(wrong.set_cookies().is_empty());
        let nonsense = json!({"email": "nonsense", "password": PASSWORD});
        for other in [
            app.browser().login("nobody", PASSWORD).await,
            app.browser().post(path::LOGIN, nonsense).await,
            app.browser().login("bob", PASSWORD).await,
            app.browser().login("bob", WRONG).await,
        ] {
            assert_eq!(other.but_for_its_id(), wrong.but_for_its_id());
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_password_typed_on_another_keyboard_is_the_same() {
    let app = TestApp::in_memory().await;
    // An ‘é’ as one character, and as a letter with a combining accent; a full-width ‘A’.
    let register =
        json!({"email": "alice@example.com", "password": "caf\u{e9} otter under glass A"});
    app.browser().post(path::REGISTER, register).await.assert_status(201);
    app.browser().login("alice", "cafe\u{301} otter under glass \u{ff21}").await.assert_ok();
}

/// ASVS V7.2.4: a login issues a new session, so a planted one (session fixation) is never adopted.
#[tokio::test]
async fn a_planted_cookie_is_never_adopted() {
    on_every_store(async |app| {
        let mallory = app.registered("mallory").await;
        let planted = mallory.refresh_token();
        app.registered("alice").await;

        let victim = app.browser();
        victim.set_cookie(REFRESH_COOKIE, &planted);
        victim.login("alice", PASSWORD).await.assert_ok();
        assert_ne!(victim.refresh_token(), planted);
        assert_eq!(victim.me().await.json()["user"]["email"], "alice@example.com");
        victim.refresh().await.assert_ok();
        assert_eq!(victim.me().await.json()["user"]["email"], "alice@example.com");
        // The planted session is revoked: it was this browser's.
        mallory.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn every_login_is_a_session_of_its_own() {
    on_every_store(async |app| {
        let first = app.registered("alice").await;
        let second = app.logged_in("alice").await;
        let id = |answer: crate::support::Answer| answer.json()["session"]["id"].clone();
        assert_ne!(id(first.me().await), id(second.me().await));
        first.logout().await.assert_status(204);
        second.me().await.assert_ok();
    })
    .await;
}

/// Stores a user as an older Baton has left them.
pub(crate) async fn stored(app: &TestApp, name: &str, password_hash: &str) {
    let user = User {
        id: app.app.entropy.user_id(START),
        email: Email::parse(&format!("{name}@example.com")).expect("an address"),
        name: None,
        password_hash: password_hash.to_owned(),
        created_at: START,
        disabled_at: None,
    };
    let session = app.app.issuer.begin(&user, &ClientInfo::unknown()).await.expect("a session");
    let register = Change::Register(Box::new(user), Box::new(session), Vec::new());
    app.store.commit(register, Vec::new()).await.expect("a store");
}

async fn hash_of_alice(app: &TestApp) -> String {
    let email = Email::parse("alice@example.com").expect("an address");
    app.store.find_user(&email).await.expect("a store").expect("a user").password_hash
}

/// "velvet otter under glass", hashed by another implementation of Argon2id with m=8192, t=1.
pub(crate) const WEAK_HASH: &str = "$argon2id$v=19$m=8192,t=1,p=1$c2l4dGVlbiBieXRlIHNsdA$6ItiwtgPz7zP1FV2pHzM6Nyhv5Ams3fI3yZr2LfOapU";

/// ASVS V11.4.2: a hash with weaker parameters is replaced at the next successful login.
#[tokio::test]
async fn a_weak_hash_is_replaced_at_the_next_login() {
    let app = TestApp::in_memory().await;
    stored(&app, "alice", WEAK_HASH).await;
    app.browser().login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
    assert_eq!(hash_of_alice(&app).await, WEAK_HASH);
    app.browser().login("alice", PASSWORD).await.assert_ok();
    let strong = hash_of_alice(&app).await;
    assert!(strong.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{strong}");
    app.browser().login("alice", PASSWORD).await.assert_ok();
    assert_eq!(hash_of_alice(&app).await, strong);
}

/// The weak hash stays: a refused login replaces no hash.
#[tokio::test]
async fn a_disabled_user_gets_the_answer_of_a_wrong_password() {
    on_every_store(async |app| {
        stored(&app, "alice", WEAK_HASH).await;
        app.disable("alice").await;
        let disabled = app.browser().login("alice", PASSWORD).await;
        disabled.assert_problem(401, "invalid_credentials");
        let wrong = app.browser().login("alice", WRONG).await;
        assert_eq!(disabled.but_for_its_id(), wrong.but_for_its_id());
        assert_eq!(hash_of_alice(&app).await, WEAK_HASH);
    })
    .await;
}

#[tokio::test]
async fn the_body_must_be_json_and_known() {
    let app = TestApp::in_memory().await;
    let browser = app.browser();
    let form = browser
        .request(Method::POST, path::LOGIN)
        .header("content-type", "application/x-www-form-urlencoded");
    browser
        .send(form, Body::from("email=a&password=b"))
        .await
        .assert_problem(415, "unsupported_media_type");
    let text = browser.request(Method::POST, path::LOGIN).header("content-type", "text/plain");
    browser.send(text, Body::from("{}")).await.assert_problem(415, "unsupported_media_type");
    let untyped = browser.request(Method::POST, path::LOGIN);
    browser.send(untyped, Body::from("{}")).await.assert_problem(415, "unsupported_media_type");
    for body in [
        json!({}),
        json!([]),
        json!({"email": "a@example.com"}),
        json!({"email": "a@example.com", "password": 7}),
        json!({"email": "a@example.com", "password": "x", "remember": true}),
    ] {
        browser.post(path::LOGIN, body).await.assert_problem(400, "malformed_request");
    }
    for raw in [
        "",
        "{",
        "{\"email\":\"a\",\"email\":\"b\",\"password\":\"c\"}",
        "\u{0}",
        "{\"email\":\"a\",\"password\":\"b\"} x",
    ] {
        let request = browser
            .request(Method::POST, path::LOGIN)
            .header("content-type", "application/json; charset=utf-8");
        browser.send(request, Body::from(raw)).await.assert_problem(400, "malformed_request");
    }
}
