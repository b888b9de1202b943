//! Rate limits on bursts: by network, account and session.

mod one_network;

use axum::http::Method;
use futures_util::future::join_all;
use serde_json::json;
use shared::path;

use crate::support::{Answer, Browser, PASSWORD, TestApp};

const WRONG: &str = "a wrong password, mistyped";

#[track_caller]
fn assert_limited(answer: &Answer) {
    answer.assert_problem(429, "rate_limited");
    let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<i64>().ok());
    assert!(seconds.is_some_and(|seconds| seconds >= 1), "{answer:?}");
    assert!(answer.set_cookies().is_empty());
}

/// Calls until the first 429; returns how many calls passed.
async fn until_limited(call: impl AsyncFn(u32) -> Answer) -> u32 {
    for number in 0..10_000 {
        let answer = call(number).await;
        if answer.status == 429 {
            assert_limited(&answer);
            return number;
        }
    }
    panic!("no request is ever refused");
}

/// Calls as often as the limit allows, then asserts that the next call is a 429.
async fn up_to(limit: u32, call: impl AsyncFn(u32) -> Answer) {
    for number in 0..limit {
        let answer = call(number).await;
        assert_ne!(answer.status, 429, "the {number}th");
    }
    assert_limited(&call(limit).await);
}

/// A login to an account of its own, so that no account is throttled for wrong passwords.
async fn login_somewhere(browser: Browser, number: u32) -> Answer {
    browser.login(&format!("nobody{number}"), WRONG).await
}

#[tokio::test]
async fn logins_of_one_network_are_limited_and_others_are_not() {
    let app = TestApp::in_memory().await;
    let from =
        async |address: &str, number| login_somewhere(app.browser().at(address), number).await;
    assert_eq!(until_limited(|number| from("203.0.113.9", number)).await, 100);
    from("203.0.113.10", 0).await.assert_status(401);
    app.clock.advance(5);
    from("203.0.113.9", 0).await.assert_status(401);
    assert_limited(&from("203.0.113.9", 0).await);
}

/// A successful login: one network may send twenty at once to one account.
async fn login_from(app: &TestApp, address: &str) -> Answer {
    app.browser().at(address).login("alice", PASSWORD).await
}

#[tokio::test]
async fn an_ipv6_network_is_its_first_half() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    let each = async |number| login_from(&app, &format!("2001:db8:1:1:{number:x}::1")).await;
    assert_eq!(until_limited(each).await, 20);
    login_from(&app, "2001:db8:1:2::1").await.assert_ok();
    // An IPv4-mapped IPv6 address is that IPv4 address.
    let both = async |number: u32| {
        let same = ["::ffff:203.0.113.9", "203.0.113.9"];
        login_from(&app, same[number as usize % 2]).await
    };
    assert_eq!(until_limited(both).await, 20);
}

/// The same for every rate limit by network: a /64 is one network, its neighbour another.
#[tokio::test]
async fn every_limit_of_a_network_counts_an_ipv6_network_by_its_first_half() {
    let app = TestApp::in_memory().await;
    let at = |half: &str, number: u32| app.browser().at(&format!("{half}:{number:x}::{number:x}"));
    let (own, other) = ("2001:db8:1:1", "2001:db8:1:2");

    up_to(100, async |number| login_somewhere(at(own, number), number).await).await;
    login_somewhere(at(other, 1), 1).await.assert_status(401);

    app.registered("alice").await;
    let taken = json!({"email": "alice@example.com", "password": PASSWORD});
    let asking = async |number| at(own, number).post(path::REGISTER, taken.clone()).await;
    up_to(60, asking).await;
    at(other, 1).register("bob").await.assert_status(201);

    let nonsense = async |half: &str, number: u32| {
        let browser = at(half, number);
        browser.set_cookie(path::REFRESH_COOKIE, "nonsense");
        browser.refresh().await
    };
    up_to(4_000, async |number| nonsense(own, number).await).await;
    nonsense(other, 1).await.assert_problem(401, "invalid_grant");
}

#[tokio::test]
async fn clients_without_a_known_address_share_one_limit() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    let nowhere = async |_| app.browser().login("alice", PASSWORD).await;
    assert_eq!(until_limited(nowhere).await, 20);
    login_from(&app, "203.0.113.9").await.assert_ok();
}

