//! Many accounts in one browser share one device cookie of bounded size: the least recently used is evicted, a
//! deleted one removed.

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::path::{self, DEVICES_COOKIE, REFRESH_COOKIE, SIGNED_IN_COOKIE};

use super::{device_cookies, signals};
use crate::support::{Browser, PASSWORD, TestApp};

/// The most accounts in a device cookie.
const KNOWN: usize = 12;

/// The device tokens in the form of earlier versions: one cookie for each account.
fn separate(browser: &Browser) -> Vec<(String, String)> {
    let (_, list) = browser.device_cookie().expect("a device cookie");
    let bytes = URL_SAFE_NO_PAD.decode(list).expect("base64url");
    let entries = bytes[1..].chunks_exact(60).map(|entry| {
        let slot: String = entry[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let token = [&bytes[..1], &entry[4..]].concat();
        (format!("__Host-Http-device-{slot}"), URL_SAFE_NO_PAD.encode(token))
    });
    entries.collect()
}

async fn is_known(browser: &Browser, name: &str) -> bool {
    browser.login(name, PASSWORD).await.assert_ok();
    signals(browser).await != ["new_device"]
}

/// More accounts than any browser has; every path still answers.
#[tokio::test]
async fn a_hundred_and_fifty_accounts_in_one_browser_leave_one_cookie_of_a_kibibyte() {
    let app = TestApp::with(&["--limits", "off"]).await;
    let browser = app.browser();
    for number in 0..150 {
        let answer = browser.register(&format!("user{number}")).await;
        answer.assert_status(201);
        let cookies = device_cookies(&answer);
        let cookie = cookies.first().expect("a device cookie");
        assert!(cookie.name().len() + "=".len() + cookie.value().len() <= 1_024, "{number}");
    }
    assert_eq!(browser.cookie_names(), [DEVICES_COOKIE, REFRESH_COOKIE, SIGNED_IN_COOKIE]);
    for path in [path::LOGIN_PAGE, path::ME, path::JWKS, path::HEALTH_LIVE, "/api/nothing"] {
        assert_ne!(browser.get(path).await.status, 431, "{path}");
    }
    browser.refresh().await.assert_ok();
    browser.logout().await.assert_status(204);
    // The last twelve are known, in any order of login.
    for number in (150 - KNOWN..150).rev() {
        assert!(is_known(&browser, &format!("user{number}")).await, "{number}");
    }
    assert!(!is_known(&browser, "user0").await);
}

#[tokio::test]
async fn the_least_recently_used_account_is_evicted() {
    let app = TestApp::with(&["--limits", "off"]).await;
    let browser = app.browser();
    browser.register("daily").await.assert_status(201);
    for number in 0..KNOWN * 2 {
        browser.register(&format!("user{number}")).await.assert_status(201);
        assert!(is_known(&browser, "daily").await, "{number}");
    }
    assert!(!is_known(&browser, "user0").await);
}

#[tokio::test]
async fn a_deleted_account_is_taken_out_of_the_cookie() {
    let app = TestApp::in_memory().await;
    let browser = app.registered("alice").await;
    browser.register("bob").await.assert_status(201);
    let before = browser.device_cookie();
    let answer = browser.call(Method::DELETE, path::ME, None).await;
    assert_eq!(device_cookies(answer.assert_status(204)).len(), 1);
    assert_ne!(browser.device_cookie(), before);
    assert_eq!(separate(&browser).len(), 1, "only alice's is left");
    assert!(is_known(&browser, "alice").await);
    // The last deletion removes the cookie, too.
    browser.call(Method::DELETE, path::ME, None).await.assert_status(204);
    assert_eq!(browser.cookie_names(), [""; 0]);
}

#[tokio::test]
async fn an_account_that_is_deleted_elsewhere_leaves_what_this_browser_knows() {
    let app = TestApp::in_memory().await;
    let (here, elsewhere) = (app.registered("alice").await, app.browser());
    elsewhere.register("bob").await.assert_status(201);
    elsewhere.copied().call(Method::DELETE, path::ME, None).await.assert_status(204);
    let (before, answer) = (here.device_cookie(), here.call(Method::GET, path::ME, None).await);
    assert!(device_cookies(answer.assert_ok()).is_empty());
    assert_eq!(here.device_cookie(), before);
    // Bob's token belongs to a deleted account: the address may be registered by another person.
    let answer = elsewhere.login("bob", PASSWORD).await;
    answer.assert_problem(401, "invalid_credentials");
}

#[tokio::test]
async fn cookies_of_the_former_kind_hold_and_become_one() {
    let app = TestApp::in_memory().await;
    let both = app.registered("alice").await;
    both.register("bob").await.assert_status(201);
    let former = app.browser();
    for (name, value) in separate(&both) {
        former.set_cookie(&name, &value);
    }
    assert_eq!(former.cookie_names().len(), 2);
    assert!(is_known(&former, "alice").await, "the token is as good as it was");
    assert_eq!(former.cookie_names(), [DEVICES_COOKIE, REFRESH_COOKIE, SIGNED_IN_COOKIE]);
    assert!(is_known(&former, "bob").await, "the other account's came along");
    assert!(device_cookies(&former.login("bob", PASSWORD).await).is_empty());
}

/// A hundred of them, of unknown accounts: each login removes a few.
#[tokio::test]
async fn cookies_of_the_former_kind_go_a_bounded_number_at_a_time() {
    let app = TestApp::with(&["--limits", "off"]).await;
    let browser = app.registered("alice").await;
    for number in 0..100 {
        browser.set_cookie(&format!("__Host-Http-device-{number:08x}"), &"A".repeat(76));
    }
    browser.set_cookie("__Host-Http-device-something-else", "1");
    let mut left = 100;
    while left > 0 {
        let answer = browser.login("alice", PASSWORD).await;
        let (set, gone) = (answer.assert_ok().set_cookies(), left.min(KNOWN));
        assert_eq!(set.len(), 3 + gone, "{left}");
        let size: usize = set.iter().map(|cookie| cookie.to_string().len()).sum();
        assert!(size < 3 * 1024, "{size}");
        left -= gone;
        assert_eq!(browser.cookie_names().len(), 4 + left);
        assert_eq!(signals(&browser).await, [""; 0], "{left}");
    }
    // A cookie with a similar name is not ours and stays.
    assert!(browser.cookie("__Host-Http-device-something-else").is_some());
}

#[tokio::test]
async fn a_deleted_account_takes_its_cookie_of_the_former_kind_along() {
    let app = TestApp::in_memory().await;
    let both = app.registered("alice").await;
    both.register("bob").await.assert_status(201);
    for (name, value) in separate(&both) {
        both.set_cookie(&name, &value);
    }
    assert_eq!(both.cookie_names().len(), 5);
    both.call(Method::DELETE, path::ME, None).await.assert_status(204);
    assert_eq!(both.cookie_names().len(), 2, "alice's two");
    assert!(is_known(&both, "alice").await);
}

/// Any invalid value: the login succeeds and sets a valid list.
#[tokio::test]
async fn a_list_that_cannot_be_read_is_none_and_is_replaced() {
    let app = TestApp::in_memory().await;
    let (_, list) = app.registered("alice").await.device_cookie().expect("a device cookie");
    let whole = format!("{DEVICES_COOKIE}={list}").into_bytes();
    let named = |value: &[u8]| [DEVICES_COOKIE.as_bytes(), b"=", value].concat();
    let long = named(&b"A".repeat(12 * 1024));
    for (bad, is_known) in [
        (named(b""), false),
        (named(b"\xff\xfe"), false),
        (named(b"AQ"), false),
        (named(&list.as_bytes()[..40]), false),
        (long, false),
        // Two cookies of this name were set by hand. The first valid list counts.
        ([&named(b"\xff"), &whole[..]].join(&b"; "[..]), true),
        ([&whole[..], &named(b"AQ")].join(&b"; "[..]), true),
        ([&whole[..]; 12].join(&b"; "[..]), true),
    ] {
        let browser = app.browser();
        let request = browser.request(Method::POST, path::LOGIN);
        let request = request.header("content-type", "application/json");
        let request = request.header("cookie", HeaderValue::from_bytes(&bad).expect("a value"));
        let body = serde_json::json!({"email": "alice@example.com", "password": PASSWORD});
        let answer = browser.send(request, Body::from(body.to_string())).await;
        assert_eq!(device_cookies(answer.assert_ok()).is_empty(), is_known);
        let expected = if is_known { &[][..] } else { &["new_device"] };
        assert_eq!(signals(&browser).await, expected, "{:?}", String::from_utf8_lossy(&bad));
    }
}
