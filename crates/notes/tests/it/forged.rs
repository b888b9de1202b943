//! The catalogue of forged access tokens at a resource server: each is rejected, and no host but the issuer receives
//! a request.

use axum::body::Body;
use axum::http::Request;
use forgery::{Case, Lure, Original, catalogue, twin};
use shared::path::NOTES;

use crate::support::{Answer, TestApp, jwks, sign, sign_bytes};

async fn list(app: &TestApp, token: &str) -> Answer {
    let request = Request::get(NOTES).header("authorization", format!("Bearer {token}"));
    app.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn no_forged_token_opens_anything() {
    let (app, lure) = (TestApp::new().await, Lure::set());
    let token = sign("at+jwt", &app.issuer.claims(1));
    let original = Original::new(&token, &jwks(), sign_bytes);
    let cases = catalogue(&original, &lure.url());
    let cases: Vec<&Case> = cases.iter().filter(|case| case.fits_into_a_header()).collect();
    assert!(cases.len() >= 150, "{} forged tokens", cases.len());
    let mut let_in = Vec::new();
    for case in cases {
        let answer = list(&app, &case.token).await;
        if answer.status != 401 || answer.json()["code"] != "invalid_token" {
            let_in.push(format!("{case}: {} {}", answer.status, answer.body));
        }
    }
    assert!(let_in.is_empty(), "{}", let_in.join("\n"));
    for good in [original.token(), &original.resealed(), &twin(original.token())] {
        assert_eq!(list(&app, good).await.status, 200);
    }
    assert!(!lure.was_visited());
}
