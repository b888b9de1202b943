//! Access tokens over HTTP (RFC 9068): claims, expiry, bearer challenges. The `verifier` crate tests the rules for
//! one token.

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::path;

use crate::support::{Answer, Browser, ORIGIN, START, TestApp, on_every_store};

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

async fn me_with(browser: &Browser, authorization: &str) -> Answer {
    browser
        .send(
            browser.request(Method::GET, path::ME).header("authorization", authorization),
            Body::empty(),
        )
        .await
}

/// RFC 9068 section 2: header and claims of a JWT access token.
#[tokio::test]
async fn an_access_token_says_what_rfc_9068_asks_for() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let token = alice.access_token();
    let header = part(&token, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));

    let claims = part(&token, 1);
    let me = alice.me().await.json();
    assert_eq!(claims["iss"], ORIGIN);
    assert_eq!(claims["aud"], ORIGIN);
    assert_eq!(claims["sub"], me["user"]["id"]);
    assert_eq!(claims["sid"], me["session"]["id"]);
    assert_eq!(claims["client_id"], "baton-web");
    assert_eq!(claims["amr"], json!(["pwd"]));
    assert_eq!((&claims["iat"], &claims["auth_time"]), (&json!(START), &json!(START)));
    assert_eq!(claims["exp"], json!(START.plus(900)));
    assert!(claims["jti"].is_string());

    app.clock.advance(60);
    alice.refresh().await.assert_ok();
    let later = part(&alice.access_token(), 1);
    assert_eq!(
        (&later["iat"], &later["auth_time"]),
        (&json!(START.plus(60)), &json!(START)),
        "a refresh is no login"
    );
    assert_ne!(later["jti"], claims["jti"]);
}

#[tokio::test]
async fn several_audiences_are_an_array() {
    let app = TestApp::with(&["--audience", "https://a.example,https://b.example"]).await;
    let alice = app.registered("alice").await;
    assert_eq!(
        part(&alice.access_token(), 1)["aud"],
        json!(["https://a.example", "https://b.example"])
    );
    alice.me().await.assert_ok();
}

/// RFC 7517 section 5, RFC 7638: the JWKS has public members only, and the token's `kid` finds its key.
#[tokio::test]
async fn the_key_set_verifies_the_token_and_holds_nothing_private() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let answer = app.browser().get(path::JWKS).await;
    answer.assert_ok();
    assert_eq!(answer.header("content-type"), Some("application/jwk-set+json"));
    let keys = answer.json()["keys"].as_array().expect("a list").clone();
    for key in &keys {
        let mut members: Vec<&str> =
            key.as_object().expect("a key").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
    let kid = &part(&alice.access_token(), 0)["kid"];
    assert!(keys.len() == 2 && keys.iter().any(|key| key["kid"] == *kid), "{keys:?}");

    let keys = verifier::KeySet::from_jwks(&answer.body).expect("a key set");
    let verifier = verifier::Verifier::new(ORIGIN, [ORIGIN], keys);
    assert!(verifier.verify(&alice.access_token(), START).is_ok());
}

#[tokio::test]
async fn an_access_token_expires() {
    let app = TestApp::with(&["--access-token-seconds", "60"]).await;
    let alice = app.registered("alice").await;
    app.clock.advance(59);
    alice.me().await.assert_ok();
    // The expiry, plus ten seconds of tolerated clock skew.
    app.clock.advance(11);
    alice.me().await.assert_problem(401, "invalid_token");
    alice.refresh().await.assert_ok();
    alice.me().await.assert_ok();
}

#[tokio::test]
async fn me_without_a_valid_token_is_401_with_a_challenge() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    insta::assert_snapshot!(app.browser().get(path::ME).await.snapshot(), @r#"
    401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer error="invalid_token"
    {
      "code": "invalid_token",
      "request_id": "[request_id]",
      "status": 401,
      "title": "The access token is missing or does not hold.",
      "type": "urn:baton:problem:invalid_token"
    }
    "#);

    let token = alice.access_token();
    for bad in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer  {token}"),
        format!("Bearer {token} "),
        format!("Bearer {}", &token[..token.len() - 1]),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {}", alice.refresh_token()),
    ] {
        me_with(&alice, &bad).await.assert_problem(401, "invalid_token");
    }
    me_with(&alice, &format!("bearer {token}")).await.assert_ok();
    let twice =
        alice.request(Method::GET, path::ME).header("authorization", format!("Bearer {token}"));
    let twice = twice.header("authorization", format!("Bearer {token}"));
    alice.send(twice, Body::empty()).await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_token_in_a_query_or_a_cookie_opens_nothing() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    alice
        .get(&format!("{}?access_token={}", path::ME, alice.access_token()))
        .await
        .assert_problem(401, "invalid_token");
    alice.set_cookie("access_token", &alice.access_token());
    alice.get(path::ME).await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_token_of_another_issuer_with_another_key_opens_nothing() {
    let (ours, theirs) = (TestApp::in_memory().await, TestApp::in_memory().await);
    let alice = ours.registered("alice").await;
    let stranger = theirs.registered("alice").await;
    me_with(&alice, &format!("Bearer {}", stranger.access_token()))
        .await
        .assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn me_returns_user_and_session() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(100);
        alice.refresh().await.assert_ok();
        let me = alice.me().await.json();
        assert_eq!(me["user"]["email"], "alice@example.com");
        assert_eq!(me["session"]["current"], true);
        assert_eq!(me["session"]["created_at"], json!(START));
        assert_eq!(me["session"]["last_seen_at"], json!(START.plus(100)));
        assert_eq!(me["session"]["expires_at"], json!(START.plus(100 + 604_800)));
    })
    .await;
}
