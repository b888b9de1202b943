//! Two servers on one host share a cookie jar, because cookies ignore ports. Each keeps the other's cookies.

use axum::body::Body;
use axum::http::Method;
use shared::EventKind;
use shared::path::{self, REFRESH_COOKIE, SIGNED_IN_COOKIE, at_port};

use crate::support::{Browser, Log, PASSWORD, TestApp};

/// Servers at two ports, and a browser with a session on each; the first has the usual cookie names.
async fn side_by_side() -> (Browser, Browser) {
    let (first, second) = (TestApp::in_memory().await, TestApp::at_port(3001).await);
    let here = first.registered("alice").await;
    let there = here.through(&second);
    there.register("alice").await.assert_status(201);
    (here, there)
}

/// Asserts that the session is active.
async fn assert_logged_in(browser: &Browser) {
    browser.refresh().await.assert_ok();
    browser.me().await.assert_ok();
}

#[tokio::test]
async fn each_has_a_session_of_its_own_in_one_browser() {
    let (here, there) = side_by_side().await;
    let usual = here.refresh_token();
    let own = here.cookie(&at_port(REFRESH_COOKIE, 3001)).expect("a cookie of the second server");
    assert_ne!(usual, own);
    assert_eq!(here.cookie(&at_port(SIGNED_IN_COOKIE, 3001)).as_deref(), Some("1"));
    for _ in 0..3 {
        assert_logged_in(&there).await;
        assert_logged_in(&here).await;
    }
    assert_ne!(here.refresh_token(), usual, "each rotates its own");
    // Step-up and a password change: the next cookie has the same name.
    there.confirm(PASSWORD).await.assert_ok();
    let other = serde_json::json!({"current_password": PASSWORD, "new_password": "another otter under glass"});
    there.call(Method::PUT, path::PASSWORD, Some(other)).await.assert_status(204);
    assert_logged_in(&there).await;
    assert_logged_in(&here).await;
}

#[tokio::test]
async fn a_logout_leaves_the_other_servers_cookies() {
    let (here, there) = side_by_side().await;
    there.logout().await.assert_status(204);
    assert_eq!(here.cookie(&at_port(REFRESH_COOKIE, 3001)), None);
    assert_eq!(here.cookie(&at_port(SIGNED_IN_COOKIE, 3001)), None);
    assert_logged_in(&here).await;
    // The first still has the usual names: the next login here takes names with a port again.
    there.login("alice", PASSWORD).await.assert_ok();
    here.logout().await.assert_status(204);
    assert_eq!((here.cookie(REFRESH_COOKIE), here.cookie(SIGNED_IN_COOKIE)), (None, None));
    assert_logged_in(&there).await;
    // The usual names are free now, but a session keeps its names, and so does the next one.
    there.login("alice", PASSWORD).await.assert_ok();
    assert_eq!(there.cookie(REFRESH_COOKIE), None);
    assert_logged_in(&there).await;
}

#[tokio::test]
async fn deleting_an_account_or_revoking_the_own_session_leaves_the_other_servers_cookies() {
    let (here, there) = side_by_side().await;
    there.call(Method::DELETE, path::ME, None).await.assert_status(204);
    assert_logged_in(&here).await;
    there.register("alice").await.assert_status(201);
    let own = there.claims()["sid"].as_str().expect("a session").to_owned();
    there
        .call(Method::DELETE, &path::session(own.parse().expect("an id")), None)
        .await
        .assert_status(204);
    assert_logged_in(&here).await;
    // The one with the usual names clears those and no others.
    there.login("alice", PASSWORD).await.assert_ok();
    here.refresh().await.assert_ok();
    here.call(Method::DELETE, path::ME, None).await.assert_status(204);
    assert_eq!(here.cookie(REFRESH_COOKIE), None);
    assert_logged_in(&there).await;
}

