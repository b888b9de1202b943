//! Rate limits behind a shared address (NAT): calls in a user's own sessions exhaust no limit that the neighbours
//! need to refresh.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use shared::path::{REFRESH_COOKIE, REVOKE};

use super::{WRONG, assert_limited, until_limited};
use crate::support::{Answer, Browser, Faulty, Place, TestApp};

const OFFICE: &str = "203.0.113.9";
/// The tightest rate, so that a few calls would exhaust it.
const TIGHT: &[&str] = &["--rate-limit", "refreshes-per-network=100/1s"];
const ATTEMPT: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";
/// More than that.
const MANY: u32 = 150;

async fn revoke(browser: &Browser, token: &str) -> Answer {
    let request = browser.request(Method::POST, REVOKE);
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    browser.send(request, Body::from(format!("token={token}"))).await
}

#[tokio::test]
async fn a_session_uses_up_nothing_of_what_its_network_has() {
    let app = TestApp::with(TIGHT).await;
    let hog = app.registered("hog").await.at(OFFICE);
    let over = app.registered("over").await.at(OFFICE);
    let bob = app.registered("bob").await.at(OFFICE);
    let dead = over.copied();
    over.logout().await.assert_status(204);
    for _ in 0..MANY {
        hog.confirm(WRONG).await;
        revoke(&dead, &dead.refresh_token()).await.assert_ok();
        revoke(&dead, &dead.access_token()).await.assert_ok();
    }
    until_limited(async |_| hog.refresh().await).await;
    until_limited(async |_| dead.refresh().await).await;
    for _ in 0..MANY {
        assert_limited(&hog.refresh().await);
        assert_limited(&hog.confirm(WRONG).await);
        assert_limited(&dead.refresh().await);
    }
    bob.refresh().await.assert_ok();
}

/// One limit for all invalid tokens, at all endpoints together.
#[tokio::test]
async fn tokens_that_are_not_genuine_use_it_up() {
    for number in 0..3 {
        let app = TestApp::with(TIGHT).await;
        let (bob, guesser) = (app.registered("bob").await.at(OFFICE), app.browser().at(OFFICE));
        guesser.set_cookie(REFRESH_COOKIE, "nonsense");
        let guess = async |_| match number {
            0 => guesser.refresh().await,
            1 => guesser.confirm(WRONG).await,
            _ => revoke(&guesser, "nonsense").await,
        };
        assert_eq!(until_limited(guess).await, 100);
        assert_limited(&bob.refresh().await);
        bob.at("203.0.113.10").refresh().await.assert_ok();
    }
}

/// Each session of an account has a limit, and all of them share one.
#[tokio::test]
async fn an_account_gains_nothing_by_more_sessions() {
    let app = TestApp::with(&["--rate-limit", "refreshes-per-account=800/250ms"]).await;
    let sessions = [app.registered("alice").await, app.logged_in("alice").await];
    for session in &sessions {
        assert_eq!(until_limited(async |_| session.refresh().await).await, 400);
    }
    let third = app.logged_in("alice").await;
    assert_limited(&third.refresh().await);
    third.me().await.assert_ok();
    app.registered("bob").await.refresh().await.assert_ok();
}

/// A thief who once knew the password may still hold tickets of revoked sessions.
#[tokio::test]
async fn revoked_sessions_use_up_nothing_of_their_accounts() {
    let app = TestApp::with(&["--rate-limit", "refreshes-per-account=800/250ms"]).await;
    let alice = app.registered("alice").await;
    for _ in 0..4 {
        let session = app.logged_in("alice").await;
        let dead = session.copied();
        session.logout().await.assert_status(204);
        assert_eq!(until_limited(async |_| dead.refresh().await).await, 400);
    }
    alice.refresh().await.assert_ok();
}

/// A ticket over its limit is refused for a moment without a query.
#[tokio::test]
async fn a_session_beyond_its_limit_causes_no_query() {
    let store = Faulty::new();
    let app = TestApp::over(store.clone() as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    until_limited(async |_| alice.refresh().await).await;
    let before = store.sessions_read();
    for _ in 0..20 {
        assert_limited(&alice.refresh().await);
        assert_limited(&alice.confirm(WRONG).await);
    }
    assert_eq!(store.sessions_read(), before);
    assert!(alice.events().await.contains(&"limited".to_owned()));
    app.clock.advance(1);
    alice.refresh().await.assert_ok();
}

/// A thief's endless retries must not shield the session from replay detection when the owner presents an older
/// ticket.
#[tokio::test]
async fn a_replay_revokes_a_session_that_is_beyond_its_limit() {
    let app = TestApp::in_memory().await;
    let owner = app.registered("alice").await;
    let thief = owner.copied();
    thief.refresh().await.assert_ok();
    let repeated = async |_| thief.refresh_and_lose_the_answer(ATTEMPT).await;
    until_limited(repeated).await;
    assert_limited(&repeated(0).await);
    owner.refresh().await.assert_problem(401, "invalid_grant");
    thief.me().await.assert_problem(401, "invalid_token");
    app.clock.advance(1);
    thief.refresh().await.assert_problem(401, "invalid_grant");
    let events = app.logged_in("alice").await.events().await;
    assert!(events.contains(&"replayed".to_owned()), "{events:?}");
}

/// A forged ticket gets the usual 401, also if its session is over its limit.
#[tokio::test]
async fn that_a_session_is_beyond_its_limit_is_disclosed_to_no_other_client() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    until_limited(async |_| alice.refresh().await).await;
    let ticket = alice.refresh_token();
    let other = if ticket.ends_with('A') { "B" } else { "A" };
    let forger = app.browser();
    forger.set_cookie(REFRESH_COOKIE, &format!("{}{other}", &ticket[..ticket.len() - 1]));
    forger.refresh().await.assert_problem(401, "invalid_grant");
}
