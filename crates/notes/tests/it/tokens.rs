//! Authentication: a call needs an access token of the issuer, with this service as its audience, of a session that
//! is not revoked.

use axum::body::Body;
use axum::http::Request;
use notes::app::AppState;
use notes::router::{HEALTH_LIVE, HEALTH_READY, router};
use serde_json::{Value, json};
use shared::path::NOTES;
use tower::ServiceExt as _;
use verifier::remote::Issuer;

use crate::support::{AUDIENCE, Answer, START, TestApp, sign};

async fn with(app: &TestApp, typ: &str, claims: &Value) -> Answer {
    let request =
        Request::get(NOTES).header("authorization", format!("Bearer {}", sign(typ, claims)));
    app.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn every_call_wants_a_token() {
    let app = TestApp::new().await;
    let one = format!("{NOTES}/01890a5d-ac96-774b-bcce-b302099a8057");
    for (method, path) in
        [("GET", NOTES), ("POST", NOTES), ("GET", &one), ("PUT", &one), ("DELETE", &one)]
    {
        let request = Request::builder().method(method).uri(path).body(Body::empty());
        let answer = app.send(request.expect("a request")).await;
        answer.assert_problem(401, "invalid_token");
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"baton\""),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_token_is_the_issuers_and_for_this_service() {
    let app = TestApp::new().await;
    let claims = app.issuer.claims(1);
    assert_eq!(with(&app, "at+jwt", &claims).await.status, 200);
    for (name, value) in [
        ("aud", json!(["https://elsewhere.example"])),
        ("iss", json!("https://elsewhere.example")),
        ("exp", json!(START - 100)),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        with(&app, "at+jwt", &claims).await.assert_problem(401, "invalid_token");
    }
    with(&app, "JWT", &claims).await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_token_of_a_revoked_session_is_refused() {
    let app = TestApp::new().await;
    app.issuer.revoke(2);
    assert_eq!(app.alice().list("").await.status, 200);
    app.bob().list("").await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn health_wants_no_token_and_readiness_an_issuer() {
    let app = TestApp::new().await;
    let ask = |path: &'static str| Request::get(path).body(Body::empty()).expect("a request");
    let live = app.send(ask(HEALTH_LIVE)).await;
    assert_eq!((live.status, live.body.as_str()), (200, "live\n"));
    let ready = app.send(ask(HEALTH_READY)).await;
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
    // A port without a listener.
    let issuer = Issuer::new("http://127.0.0.1:1", [AUDIENCE]).expect("an issuer");
    let alone = router(AppState { issuer, ..app.app.clone() });
    let answer = alone.oneshot(ask(HEALTH_READY)).await.expect("infallible");
    assert_eq!(answer.status(), 503);
    app.store.close().await;
    let down = app.send(ask(HEALTH_READY)).await;
    down.assert_problem(503, "temporarily_unavailable");
    assert_eq!(down.header("retry-after"), Some("1"));
}
