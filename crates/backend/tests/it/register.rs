//! Creating an account.

use serde_json::{Value, json};
use shared::path;

use crate::support::{PASSWORD, TestApp, on_every_store};

#[tokio::test]
async fn registering_begins_a_session() {
    let app = TestApp::in_memory().await;
    let answer = app.browser().register("alice").await;
    insta::assert_snapshot!(answer.snapshot(), @r#"
    201 Created
    cache-control: no-store
    content-type: application/json
    set-cookie: __Host-Http-refresh=[ticket]; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800
    set-cookie: __Host-signed-in=1; SameSite=Lax; Secure; Path=/; Max-Age=604800
    set-cookie: __Host-Http-device-[account]=[token]; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=34560000
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

#[tokio::test]
async fn what_registering_gives_out_works() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let me = alice.me().await;
        me.assert_ok();
        assert_eq!(me.json()["user"]["email"], "alice@example.com");
        assert_eq!(me.json()["user"]["name"], "alice");
        alice.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn an_email_address_is_registered_once_in_any_letter_case() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let again = app.browser().register("ALICE").await;
        again.assert_problem(409, "email_taken");
        assert!(again.set_cookies().is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_field_that_breaks_a_rule_is_named_at_once() {
    let app = TestApp::in_memory().await;
    let body = json!({"email": "not an address", "password": "short", "name": "x".repeat(101)});
    let answer = app.browser().post(path::REGISTER, body).await;
    answer.assert_problem(422, "validation_failed");
    let errors = answer.json()["errors"].clone();
    let named: Vec<(&str, &str)> = errors
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| {
            (error["field"].as_str().expect("a field"), error["code"].as_str().expect("a code"))
        })
        .collect();
    assert_eq!(named, [("email", "invalid"), ("name", "too_long"), ("password", "too_short")]);
    assert!(
        errors
            .as_array()
            .expect("a list")
            .iter()
            .all(|error| error["message"].as_str().is_some_and(|text| text.len() > 10))
    );
}

async fn refused_password(app: &TestApp, password: &str) -> Option<String> {
    let body =
        json!({"email": "mallory@example.com", "password": password, "name": "Mallory Archer"});
    let answer = app.browser().post(path::REGISTER, body).await;
    answer.json()["errors"][0]["code"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn weak_passwords_are_refused_with_the_reason() {
    let app = TestApp::in_memory().await;
    for (password, code) in [
        ("fourteen chars", "too_short"),
        (&*"longer than that ".repeat(16), "too_long"),
        ("1q2w3e4r5t6y7u8i9o0p", "too_common"),
        ("mallory@example.com", "too_predictable"),
        ("MalloryMalloryMallory", "too_predictable"),
        ("passwordpassword", "too_predictable"),
        ("baton baton baton", "too_predictable"),
    ] {
        assert_eq!(refused_password(&app, password).await.as_deref(), Some(code), "{password}");
    }
}

#[tokio::test]
async fn a_name_is_optional_and_cannot_forge_a_log_line() {
    let app = TestApp::in_memory().await;
    let register = async |email: &str, name: Value| {
        app.browser()
            .post(path::REGISTER, json!({"email": email, "password": PASSWORD, "name": name}))
            .await
    };
    assert_eq!(register("a@example.com", Value::Null).await.json()["user"]["name"], Value::Null);
    assert_eq!(register("b@example.com", json!("  ")).await.json()["user"]["name"], Value::Null);
    assert_eq!(
        register("c@example.com", json!(" Ælfred 王 ")).await.json()["user"]["name"],
        "Ælfred 王"
    );
    register("d@example.com", json!("Eve\r\nlogged_in"))
        .await
        .assert_problem(422, "validation_failed");
}

#[tokio::test]
async fn the_longest_password_is_taken_whole() {
    let app = TestApp::in_memory().await;
    let long: String = "plinth quokka ember vowel ".chars().cycle().take(128).collect();
    let browser = app.browser();
    browser
        .post(path::REGISTER, json!({"email": "alice@example.com", "password": long}))
        .await
        .assert_status(201);
    app.browser().login("alice", &long).await.assert_ok();
    app.browser().login("alice", &long[..127]).await.assert_problem(401, "invalid_credentials");
}
