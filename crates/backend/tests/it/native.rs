//! Native clients: programs that log users in without cookies, and refresh at the token endpoint.

mod belonging;
mod browsers;
mod forms;
mod removal;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, Request};
use backend::auth::native_clients::add_client;
use backend::store::NativeClient;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::path::{self, IDEMPOTENCY_KEY};

use crate::services::{FORM, form};
use crate::support::{
    Answer, FIREFOX_ON_LINUX, Log, PASSWORD, SAFARI_ON_IPHONE, TestApp, on_every_store,
    on_every_store_with,
};

/// The client of most tests.
pub(crate) const TODO: &str = "todo";
/// A password that is not alice's.
const WRONG: &str = "a wrong password, mistyped";

/// Registers a native client.
pub(crate) async fn client(app: &TestApp, id: &str) -> NativeClient {
    let added = add_client(&*app.store, id, Some("To do"), app.clock.now()).await;
    added.expect("a client")
}

/// A call as programs send it, without a browser's headers.
pub(crate) fn post(path: &str, content_type: &str) -> Builder {
    let request = Request::post(path).header("host", "localhost:3000");
    request.header("content-type", content_type)
}

pub(crate) async fn send(app: &TestApp, request: Builder, body: impl Into<String>) -> Answer {
    app.send(request.body(Body::from(body.into())).expect("a request")).await
}

pub(crate) fn login_body(client_id: &str, name: &str, password: &str) -> String {
    let email = format!("{name}@example.com");
    json!({"client_id": client_id, "email": email, "password": password}).to_string()
}

pub(crate) async fn log_in(app: &TestApp, client_id: &str, name: &str, password: &str) -> Answer {
    let request = post(path::NATIVE_LOGIN, "application/json");
    send(app, request, login_body(client_id, name, password)).await
}

async fn log_in_with(app: &TestApp, key: &str, client_id: &str, password: &str) -> Answer {
    let request = post(path::NATIVE_LOGIN, "application/json").header(IDEMPOTENCY_KEY, key);
    send(app, request, login_body(client_id, "alice", password)).await
}

fn grant(client_id: &str, refresh_token: &str) -> String {
    format!("grant_type=refresh_token&client_id={client_id}&refresh_token={refresh_token}")
}

/// Refreshes without an attempt key, as an OAuth library does.
pub(crate) async fn refresh(app: &TestApp, client_id: &str, refresh_token: &str) -> Answer {
    send(app, post(path::TOKEN, FORM), grant(client_id, refresh_token)).await
}

async fn refresh_with(app: &TestApp, key: &str, refresh_token: &str) -> Answer {
    let request = post(path::TOKEN, FORM).header(IDEMPOTENCY_KEY, key);
    send(app, request, grant(TODO, refresh_token)).await
}

/// The tokens of a client of this id, whose user alice has just logged in.
pub(crate) async fn logged_in(app: &TestApp, client_id: &str) -> Tokens {
    Tokens::of(log_in(app, client_id, "alice", PASSWORD).await.assert_ok())
}

pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        let body = answer.json();
        let text = |member: &str| body[member].as_str().expect("a token").to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }

    fn claims(&self) -> Value {
        let claims = self.access.split('.').nth(1).expect("three parts");
        let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
        serde_json::from_slice(&claims).expect("JSON")
    }

    async fn call(&self, app: &TestApp, method: Method, path: &str, body: Value) -> Answer {
        let request = post(path, "application/json").method(method);
        let request = request.header("authorization", format!("Bearer {}", self.access));
        send(app, request, body.to_string()).await
    }
}

/// RFC 6749 section 5.2: the error of the token endpoint.
#[track_caller]
pub(crate) fn assert_refused(answer: &Answer, status: u16, error: &str) {
    answer.assert_status(status);
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    let body = answer.json();
    assert_eq!((&body["error"], &body["status"]), (&json!(error), &json!(status)), "{answer:?}");
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"));
    assert!(answer.set_cookies().is_empty());
}

/// RFC 6749 section 5.1, RFC 9068 section 2.2.
#[tokio::test]
async fn a_native_client_logs_in_and_gets_both_tokens_in_the_body() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let answer = log_in(&app, TODO, "alice", PASSWORD).await;
        answer.assert_ok();
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        let body = answer.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!(body["user"]["email"], "alice@example.com");
        let tokens = Tokens::of(&answer);
        assert_eq!(tokens.claims()["client_id"], TODO);
        assert_eq!(tokens.claims()["sid"], body["session_id"]);
        assert_eq!(alice.claims()["client_id"], "baton-web", "a browser's stays what it was");
        app.call_me(&tokens.access).await.assert_ok();
        // No header holds the refresh token.
        for (name, value) in &answer.headers {
            let text = value.to_str().expect("visible ASCII");
            assert!(!text.contains(&tokens.refresh[28..]), "{name}: {text}");
        }
    })
    .await;
}