#[tokio::test]
async fn another_servers_token_is_refused_and_its_cookies_are_kept() {
    let (first, second) = (TestApp::in_memory().await, TestApp::at_port(3001).await);
    let here = first.registered("alice").await;
    // The second server has no session of this browser.
    let there = here.through(&second);
    there.refresh().await.assert_problem(401, "invalid_grant");
    there.logout().await.assert_status(204);
    assert_logged_in(&here).await;
}

/// A token of the first server at the second, by any cookie name, is no replay: neither the operator nor a user gets
/// a false alarm.
#[tokio::test]
async fn another_servers_token_is_no_replay_in_any_log_or_activity() {
    let (first, second) = (TestApp::in_memory().await, TestApp::at_port(3001).await);
    let (log, _listening) = Log::of_json();
    let here = first.registered("alice").await;
    let there = here.through(&second);
    there.register("alice").await.assert_status(201);
    let spent = here.refresh_token();
    assert_logged_in(&here).await;
    let own = at_port(REFRESH_COOKIE, 3001);
    for token in [spent, here.refresh_token()] {
        for name in [REFRESH_COOKIE, own.as_str()] {
            let stray = second.browser();
            stray.set_cookie(name, &token);
            stray.refresh().await.assert_problem(401, "invalid_grant");
            stray.confirm(PASSWORD).await.assert_problem(401, "invalid_grant");
            stray.logout().await.assert_status(204);
        }
    }
    for browser in [&here, &there] {
        assert_logged_in(browser).await;
        let mut events = browser.events().await;
        events.retain(|kind| kind != "registered");
        assert_eq!(events, [""; 0]);
    }
    let mut lines = log.objects();
    lines.retain(|line| line["fields"]["event"] == "refresh_refused");
    assert_eq!(lines.len(), 8, "two calls with each of two tokens by each of two names");
    assert!(lines.iter().all(|line| line["fields"]["cause"] == "Unknown"), "{lines:?}");
    for event in [EventKind::Replayed.as_str(), "replay_generations", "ended"] {
        assert!(!log.text().contains(&format!("\"{event}\"")), "{event}");
    }
}

/// Its own token, expired, revoked or replayed, is no other server's.
#[tokio::test]
async fn an_own_token_is_not_taken_for_another_servers() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (old, over) = (alice.copied(), alice.copied());
    alice.refresh().await.assert_ok();
    alice.refresh().await.assert_ok();
    for copy in [old, over] {
        copy.refresh().await.assert_problem(401, "invalid_grant");
        copy.login("alice", PASSWORD).await.assert_ok();
        assert_eq!(copy.cookie(&at_port(REFRESH_COOKIE, 3000)), None, "the usual name is its own");
    }
    // Garbage is no other server's token, either.
    let garbage = app.browser();
    garbage.set_cookie(REFRESH_COOKIE, "garbage");
    garbage.refresh().await.assert_problem(401, "invalid_grant");
    garbage.login("alice", PASSWORD).await.assert_ok();
    assert_logged_in(&garbage).await;
    assert_eq!(garbage.cookie(&at_port(REFRESH_COOKIE, 3000)), None);
}

/// The cookie's name is no credential: a token is judged alike under both, and two of one name are refused.
#[tokio::test]
async fn a_name_with_a_port_opens_nothing_more() {
    let (here, there) = side_by_side().await;
    let name = at_port(REFRESH_COOKIE, 3001);
    let own = there.cookie(&name).expect("a cookie");
    let thief = there.copied();
    there.refresh().await.assert_ok();
    there.refresh().await.assert_ok();
    thief.refresh().await.assert_problem(401, "invalid_grant");
    there.refresh().await.assert_problem(401, "invalid_grant");
    assert_logged_in(&here).await;
    let twice = there.request(Method::POST, path::REFRESH);
    let twice = twice.header("cookie", format!("{name}={own}; {name}={own}"));
    let bare = TestApp::at_port(3001).await.browser();
    bare.send(twice, Body::empty()).await.assert_problem(401, "invalid_grant");
}
