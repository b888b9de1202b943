//! Fair share: rate limits by session and account keep one account from exhausting shared resources, and they come
//! before any work.

mod events;

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::json;
use shared::path::{self, REFRESH_COOKIE};
use shared::{EventKind, UserId};

use crate::support::{Answer, Browser, Faulty, PASSWORD, Place, TestApp, on_every_store};

const NEW_PASSWORD: &str = "marble heron beyond tuesday";

fn user_of(browser: &Browser) -> UserId {
    serde_json::from_value(browser.claims()["sub"].clone()).expect("an id")
}

async fn rename(browser: &Browser, name: &str) -> Answer {
    browser.call(Method::PUT, path::NAME, Some(json!({ "name": name }))).await
}

/// Calls until the first 429; returns how many calls passed.
async fn until_limited(call: impl AsyncFn() -> Answer) -> u32 {
    for number in 0..5_000 {
        let answer = call().await;
        if answer.status == 429 {
            answer.assert_problem(429, "rate_limited");
            return number;
        }
    }
    panic!("no call is ever refused");
}

#[tokio::test]
async fn calls_with_an_access_token_are_limited_by_session_and_account() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let read = async |browser: &Browser| browser.call(Method::GET, path::SESSIONS, None).await;
    assert_eq!(until_limited(async || read(&alice).await).await, 200);
    // Another session of the account has its own limit; both share the account's.
    let elsewhere = app.logged_in("alice").await;
    assert_eq!(until_limited(async || read(&elsewhere).await).await, 200);
    let third = app.logged_in("alice").await;
    assert_eq!(until_limited(async || read(&third).await).await, 0);
    app.registered("bob").await.me().await.assert_ok();
    app.clock.advance(1);
    read(&alice).await.assert_ok();
    let events = alice.events().await;
    let limited = events.iter().filter(|kind| *kind == "limited").count();
    assert_eq!(limited, 3, "once an hour for each session and account: {events:?}");
}

/// Every method of every route, future ones included.
#[tokio::test]
async fn every_route_that_wants_an_access_token_is_limited_before_it_does_anything() {
    let app = TestApp::in_memory().await;
    let (alice, anonymous) = (app.registered("alice").await, app.browser());
    let mut wants_a_token = Vec::new();
    for (method, path) in routes() {
        let answer = anonymous.send(anonymous.request(method.clone(), &path), Body::empty()).await;
        // A refresh without its cookie is a 401 as well.
        if answer.json()["code"] == "invalid_token" {
            wants_a_token.push((method, path));
        }
    }
    // The list is parsed from the router's source: it must not be empty by mistake.
    for known in
        [(Method::PUT, path::NAME), (Method::DELETE, path::SESSIONS), (Method::GET, path::ME)]
    {
        assert!(wants_a_token.contains(&(known.0, known.1.to_owned())), "{wants_a_token:?}");
    }
    assert!(wants_a_token.len() >= 8, "{wants_a_token:?}");
    until_limited(async || alice.me().await).await;
    for (method, path) in wants_a_token {
        let answer = alice.call(method.clone(), &path, None).await;
        assert_eq!(answer.status, 429, "{method} {path}");
    }
    app.clock.advance(60);
    alice.me().await.assert_ok();
}

/// The routes in `router.rs`, with the values of its path constants.
pub(crate) fn routes() -> Vec<(Method, String)> {
    const ROUTER: &str = include_str!("../../src/router.rs");
    const PATHS: &str = include_str!("../../../shared/src/path.rs");
    let value_of = |name: &str| {
        let value =
            PATHS.split_once(&format!("pub const {name}: &str = \"")).expect("a constant").1;
        value.split('"').next().expect("its value").to_owned()
    };
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let mut routes = Vec::new();
    for route in ROUTER.split(".route(").skip(1) {
        let (path, handlers) = match route.strip_prefix("path::") {
            Some(named) => {
                let (name, handlers) = named.split_once(',').expect("a handler");
                (value_of(name), handlers)
            }
            None if route.starts_with("&format!(\"{}/{{id}}\", path::") => {
                let named = route.split_once("path::").expect("a constant").1;
                let (name, handlers) = named.split_once("),").expect("a handler");
                (format!("{}/01890a5d-ac96-774b-bcce-b302099a8057", value_of(name)), handlers)
            }
            // Not part of the API.
            None => continue,
        };
        let handlers = handlers.lines().next().expect("a line");
        for method in &methods {
            let call = format!("{}(", method.as_str().to_lowercase());
            let is_one = |before: &str| before.ends_with([' ', '.', '(']);
            if handlers.match_indices(&call).any(|(at, _)| is_one(&handlers[..at])) {
                routes.push((method.clone(), path.clone()));
            }
        }
    }
    routes
}

