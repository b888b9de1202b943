//! Registration: validation of address, password and name, and the first session.

use backend::auth::account::email::Email;
use backend::auth::login::password_hasher::Priority;
use backend::store::{Change, User};
use serde_json::{Value, json};
use shared::{Secret, path};

use crate::support::{PASSWORD, START, TestApp, on_every_store};

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

async fn refused_for(app: &TestApp, field: &str, typed: &str) -> Option<String> {
    let mut body = json!({"email": "alice@example.com", "password": PASSWORD, "name": "Alice"});
    body[field] = json!(typed);
    let answer = app.browser().post(path::REGISTER, body).await;
    if answer.status == 201 {
        return None;
    }
    answer.assert_problem(422, "validation_failed");
    assert_eq!(answer.json()["errors"][0]["field"], field, "{typed:?}: {answer:?}");
    answer.json()["errors"][0]["message"].as_str().map(str::to_owned)
}

/// RFC 5321, 5322, 6531; each error names the fault.
#[tokio::test]
async fn an_address_that_no_mail_system_takes_is_refused_with_the_reason() {
    let app = TestApp::with(&["--limits", "off"]).await;
    for (typed, named) in [
        (".alice@example.com", "dot"),
        ("alice.@example.com", "dot"),
        ("al..ice@example.com", "dot"),
        ("al(ice@example.com", "“(”"),
        ("\"alice\"@example.com", "“\"”"),
        (&*format!("{}@example.com", "a".repeat(65)), "64 bytes"),
        ("alice@-example.com", "domain"),
        ("alice@example-.com", "domain"),
        (&*format!("alice@{}.com", "a".repeat(64)), "domain"),
        ("alice@exam_ple.com", "domain"),
        ("alice@192.0.2.1", "IP address"),
        ("alice@[192.0.2.1]", "IP address"),
        ("alice@example.123", "IP address"),
        ("al\u{3164}ice@example.com", "U+3164"),
        ("al\u{61c}ice@example.com", "U+061C"),
        ("al\u{e0061}ice@example.com", "U+E0061"),
    ] {
        let message = refused_for(&app, "email", typed).await;
        let message = message.unwrap_or_else(|| panic!("{typed:?} was registered"));
        assert!(message.contains(named), "{typed:?}: {message}");
    }
    for good in
        ["alice+tag@sub.example.com", "o'brien@example.co.uk", "用户@例子.广告", "bob@ｅxample.com"]
    {
        assert_eq!(refused_for(&app, "email", good).await, None, "{good}");
    }
}

/// By Unicode category, not by list; a script keeps the joiners that it needs.
#[tokio::test]
async fn a_name_has_no_invisible_characters_but_those_that_its_script_needs() {
    let app = TestApp::with(&["--limits", "off"]).await;
    for (typed, named) in [
        ("Al\u{202e}ice", "number 3 (U+202E)"),
        ("Al\u{61c}ice", "U+061C"),
        ("\u{3164}", "number 1 (U+3164)"),
        ("Alice\u{115f}", "U+115F"),
        ("Alice\u{e0061}", "U+E0061"),
        ("Alice\u{180e}", "U+180E"),
        ("Alice\u{e000}", "U+E000"),
        ("Al\u{200d}ice", "U+200D"),
        ("\u{2800}", "U+2800"),
        ("Alice\u{301}\u{301}\u{301}\u{301}\u{301}", "accents"),
        ("\u{301}Alice", "begins with a letter"),
    ] {
        let message = refused_for(&app, "name", typed).await;
        let message = message.unwrap_or_else(|| panic!("{typed:?} was registered"));
        assert!(message.contains(named), "{typed:?}: {message}");
    }
    let needed = ["علی\u{200c}رضا", "ශ\u{dca}\u{200d}රී", "Ada 👩🏽\u{200d}💻", "葛\u{e0100}城"];
    for (number, good) in needed.into_iter().enumerate() {
        let email = format!("number{number}@example.com");
        let body = json!({"email": email, "password": PASSWORD, "name": good});
        let answer = app.browser().post(path::REGISTER, body).await;
        assert_eq!(answer.assert_status(201).json()["user"]["name"], good);
    }
}

/// An earlier, laxer rule has accepted such addresses: their owners can log in, and administrators can find them.
#[tokio::test]
async fn an_account_with_an_odd_address_is_still_found_by_it() {
    on_every_store(async |app| {
        let hash = app
            .app
            .logins
            .attempts
            .hasher
            .hash(&Secret::new(PASSWORD.to_owned()), Priority::Normal)
            .await;
        let hash = hash.expect("a hash");
        let long = format!("{}@example.com", "a".repeat(200));
        for odd in ["al..ice@example.com", "(alice)@-example.com", "al\u{3164}ice@192.0.2.1", &long]
        {
            assert!(refused_for(&app, "email", odd).await.is_some(), "{odd}");
            let user = User {
                id: app.app.entropy.user_id(START),
                email: Email::parse(odd).expect("an address"),
                name: None,
                password_hash: hash.clone(),
                created_at: START,
                disabled_at: None,
            };
            let add = Change::AddUser(Box::new(user));
            assert!(app.store.commit(add, Vec::new()).await.expect("a store").took_place());
            let login = json!({"email": odd, "password": PASSWORD});
            app.browser().post(path::LOGIN, login.clone()).await.assert_ok();
            let administration = app.administration();
            let found = administration.find(odd).await.expect("a store").expect("the user");
            assert_eq!(administration.disable(&found, &mut |_| {}).await.expect("a store"), 1);
            app.browser().post(path::LOGIN, login).await.assert_problem(401, "invalid_credentials");
        }
    })
    .await;
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
