//! Expiry and clock skew (RFC 7519 sections 4.1.4 to 4.1.6): each limit of a token's lifetime, to the second.

use serde_json::json;
use types::NumericDate;
use verifier::{Rejection, Skew};

use crate::support::{EXP, IAT, claims, good_token, token_with_payload, verifier};

/// Checks the verdicts on a token with this `edge`, under each skew, at each instant.
fn assert_verdicts(token: &str, edge: i64, verdicts: &[(u8, i64, Result<(), Rejection>)]) {
    for &(skew, distance, verdict) in verdicts {
        let verifier = verifier().with_skew(Skew::from_seconds(skew).expect("a skew"));
        let now = NumericDate(edge + distance);
        let actual = verifier.verify(token, now).map(|_| ());
        assert_eq!(actual, verdict, "skew {skew}, {distance} seconds from the edge");
    }
}

#[test]
fn a_token_is_valid_until_the_second_before_it_expires_and_the_skew() {
    let expired = Err(Rejection::Expired);
    assert_verdicts(
        &good_token(),
        EXP,
        &[
            (0, -1, Ok(())),
            (0, 0, expired),
            (0, 1, expired),
            (3, 2, Ok(())),
            (3, 3, expired),
            (10, 9, Ok(())),
            (10, 10, expired),
            (10, 11, expired),
            (10, 1_000_000, expired),
        ],
    );
}

#[test]
fn a_token_is_valid_from_the_second_it_says_less_the_skew() {
    let mut claims = claims();
    claims["nbf"] = json!(IAT + 100);
    let early = Err(Rejection::NotYetValid);
    assert_verdicts(
        &token_with_payload(claims.to_string()),
        IAT + 100,
        &[
            (0, -1, early),
            (0, 0, Ok(())),
            (0, 1, Ok(())),
            (3, -4, early),
            (3, -3, Ok(())),
            (10, -11, early),
            (10, -10, Ok(())),
            (10, -9, Ok(())),
        ],
    );
}

#[test]
fn a_token_is_not_from_the_future_beyond_the_skew() {
    let future = Err(Rejection::IssuedInTheFuture);
    assert_verdicts(
        &good_token(),
        IAT,
        &[
            (0, -1, future),
            (0, 0, Ok(())),
            (3, -4, future),
            (3, -3, Ok(())),
            (10, -11, future),
            (10, -10, Ok(())),
            (10, -9, Ok(())),
            (10, -1_000_000, future),
        ],
    );
}

#[test]
fn ten_seconds_are_the_default_skew_and_the_most_there_is() {
    assert_eq!(Skew::from_seconds(0), Some(Skew::NONE));
    assert_eq!(Skew::from_seconds(10), Some(Skew::MAX));
    assert_eq!(Skew::from_seconds(11), None);
    assert_eq!(Skew::from_seconds(255), None);
    assert_eq!(Skew::default(), Skew::MAX);
    assert_eq!([Skew::NONE, Skew::MAX].map(Skew::seconds), [0, 10]);
    let verify_at = |now: i64| verifier().verify(&good_token(), NumericDate(now)).map(|_| ());
    assert_eq!(verify_at(EXP + 9), Ok(()));
    assert_eq!(verify_at(EXP + 10), Err(Rejection::Expired));
    assert_eq!(verify_at(IAT - 10), Ok(()));
    assert_eq!(verify_at(IAT - 11), Err(Rejection::IssuedInTheFuture));
}

#[test]
fn the_ends_of_time_are_no_way_around() {
    let verify_at = |now: i64| verifier().verify(&good_token(), NumericDate(now)).map(|_| ());
    assert_eq!(verify_at(i64::MAX), Err(Rejection::Expired));
    assert_eq!(verify_at(i64::MIN), Err(Rejection::IssuedInTheFuture));
    assert_eq!(verify_at(0), Err(Rejection::IssuedInTheFuture));
}

#[test]
fn an_expired_token_from_the_future_is_expired() {
    let mut claims = claims();
    claims["iat"] = json!(EXP + 1_000);
    claims["nbf"] = json!(EXP + 1_000);
    assert_verdicts(
        &token_with_payload(claims.to_string()),
        EXP,
        &[(0, 0, Err(Rejection::Expired)), (0, -1, Err(Rejection::NotYetValid))],
    );
}