#[tokio::test]
async fn changes_are_limited_by_session_and_account() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    assert_eq!(until_limited(async || rename(&alice, "Alice").await).await, 60);
    // All kinds of changes share the limit; reads do not count.
    alice.call(Method::DELETE, path::SESSIONS, None).await.assert_problem(429, "rate_limited");
    alice.me().await.assert_ok();
    app.clock.advance(1);
    rename(&alice, "Alice").await.assert_status(204);
    rename(&alice, "Alice").await.assert_problem(429, "rate_limited");
    let mut changes = 61;
    for _ in 0..4 {
        let other = app.logged_in("alice").await;
        changes += until_limited(async || rename(&other, "Alice").await).await;
    }
    assert_eq!(changes, 240 + 4, "the account's, and four more in the second that has passed");
}

/// A thief with a stolen session exhausts at most a part of the account's limits.
#[tokio::test]
async fn a_stolen_session_cannot_keep_its_owner_from_revoking_it() {
    let app = TestApp::in_memory().await;
    let (stolen, owner) = (app.registered("alice").await, app.logged_in("alice").await);
    for _ in 0..30 {
        until_limited(async || rename(&stolen, "Mallory").await).await;
        until_limited(async || stolen.confirm("not the password").await).await;
        owner.me().await.assert_ok();
        owner.confirm(PASSWORD).await.assert_ok();
        app.clock.advance(15);
    }
    owner.change_password(PASSWORD, NEW_PASSWORD).await.assert_status(204);
    owner.call(Method::DELETE, path::SESSIONS, None).await.assert_status(204);
    stolen.me().await.assert_problem(401, "invalid_token");
}

/// The 429 of `confirm`: no hash, no counted failure, no change, no event.
#[tokio::test]
async fn beyond_the_limit_of_its_session_a_confirmation_does_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        until_limited(async || alice.refresh().await).await;
        app.clock.advance(1);
        until_limited(async || alice.refresh().await).await;
        let hashed = app.app.logins.attempts.hasher.looked_at();
        let (events, claims) = (events_of(&app, &alice).await, alice.claims());
        for _ in 0..5 {
            alice.confirm(PASSWORD).await.assert_problem(429, "rate_limited");
        }
        assert_eq!(app.app.logins.attempts.hasher.looked_at(), hashed);
        assert_eq!(events_of(&app, &alice).await, events);
        app.clock.advance(60);
        alice.refresh().await.assert_ok();
        assert_eq!(alice.claims()["auth_time"], claims["auth_time"]);
    })
    .await;
}

async fn events_of(app: &TestApp, browser: &Browser) -> Vec<EventKind> {
    let page = app.app.event_log.page(user_of(browser), None, Vec::new()).await;
    page.expect("a store").events.into_iter().map(|event| event.kind).collect()
}

/// Each costs up to three hashes: right or wrong, the account's rate limit comes before the first.
#[tokio::test]
async fn password_changes_and_confirmations_are_limited_before_they_cost_a_hash() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let mut hasher = [PASSWORD, NEW_PASSWORD];
    for number in 0..20 {
        if number % 2 == 0 {
            alice.confirm(hasher[0]).await.assert_ok();
        } else {
            alice.change_password(hasher[0], hasher[1]).await.assert_status(204);
            hasher.swap(0, 1);
        }
    }
    let hashed = app.app.logins.attempts.hasher.looked_at();
    alice.confirm(hasher[0]).await.assert_problem(429, "rate_limited");
    let change = alice.change_password(hasher[0], hasher[1]).await;
    change.assert_problem(429, "rate_limited");
    assert_eq!(app.app.logins.attempts.hasher.looked_at(), hashed);
    app.clock.advance(15);
    alice.confirm(hasher[0]).await.assert_ok();
}

