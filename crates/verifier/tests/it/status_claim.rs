//! The claim `status` of an access token (Token Status List section 6.2).

use serde_json::{Value, json};
use verifier::{Rejection, StatusReference};

use crate::support::{claims_with, token_with_payload, verify};

const URI: &str = "https://baton.example/status-lists/1";

fn status(status: Value) -> Result<Option<StatusReference>, Rejection> {
    verify(&token_with_payload(claims_with("status", status))).map(|token| token.status)
}

fn status_list(list: Value) -> Result<Option<StatusReference>, Rejection> {
    status(json!({ "status_list": list }))
}

#[test]
fn a_token_may_say_where_its_status_is_published() {
    let reference = StatusReference { uri: URI.to_owned(), idx: 7 };
    assert_eq!(status_list(json!({"idx": 7, "uri": URI})), Ok(Some(reference)));
    let first = StatusReference { uri: URI.to_owned(), idx: 0 };
    assert_eq!(status_list(json!({"idx": 0, "uri": URI})), Ok(Some(first)));
}

#[test]
fn other_members_beside_it_are_ignored() {
    let reference = StatusReference { uri: URI.to_owned(), idx: 7 };
    let both = json!({"status_list": {"idx": 7, "uri": URI, "more": [1]}, "other": {"a": 1}});
    assert_eq!(status(both), Ok(Some(reference)));
}

#[test]
fn a_status_that_cannot_be_looked_up_is_no_good_status() {
    assert_eq!(status(json!({})), Err(Rejection::MissingClaim("status_list")));
    assert_eq!(status(json!({"other": {}})), Err(Rejection::MissingClaim("status_list")));
    for list in [json!(null), json!("1"), json!(1), json!([URI, 7]), json!(true)] {
        assert_eq!(status_list(list), Err(Rejection::ClaimType("status_list")));
    }
    assert_eq!(status_list(json!({"idx": 7})), Err(Rejection::MissingClaim("uri")));
    assert_eq!(status_list(json!({"uri": URI})), Err(Rejection::MissingClaim("idx")));
}

#[test]
fn an_index_in_a_list_is_a_natural_number() {
    for idx in [json!(null), json!("7"), json!(7.0), json!(7.5), json!([7]), json!(true)] {
        let refused = status_list(json!({"idx": idx, "uri": URI}));
        assert_eq!(refused, Err(Rejection::ClaimType("idx")), "{idx}");
    }
    for idx in [json!(-1), json!(i64::MIN)] {
        let refused = status_list(json!({"idx": idx, "uri": URI}));
        assert_eq!(refused, Err(Rejection::ClaimValue("idx")), "{idx}");
    }
}

#[test]
fn the_address_of_a_list_has_1_to_512_bytes() {
    for uri in [json!(null), json!(7), json!([URI]), json!({"uri": URI})] {
        let refused = status_list(json!({"idx": 7, "uri": uri}));
        assert_eq!(refused, Err(Rejection::ClaimType("uri")), "{uri}");
    }
    for (length, accepted) in [(0, false), (1, true), (512, true), (513, false)] {
        let verdict = status_list(json!({"idx": 7, "uri": "a".repeat(length)})).map(|_| ());
        let expected = if accepted { Ok(()) } else { Err(Rejection::ClaimValue("uri")) };
        assert_eq!(verdict, expected, "{length}");
    }
}