/// The right password counts, too: no person logs in so often.
#[tokio::test]
async fn logins_to_one_account_from_one_network_are_limited() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    assert_eq!(until_limited(async |_| login_from(&app, "203.0.113.9").await).await, 20);
    login_from(&app, "203.0.113.10").await.assert_ok();
    for _ in 0..200 {
        assert_limited(&login_from(&app, "203.0.113.9").await);
    }
    // The limit of the pair leaves the network's own limit to its neighbours.
    login_somewhere(app.browser().at("203.0.113.9"), 0).await.assert_status(401);
}

/// ASVS V6.1.1, in the worst case: the attacker shares the owner's network.
#[tokio::test]
async fn a_known_device_is_not_limited_by_others_in_its_network() {
    let app = TestApp::in_memory().await;
    let owner = app.browser().at("203.0.113.9");
    owner.register("alice").await.assert_status(201);
    owner.logout().await.assert_status(204);
    let attacker = async |number| login_somewhere(app.browser().at("203.0.113.9"), number).await;
    until_limited(attacker).await;
    assert_limited(&app.browser().at("203.0.113.9").login("alice", PASSWORD).await);
    owner.login("alice", PASSWORD).await.assert_ok();
    // A known device has a limit of its own.
    assert_eq!(until_limited(async |_| owner.login("alice", PASSWORD).await).await, 19);
}

#[tokio::test]
async fn a_limit_says_nothing_of_the_account() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    let limited = async |name: &str, address: &str| {
        until_limited(async |_| app.browser().at(address).login(name, PASSWORD).await).await;
        app.browser().at(address).login(name, PASSWORD).await.snapshot()
    };
    let pair = limited("alice", "203.0.113.9").await;
    app.clock.advance(3_600);
    // Login throttling stops the guesses at an unknown account first.
    until_limited(async |_| app.browser().at("203.0.113.10").login("nobody", PASSWORD).await).await;
    app.clock.advance(1);
    for _ in 0..20 {
        app.browser().at("203.0.113.10").login("nobody", PASSWORD).await;
    }
    let unknown = app.browser().at("203.0.113.10").login("nobody", PASSWORD).await;
    assert_limited(&unknown);
    let without_seconds = |text: &str| {
        text.lines().filter(|line| !line.starts_with("retry-after")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without_seconds(&pair), without_seconds(&unknown.snapshot()));
}

#[tokio::test]
async fn registrations_of_one_network_are_limited() {
    let app = TestApp::in_memory().await;
    let known = app.registered("alice").await;
    // Invalid input does not count against the rate limit; a taken address does.
    let taken = json!({"email": "alice@example.com", "password": PASSWORD});
    let asking =
        async |_| app.browser().at("203.0.113.9").post(path::REGISTER, taken.clone()).await;
    assert_eq!(until_limited(asking).await, 60);
    assert_limited(&app.browser().at("203.0.113.9").register("bob").await);
    app.browser().at("203.0.113.10").register("bob").await.assert_status(201);
    known.refresh().await.assert_ok();
    known.login("alice", PASSWORD).await.assert_ok();
    app.clock.advance(60);
    app.browser().at("203.0.113.9").register("carol").await.assert_status(201);
}

/// Tabs, reloads, lost responses: the limit is far above any legitimate need to refresh.
#[tokio::test]
async fn three_hundred_refreshes_of_one_session_at_once_pass() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let all = (0..300).map(|_| async {
        alice.copied().refresh_with("attempt-key-number-1").await.status.as_u16()
    });
    assert!(join_all(all).await.iter().all(|status| *status == 200));
    alice.refresh_with("attempt-key-number-1").await.assert_ok();
}

#[tokio::test]
async fn a_session_that_is_refreshed_without_end_is_rate_limited_and_stays() {
    let app = TestApp::in_memory().await;
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    let refreshed = until_limited(async |_| alice.refresh().await).await;
    assert_eq!(refreshed, 400);
    let before = alice.refresh_token();
    assert_limited(&alice.refresh().await);
    assert_eq!(alice.refresh_token(), before);
    bob.refresh().await.assert_ok();
    alice.me().await.assert_ok();
    app.clock.advance(1);
    alice.refresh().await.assert_ok();
    assert!(alice.events().await.contains(&"limited".to_owned()));
}