/// Guesses in stolen sessions leave the owner enough of the account's limit to revoke them.
#[tokio::test]
async fn sessions_with_failed_step_ups_take_little_of_their_accounts_limit() {
    let app = TestApp::in_memory().await;
    let owner = app.registered("alice").await;
    for _ in 0..4 {
        let thief = app.logged_in("alice").await;
        for _ in 0..40 {
            thief.confirm("a wrong password, mistyped").await;
        }
    }
    owner.confirm(PASSWORD).await.assert_ok();
}

/// In the permit queue of known accounts, an account has one place, however many sessions call.
#[tokio::test]
async fn one_account_with_many_sessions_delays_no_login_of_another() {
    const SESSIONS: usize = 20;
    let app = TestApp::in_memory().await;
    let bob = app.registered("bob").await;
    let mut sessions = vec![app.registered("hog").await];
    while sessions.len() < SESSIONS {
        sessions.push(app.browser().at(&format!("2001:db8::{}:0:0:0:1", sessions.len())));
        sessions[sessions.len() - 1].login("hog", PASSWORD).await.assert_ok();
    }
    let done = AtomicUsize::new(0);
    let confirm = async |session: &Browser| {
        session.confirm(PASSWORD).await;
        done.fetch_add(1, Ordering::SeqCst);
    };
    let login = async {
        // All other calls are queued by then.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        bob.login("bob", PASSWORD).await.assert_ok();
        done.load(Ordering::SeqCst)
    };
    let (before_bob, _) = tokio::join!(login, join_all(sessions.iter().map(confirm)));
    assert!(before_bob < SESSIONS / 2, "{before_bob} of {SESSIONS} came before");
}

/// A browser sends one refresh cookie; each one that is looked up costs a query.
#[tokio::test]
async fn of_many_forged_refresh_cookies_two_are_looked_up() {
    let store = Faulty::new();
    let app = TestApp::over(store.clone() as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let ticket = alice.refresh_token();
    // Its characters from the fourth on encode the session id.
    let invented = (0..100)
        .map(|number| format!("{REFRESH_COOKIE}={}{number:04}{}", &ticket[..4], &ticket[8..]));
    let cookies = invented.collect::<Vec<_>>().join("; ");
    let entry = |name: &str| json!({"email": format!("{name}@example.com"), "password": PASSWORD});
    for (method, path, body, status, looks) in [
        (Method::POST, path::LOGOUT, json!(null), 204, 2),
        // Two cookies of one name were set by hand: none is looked up.
        (Method::POST, path::REFRESH, json!(null), 401, 0),
        (Method::POST, path::CONFIRM, json!({"password": PASSWORD}), 401, 0),
        // Two whose sessions would be revoked; the names of the new cookies follow from the same look.
        (Method::POST, path::REGISTER, entry("bob"), 201, 2),
        (Method::POST, path::LOGIN, entry("alice"), 200, 2),
        // The first for the names, and the caller's own session three times: token, password, change.
        (
            Method::PUT,
            path::PASSWORD,
            json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
            204,
            1 + 3,
        ),
        // Two, as one may belong to a live session; the caller's own for the token and the change.
        (Method::DELETE, path::ME, json!(null), 204, 2 + 2),
    ] {
        let before = store.sessions_read();
        let mut request = alice.request(method.clone(), path).header("cookie", &cookies);
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        if method != Method::POST {
            request = request.header("authorization", format!("Bearer {}", alice.access_token()));
        }
        app.send(request.body(body).expect("a request")).await.assert_status(status);
        assert_eq!(store.sessions_read() - before, looks, "{method} {path}");
    }
}