/// RFC 6749 section 6; RFC 9700 section 4.14.2.
#[tokio::test]
async fn a_refresh_rotates_the_token_and_a_replay_ends_the_session() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let first = logged_in(&app, TODO).await;
        let answer = refresh(&app, TODO, &first.refresh).await;
        answer.assert_ok();
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["token_type"], "Bearer");
        let second = Tokens::of(&answer);
        assert_ne!(second.refresh, first.refresh);
        assert_eq!(second.claims()["client_id"], TODO);
        let third = Tokens::of(refresh(&app, TODO, &second.refresh).await.assert_ok());
        app.call_me(&third.access).await.assert_ok();

        assert_refused(&refresh(&app, TODO, &first.refresh).await, 400, "invalid_grant");
        assert_refused(&refresh(&app, TODO, &third.refresh).await, 400, "invalid_grant");
        app.call_me(&third.access).await.assert_problem(401, "invalid_token");
        assert_eq!(alice.events().await[0], "replayed");
        alice.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_attempt_key() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        app.registered("alice").await;
        let first = logged_in(&app, TODO).await;
        let answers = [
            refresh_with(&app, "attempt-key-number-1", &first.refresh).await,
            refresh_with(&app, "attempt-key-number-1", &first.refresh).await,
        ];
        let [second, again] = answers.each_ref().map(|answer| Tokens::of(answer.assert_ok()));
        assert_eq!(second.refresh, again.refresh);
        let third = refresh_with(&app, "attempt-key-number-2", &second.refresh).await;
        third.assert_ok();
        // A late copy: no session is ended.
        let late = refresh_with(&app, "attempt-key-number-1", &first.refresh).await;
        late.assert_problem(409, "duplicate_attempt");
        let malformed = refresh_with(&app, "short", &Tokens::of(&third).refresh).await;
        malformed.assert_problem(400, "malformed_request");
        refresh(&app, TODO, &Tokens::of(&third).refresh).await.assert_ok();
    })
    .await;
}

/// The throttle is one for both ways: a guesser gains nothing by the second.
#[tokio::test]
async fn wrong_passwords_are_refused_and_counted_as_at_a_browsers_login() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        app.registered("alice").await;
        for _ in 0..3 {
            let answer = log_in(&app, TODO, "alice", WRONG).await;
            answer.assert_problem(401, "invalid_credentials");
            log_in(&app, TODO, "mallory", WRONG).await.assert_problem(401, "invalid_credentials");
        }
        for _ in 0..2 {
            app.browser().login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
        }
        let sixth = log_in(&app, TODO, "alice", PASSWORD).await;
        sixth.assert_problem(429, "rate_limited");
        assert_eq!(sixth.json()["limited_by"], "wrong_passwords");
        app.clock.advance(2);
        logged_in(&app, TODO).await;
    })
    .await;
}

#[tokio::test]
async fn the_copy_of_a_login_gets_the_same_session_from_its_client_alone() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        client(&app, "mail").await;
        let alice = app.registered("alice").await;
        let key = "login-of-this-device";
        let first = log_in_with(&app, key, TODO, PASSWORD).await;
        let again = log_in_with(&app, key, TODO, PASSWORD).await;
        let [first, again] = [first, again].map(|answer| Tokens::of(answer.assert_ok()));
        assert_eq!(first.refresh, again.refresh);
        let other = log_in_with(&app, key, "mail", PASSWORD).await;
        other.assert_problem(422, "idempotency_key_reused");
        let body = json!({"email": "alice@example.com", "password": PASSWORD});
        let browser = app.browser();
        let browsers = browser.post_with(key, path::LOGIN, body).await;
        browsers.assert_problem(422, "idempotency_key_reused");
        log_in_with(&app, key, TODO, WRONG).await.assert_problem(401, "invalid_credentials");
        refresh(&app, TODO, &first.refresh).await.assert_ok();
        let late = log_in_with(&app, key, TODO, PASSWORD).await;
        late.assert_problem(409, "duplicate_attempt");
        let listed = alice.call(Method::GET, path::SESSIONS, None).await.assert_ok().json();
        assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(2), "{listed}");
    })
    .await;
}

/// RFC 7009; the parameter `client_id` comes from OAuth libraries.
#[tokio::test]
async fn a_native_client_logs_out_by_revoking_its_token() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let tokens = logged_in(&app, TODO).await;
        let body = format!("token={}&client_id={TODO}", tokens.refresh);
        let answer = send(&app, post(path::REVOKE, FORM), body).await;
        answer.assert_ok();
        assert!(answer.set_cookies().is_empty());
        assert_refused(&refresh(&app, TODO, &tokens.refresh).await, 400, "invalid_grant");
        app.call_me(&tokens.access).await.assert_problem(401, "invalid_token");
        assert_eq!(alice.events().await[0], "logged_out");
    })
    .await;
}

/// Step-up is another login: there is no confirmation without a cookie.
#[tokio::test]
async fn a_session_that_wants_a_step_up_is_replaced_by_another_login() {
    on_every_store_with(&["--on-device-change", "confirm"], async |app| {
        client(&app, TODO).await;
        app.registered("alice").await;
        let as_agent = |request: Builder, agent: &str| request.header("user-agent", agent);
        let login = as_agent(post(path::NATIVE_LOGIN, "application/json"), FIREFOX_ON_LINUX);
        let first = Tokens::of(&send(&app, login, login_body(TODO, "alice", PASSWORD)).await);
        let moved = as_agent(post(path::TOKEN, FORM), SAFARI_ON_IPHONE);
        let answer = send(&app, moved, grant(TODO, &first.refresh)).await;
        answer.assert_problem(401, "insufficient_user_authentication");
        let again = refresh(&app, TODO, &first.refresh).await;
        again.assert_problem(401, "insufficient_user_authentication");
        let second = logged_in(&app, TODO).await;
        refresh(&app, TODO, &second.refresh).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn no_log_line_holds_a_token_of_a_native_client() {
    let (log, _listening) = Log::of_text();
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    app.registered("alice").await;
    let first = logged_in(&app, TODO).await;
    let second = Tokens::of(refresh(&app, TODO, &first.refresh).await.assert_ok());
    refresh(&app, TODO, &first.refresh).await;
    refresh(&app, "unknown", &second.refresh).await;
    form(&app, path::REVOKE, None, &format!("token={}", second.refresh)).await;
    let text = log.text();
    for Tokens { access, refresh } in [&first, &second] {
        assert!(!text.contains(&refresh[28..]) && !text.contains(access), "{text}");
    }
    assert!(!text.contains(PASSWORD));
}
