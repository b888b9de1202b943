//! The middleware over keys in memory: a server that issues tokens and protects its own calls.

use axum::body::Body;
use serde_json::json;
use verifier::axum::{Demand, RequireToken};
use verifier::{KeySet, Status};

use crate::support::service::{INVALID, NO_ERROR, Service, bare};
use crate::support::{NOW, SUB, claims, forged, own_issuer};

#[tokio::test]
async fn a_server_protects_its_calls_with_the_tokens_it_has_issued() {
    let service = Service::behind(RequireToken::from(&own_issuer()));
    let answer = service.ask_with(&claims()).await;
    assert_eq!((answer.status, answer.body), (200, format!("hello, {SUB}")));
}

#[tokio::test]
async fn a_missing_forged_or_expired_token_is_refused() {
    let service = Service::behind(RequireToken::from(&own_issuer()));
    let none = service.send(bare().body(Body::empty()).expect("a request")).await;
    none.assert_refused(401, "invalid_token", NO_ERROR);
    let forged = service.ask(&format!("Bearer {}", forged(&claims()))).await;
    forged.assert_refused(401, "invalid_token", INVALID);
    let mut expired = claims();
    expired["exp"] = json!(NOW.0);
    service.ask_with(&expired).await.assert_refused(401, "invalid_token", INVALID);
    assert_eq!(service.calls(), 0);
}

#[tokio::test]
async fn a_revoked_key_is_refused_from_the_next_call_on() {
    let issuer = own_issuer();
    let service = Service::behind(RequireToken::from(&issuer));
    assert_eq!(service.ask_with(&claims()).await.status, 200);
    issuer.replace_keys(KeySet::default());
    service.ask_with(&claims()).await.assert_refused(401, "invalid_token", INVALID);
}

#[tokio::test]
async fn a_revoked_session_is_401_and_an_unknown_one_503() {
    let revoked = own_issuer().status(|_| Some(Status::Invalid));
    let service = Service::behind(RequireToken::from(&revoked));
    service.ask_with(&claims()).await.assert_refused(401, "invalid_token", INVALID);
    let unknown = own_issuer().status(|_| None);
    let service = Service::behind(RequireToken::from(&unknown));
    let answer = service.ask_with(&claims()).await;
    answer.assert_refused(503, "temporarily_unavailable", None);
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(service.calls(), 0);
}

struct RecentLogin;

impl Demand for RecentLogin {
    const RECENT_LOGIN_SECONDS: Option<u32> = Some(300);
}

#[tokio::test]
async fn a_recent_login_counts_by_the_clock_of_the_server() {
    let service = Service::demanding::<RecentLogin>(RequireToken::from(&own_issuer()));
    let mut claims = claims();
    claims["auth_time"] = json!(NOW.0 - 300);
    assert_eq!(service.ask_with(&claims).await.status, 200);
    claims["auth_time"] = json!(NOW.0 - 301);
    let answer = service.ask_with(&claims).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("insufficient_user_authentication"), "{}", answer.body);
}
