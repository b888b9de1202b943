//! The example of a resource server behind a started Baton: it fetches keys and status list, and accepts this Baton's
//! tokens alone.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use backend::clock::Clock;
use tower::ServiceExt as _;
use verifier::remote::Issuer;

use crate::service;
use crate::support::{Baton, Place};

/// Status, challenge and body.
async fn ask(issuer: &Issuer, path: &str, token: &str) -> (u16, Option<String>, String) {
    let mut request = Request::get(path);
    if !token.is_empty() {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = service::router(issuer).oneshot(request).await.expect("infallible");
    let (status, challenge) = (response.status(), response.headers().get(WWW_AUTHENTICATE));
    let challenge = challenge.map(|it| it.to_str().expect("ASCII").to_owned());
    let body = to_bytes(response.into_body(), 1024).await.expect("a short body");
    (status.as_u16(), challenge, String::from_utf8(body.into()).expect("UTF-8"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_greets_the_users_of_its_issuer() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    let origin = baton.origin();
    let issuer = Issuer::new(origin.as_str(), [origin.as_str()]).expect("an issuer");
    let mut client = place.logged_in(&origin).await;
    let token = client.access_token().await.expect("a token").to_owned();
    let (status, _, hello) = ask(&issuer, "/hello", &token).await;
    assert_eq!(status, 200, "{hello}");
    assert!(hello.starts_with("hello, "), "{hello}");
    // The login is recent.
    assert_eq!(ask(&issuer, "/secret", &token).await.0, 200);

    let (status, challenge, _) = ask(&issuer, "/hello", "").await;
    assert_eq!((status, challenge.as_deref()), (401, Some("Bearer realm=\"baton\"")));
    let another = Baton::start(Clock::system()).await;
    let mut stranger = Place::new().logged_in(&another.origin()).await;
    let foreign = stranger.access_token().await.expect("a token").to_owned();
    let (status, challenge, _) = ask(&issuer, "/hello", &foreign).await;
    assert_eq!((status, challenge.as_deref()), (401, Some("Bearer error=\"invalid_token\"")));
}
