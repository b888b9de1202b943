//! The catalogue of forged tokens at every endpoint that takes one: no authentication, no introspection result, no
//! revocation. Derived from a token of this server, with its own signing key.

use forgery::{Case, Lure, Original, catalogue, twin};
use serde_json::json;
use shared::path::{self, INTROSPECT, REVOKE};
use url::form_urlencoded;

use crate::services::{form, service};
use crate::support::{Browser, ORIGIN, START, TestApp};

/// The browser's access token, with the key that signed it.
async fn original(app: &TestApp, browser: &Browser) -> Original {
    let jwks = app.browser().get(path::JWKS).await.body;
    let ring = app.app.keys.current();
    let sign = move |bytes: &[u8]| {
        let key = ring.signing(START).expect("a key");
        key.signature(bytes).expect("a signature").to_vec()
    };
    Original::new(&browser.access_token(), &jwks, sign)
}

/// Genuine tokens of this server, issued for other purposes.
async fn tokens_of_other_kinds(app: &TestApp, browser: &Browser) -> [(&'static str, String); 3] {
    let device = browser.device_cookie().expect("a known device").1;
    let list = app.browser().get(&path::status_list(1)).await.body;
    [("a refresh token", browser.refresh_token()), ("a device cookie", device), ("a list", list)]
}

#[tokio::test]
async fn no_forged_token_opens_anything() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (original, lure) = (original(&app, &alice).await, Lure::set());
    let cases = catalogue(&original, &lure.url());
    let cases: Vec<&Case> = cases.iter().filter(|case| case.fits_into_a_header()).collect();
    assert!(cases.len() >= 150, "{} forged tokens", cases.len());
    let mut let_in = Vec::new();
    for case in cases {
        let answer = app.call_me(&case.token).await;
        if answer.status != 401 || answer.json()["code"] != "invalid_token" {
            let_in.push(format!("{case}: {} {}", answer.status, answer.body));
        }
    }
    assert!(let_in.is_empty(), "{}", let_in.join("\n"));
    for (kind, token) in tokens_of_other_kinds(&app, &alice).await {
        assert!(!token.is_empty(), "{kind}");
        app.call_me(&token).await.assert_problem(401, "invalid_token");
    }
    for good in [original.token(), &original.resealed(), &twin(original.token())] {
        app.call_me(good).await.assert_ok();
    }
    assert!(!lure.was_visited());
}

fn token_in_a_form(token: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish()
}

/// A form can carry every case.
#[tokio::test]
async fn introspection_calls_every_forged_token_inactive() {
    let app = TestApp::with(&["--limits", "off"]).await;
    let alice = app.registered("alice").await;
    let (original, lure) = (original(&app, &alice).await, Lure::set());
    let notes = service(&app, "notes", ORIGIN).await;
    let ask =
        async |token: &str| form(&app, INTROSPECT, Some(&notes), &token_in_a_form(token)).await;
    for case in catalogue(&original, &lure.url()) {
        let answer = ask(&case.token).await;
        // Empty or oversized input is no valid request; every other case is `active: false` alone.
        let no_call = answer.status.is_client_error();
        assert!(no_call || answer.json() == json!({"active": false}), "{case}: {answer:?}");
    }
    assert_eq!(ask(original.token()).await.json()["active"], true);
    assert!(!lure.was_visited());
}

#[tokio::test]
async fn no_forged_token_revokes_a_session() {
    let app = TestApp::with(&["--limits", "off"]).await;
    let alice = app.registered("alice").await;
    let (original, lure) = (original(&app, &alice).await, Lure::set());
    // An expired token of the issuer is not forged: RFC 7009 lets its holder revoke the session with it.
    let cases = catalogue(&original, &lure.url());
    for case in cases.iter().filter(|case| case.name != "expired") {
        form(&app, REVOKE, None, &token_in_a_form(&case.token)).await;
        assert_eq!(alice.me().await.status, 200, "{case}");
    }
    alice.refresh().await.assert_ok();
    form(&app, REVOKE, None, &token_in_a_form(original.token())).await.assert_ok();
    alice.me().await.assert_problem(401, "invalid_token");
    assert!(!lure.was_visited());
}
