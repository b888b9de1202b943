//! A server that issues and verifies: its keys in memory, key rotation, and the sessions that it has revoked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use verifier::{KeySet, Rejection, SessionId, Skew, Status, Unavailable, VerifyError};

use crate::support::{
    LIST_URI, NOW, SID, SUB, claims, claims_with, forged, good_token, other_key_pair, own_issuer,
    public_half, public_key, token_with_payload,
};

fn rejected(rejection: Rejection) -> Option<VerifyError> {
    Some(VerifyError::Rejected(rejection))
}

#[test]
fn a_server_accepts_a_token_that_it_has_issued() {
    let token = own_issuer().verify(&good_token()).expect("a valid token");
    assert_eq!(token.sub.to_string(), SUB);
    assert_eq!(own_issuer().now(), NOW);
}

#[test]
fn a_server_refuses_every_other_token() {
    for (token, rejection) in [
        ("MARK".to_owned(), Rejection::NotCompact),
        (forged(&claims()), Rejection::BadSignature),
        (
            token_with_payload(claims_with("iss", json!("https://elsewhere.example"))),
            Rejection::WrongIssuer,
        ),
        (
            token_with_payload(claims_with("aud", json!("https://elsewhere.example"))),
            Rejection::WrongAudience,
        ),
        (token_with_payload(claims_with("exp", json!(NOW.0 - 11))), Rejection::Expired),
    ] {
        assert_eq!(own_issuer().verify(&token).err(), rejected(rejection));
    }
}

#[test]
fn one_clock_needs_no_skew_and_several_may_have_some() {
    let expired = token_with_payload(claims_with("exp", json!(NOW.0)));
    assert_eq!(own_issuer().verify(&expired).err(), rejected(Rejection::Expired));
    assert!(own_issuer().skew(Skew::MAX).verify(&expired).is_ok());
}

#[test]
fn a_key_rotation_reaches_every_clone() {
    let issuer = own_issuer();
    let clone = issuer.clone();
    let next = public_half(&other_key_pair());
    issuer.replace_keys(KeySet::default().with(next.clone()).with(public_key()));
    assert!(clone.verify(&good_token()).is_ok());
    issuer.replace_keys(KeySet::default().with(next));
    assert_eq!(clone.verify(&good_token()).err(), rejected(Rejection::UnknownKey));
}

#[test]
fn a_revoked_session_is_refused_and_an_unknown_one_is_not_judged() {
    for (status, refusal) in [
        (Some(Status::Valid), None),
        (Some(Status::Invalid), rejected(Rejection::Revoked)),
        (Some(Status::Suspended), rejected(Rejection::Revoked)),
        (Some(Status::Other(3)), rejected(Rejection::Revoked)),
        (None, Some(VerifyError::Unavailable(Unavailable::StatusList))),
    ] {
        let issuer = own_issuer().status(move |_| status);
        assert_eq!(issuer.verify(&good_token()).err(), refusal, "{status:?}");
    }
}

#[test]
fn only_the_session_of_a_valid_token_is_looked_up() {
    let session: SessionId = SID.parse().expect("a UUID");
    let looked_up = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&looked_up);
    let issuer = own_issuer().status(move |token| {
        count.fetch_add(1, Ordering::SeqCst);
        (token.sid == session).then_some(Status::Valid)
    });
    assert!(issuer.verify(&good_token()).is_ok());
    assert_eq!(issuer.verify(&forged(&claims())).err(), rejected(Rejection::BadSignature));
    assert_eq!(looked_up.load(Ordering::SeqCst), 1);
}

#[test]
fn a_token_with_a_status_needs_a_look_up() {
    let status = json!({"status_list": {"idx": 3, "uri": LIST_URI}});
    let token = token_with_payload(claims_with("status", status));
    assert_eq!(own_issuer().verify(&token).err(), rejected(Rejection::UnknownStatus));
    assert!(own_issuer().status(|_| Some(Status::Valid)).verify(&token).is_ok());
}