/// A session id is no secret: without a ticket it cannot exhaust the session's limit.
#[tokio::test]
async fn without_its_ticket_no_caller_exhausts_the_limit_of_a_session() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let ticket = alice.refresh_token();
    let other = if ticket.ends_with('A') { "B" } else { "A" };
    let forger = app.browser();
    forger.set_cookie(path::REFRESH_COOKIE, &format!("{}{other}", &ticket[..ticket.len() - 1]));
    for _ in 0..500 {
        forger.refresh().await.assert_problem(401, "invalid_grant");
    }
    alice.refresh().await.assert_ok();
}

#[tokio::test]
async fn refreshes_of_one_network_are_limited_before_any_query() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let flood = app.browser().at("203.0.113.9");
    flood.set_cookie(path::REFRESH_COOKIE, "nonsense");
    assert_eq!(until_limited(async |_| flood.refresh().await).await, 4_000);
    flood.set_cookie(path::REFRESH_COOKIE, &alice.refresh_token());
    assert_limited(&flood.refresh().await);
    assert_limited(&flood.confirm(PASSWORD).await);
    // Logout has no rate limit.
    alice.copied().at("203.0.113.9").me().await.assert_ok();
    alice.refresh().await.assert_ok();
    alice.at("203.0.113.9").logout().await.assert_status(204);
}

#[tokio::test]
async fn a_limit_that_is_hit_again_and_again_is_recorded_once() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let from = async || app.browser().at("203.0.113.9").login("alice", PASSWORD).await;
    until_limited(async |_| from().await).await;
    for _ in 0..50 {
        assert_limited(&from().await);
    }
    let kinds = alice.events().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "limited").count(), 1, "{kinds:?}");
}

#[tokio::test]
async fn without_limits_nothing_is_refused_and_nothing_is_counted() {
    let app = TestApp::with(&["--limits", "off"]).await;
    app.registered("alice").await;
    for _ in 0..40 {
        app.browser().login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
    }
    app.browser().login("alice", PASSWORD).await.assert_ok();
    assert_eq!(app.app.admission.limits.keys(), 0);
}

/// From a peer that is no trusted proxy, a forwarding header is an unproven claim.
#[tokio::test]
async fn a_forwarding_header_of_an_untrusted_peer_is_ignored_by_limits_events_and_sessions() {
    let app = TestApp::with(&["--trusted-proxies", "10.0.0.0/8"]).await;
    let alice = app.browser().at("203.0.113.10").forwarded_for("198.51.100.1");
    alice.register("alice").await.assert_status(201);
    let forwarded = alice
        .request(Method::GET, path::SESSIONS)
        .header("authorization", format!("Bearer {}", alice.access_token()))
        .header("forwarded", "for=198.51.100.1")
        .header("x-real-ip", "198.51.100.1");
    let listed = alice.send(forwarded, axum::body::Body::empty()).await.assert_ok().json();
    assert_eq!(listed["sessions"][0]["ip"], "203.0.113.10");
    let events = alice.call(Method::GET, path::EVENTS, None).await.assert_ok().json();
    assert_eq!(events["events"][0]["ip"], "203.0.113.10");

    let claims = async |number: u32| {
        let claiming = app.browser().at("203.0.113.9");
        let claiming = claiming.forwarded_for(&format!("198.51.100.{number}"));
        claiming.login("alice", PASSWORD).await
    };
    assert_eq!(until_limited(claims).await, 20);
}

#[tokio::test]
async fn what_a_configured_proxy_says_counts_and_no_more_than_that() {
    let app = TestApp::with(&["--trusted-proxies", "10.0.0.0/8"]).await;
    let alice = app.browser().at("10.1.2.3").forwarded_for("6.6.6.6, 203.0.113.11, 10.9.9.9");
    alice.register("alice").await.assert_status(201);
    let listed = alice.call(Method::GET, path::SESSIONS, None).await.assert_ok().json();
    assert_eq!(listed["sessions"][0]["ip"], "203.0.113.11");

    let from = async |said: &str| {
        app.browser().at("10.1.2.3").forwarded_for(said).login("alice", PASSWORD).await
    };
    // The client's own entry stands further left.
    let claims = async |number: u32| from(&format!("198.51.100.{number}, 203.0.113.9")).await;
    assert_eq!(until_limited(claims).await, 20);
    from("203.0.113.10").await.assert_ok();
}
