//! Issuer and audience (RFC 9068 section 4): exact comparison.

use serde_json::json;
use verifier::{KeySet, Rejection, Verifier};

use crate::support::{
    AUDIENCE, ISSUER, NOW, claims_with, good_token, public_key, token_with_payload, verifier,
    verify,
};

#[test]
fn the_issuer_is_ours_to_the_letter() {
    for iss in [
        "",
        "https://baton.example/",
        "https://BATON.example",
        "HTTPS://baton.example",
        "http://baton.example",
        "https://baton.example:443",
        "https://baton.example.evil.example",
        "baton.example",
        " https://baton.example",
        "https://baton.example\0",
    ] {
        let token = token_with_payload(claims_with("iss", json!(iss)));
        assert_eq!(verify(&token), Err(Rejection::WrongIssuer), "{iss:?}");
    }
    assert_eq!(verifier().issuer(), ISSUER);
}

#[test]
fn the_audience_is_one_of_ours_to_the_letter() {
    for aud in [
        json!(""),
        json!([""]),
        json!("https://api.example/"),
        json!("https://API.example"),
        json!(["https://api.example.evil.example"]),
        json!(["https://elsewhere.example", "https://another.example"]),
        json!("https://api.example https://files.example"),
        json!("*"),
        json!(ISSUER),
    ] {
        let token = token_with_payload(claims_with("aud", aud.clone()));
        assert_eq!(verify(&token), Err(Rejection::WrongAudience), "{aud}");
    }
}

#[test]
fn a_verifier_without_audiences_accepts_no_token() {
    let keys = KeySet::default().with(public_key());
    let no_audience = Verifier::new(ISSUER, [""; 0], keys);
    assert_eq!(no_audience.verify(&good_token(), NOW), Err(Rejection::WrongAudience));
}

#[test]
fn each_verifier_trusts_its_own_issuer() {
    let keys = KeySet::default().with(public_key());
    let elsewhere = Verifier::new("https://elsewhere.example", [AUDIENCE], keys);
    assert_eq!(elsewhere.verify(&good_token(), NOW), Err(Rejection::WrongIssuer));
    let token = token_with_payload(claims_with("iss", json!("https://elsewhere.example")));
    assert!(elsewhere.verify(&token, NOW).is_ok());
}
