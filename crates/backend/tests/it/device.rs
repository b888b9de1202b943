//! Known devices: which logins make a device known, what the device cookie is good for, and that it is no credential.

mod many;
mod named;

use axum::http::Method;
use shared::path::{self, DEVICES_COOKIE, REFRESH_COOKIE};

use crate::support::{Browser, PASSWORD, TestApp, on_every_store};
pub(crate) use named::{Named, all as user_agents};

fn device_cookies(answer: &crate::support::Answer) -> Vec<cookie::Cookie<'static>> {
    let mut cookies = answer.set_cookies();
    cookies.retain(|cookie| cookie.name() == DEVICES_COOKIE);
    cookies
}

/// The risk signals of the user's last login, sorted.
async fn signals(browser: &Browser) -> Vec<String> {
    let mut kinds = browser.events().await;
    kinds.retain(|kind| ["logged_in", "new_device", "new_network"].contains(&kind.as_str()));
    let login = kinds.iter().position(|kind| kind == "logged_in");
    kinds.truncate(login.unwrap_or_default());
    kinds.sort();
    kinds
}

#[tokio::test]
async fn registering_and_logging_in_make_a_device_known() {
    let app = TestApp::in_memory().await;
    let here = app.browser();
    for answer in [here.register("alice").await, app.browser().login("alice", PASSWORD).await] {
        let cookies = device_cookies(&answer);
        assert_eq!(cookies.len(), 1, "{answer:?}");
        let cookie = &cookies[0];
        assert_eq!(cookie.name(), "__Host-Http-devices");
        assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
        assert_eq!(cookie.same_site(), Some(cookie::SameSite::Strict));
        assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
        assert_eq!(cookie.max_age().expect("a life").whole_days(), 400);
        assert!(cookie.to_string().len() <= 4096);
        assert!(!answer.body.contains(cookie.value()));
    }
}

#[tokio::test]
async fn a_device_stays_known_after_logout_and_keeps_its_cookie() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let known = alice.device_cookie().expect("a device cookie");
    alice.logout().await.assert_status(204);
    assert_eq!(alice.device_cookie(), Some(known.clone()));
    let again = alice.login("alice", PASSWORD).await;
    assert!(device_cookies(again.assert_ok()).is_empty());
    // The cookie is renewed once a month, before browsers expire it.
    app.clock.advance(31 * 86_400);
    assert_eq!(device_cookies(alice.login("alice", PASSWORD).await.assert_ok()).len(), 1);
    assert_ne!(alice.device_cookie(), Some(known));
    assert_eq!(signals(&alice).await, [""; 0]);
}

#[tokio::test]
async fn a_step_up_makes_a_device_known() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let bare = app.browser();
    bare.set_cookie(REFRESH_COOKIE, &alice.refresh_token());
    bare.confirm("a wrong password, mistyped").await.assert_status(401);
    assert_eq!(bare.device_cookie(), None);
    bare.confirm(PASSWORD).await.assert_ok();
    assert!(bare.device_cookie().is_some());
    bare.refresh().await.assert_ok();
}

#[tokio::test]
async fn a_device_cookie_logs_no_user_in() {
    let app = TestApp::in_memory().await;
    let (name, value) = app.registered("alice").await.device_cookie().expect("a device cookie");
    let thief = app.browser();
    thief.set_cookie(&name, &value);
    thief.refresh().await.assert_problem(401, "invalid_grant");
    thief.confirm(PASSWORD).await.assert_problem(401, "invalid_grant");
    thief.get(path::ME).await.assert_problem(401, "invalid_token");
    let wrong = thief.login("alice", "a wrong password, mistyped").await;
    wrong.assert_problem(401, "invalid_credentials");
    thief.set_cookie(REFRESH_COOKIE, &value);
    thief.refresh().await.assert_problem(401, "invalid_grant");
}

#[tokio::test]
async fn two_accounts_of_one_browser_are_known_side_by_side() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    app.registered("bob").await;
    let shared = app.logged_in("alice").await;
    shared.login("bob", PASSWORD).await.assert_ok();
    assert_eq!(signals(&shared).await, ["new_device"]);
    for name in ["alice", "bob"] {
        assert!(device_cookies(shared.login(name, PASSWORD).await.assert_ok()).is_empty());
        assert_eq!(signals(&shared).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_login_on_another_device_is_recorded() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.login("alice", PASSWORD).await.assert_ok();
        assert_eq!(signals(&alice).await, [""; 0]);
        let elsewhere = app.logged_in("alice").await;
        assert_eq!(signals(&elsewhere).await, ["new_device"]);
        let page = format!("{}?kind=new_device", path::EVENTS);
        let recorded = alice.call(Method::GET, &page, None).await.json();
        let session = elsewhere.me().await.json()["session"]["id"].clone();
        assert_eq!(recorded["events"][0]["session_id"], session);
    })
    .await;
}

#[tokio::test]
async fn a_login_from_another_network_is_recorded_and_ipv6_is_compared_by_its_half() {
    on_every_store(async |app| {
        let alice = app.browser().at("2001:db8:1:1::1");
        alice.register("alice").await.assert_status(201);
        let from = async |address| {
            let browser = alice.copied().at(address);
            browser.login("alice", PASSWORD).await.assert_ok();
            signals(&browser).await
        };
        assert_eq!(from("2001:db8:1:1:ffff::7").await, [""; 0]);
        assert_eq!(from("2001:db8:1:2::1").await, ["new_network"]);
        assert_eq!(from("203.0.113.9").await, ["new_network"]);
        assert_eq!(from("203.0.113.9").await, [""; 0]);
        assert_eq!(from("203.0.113.10").await, ["new_network"]);
        assert_eq!(from("::ffff:203.0.113.9").await, [""; 0]);
    })
    .await;
}

/// The device record remembers the network when no session from there is left.
#[tokio::test]
async fn a_network_stays_known_after_logout() {
    on_every_store(async |app| {
        let alice = app.browser().at("203.0.113.9");
        alice.register("alice").await.assert_status(201);
        alice.logout().await.assert_status(204);
        alice.login("alice", PASSWORD).await.assert_ok();
        assert_eq!(signals(&alice).await, [""; 0]);
    })
    .await;
}

/// Another account's token, a forged one, half of one: treated as no cookie.
#[tokio::test]
async fn a_forged_device_cookie_is_as_good_as_none() {
    let app = TestApp::in_memory().await;
    let (name, value) = app.registered("alice").await.device_cookie().expect("a device cookie");
    let (_, bobs) = app.registered("bob").await.device_cookie().expect("a device cookie");
    // Within the MAC.
    let at = value.len() - 5;
    let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
    let forged = format!("{}{other}{}", &value[..at], &value[at + 1..]);
    for bad in [bobs.as_str(), &forged, &value[..40], "", "AA", "%%%", "🐟"] {
        let browser = app.browser();
        browser.set_cookie(&name, bad);
        let answer = browser.login("alice", PASSWORD).await;
        assert_eq!(device_cookies(answer.assert_ok()).len(), 1, "{bad:?}");
        assert_eq!(signals(&browser).await, ["new_device"], "{bad:?}");
        browser.login("alice", PASSWORD).await.assert_ok();
        assert_eq!(signals(&browser).await, [""; 0], "{bad:?}");
    }
}
