//! Log injection: a rejection is logged, so it must not contain any part of the token.

use std::error::Error;

use serde_json::json;
use verifier::{JsonFault, KeyError, KeySet, Rejection};

use crate::support::{
    b64, claims_with, header_with, token_with_header, token_with_payload, verify,
};

/// An attacker's text; no error may contain it.
const MARK: &str = "MARK";

fn whole_text(error: &dyn Error) -> String {
    let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source} {error:?}")
}

#[test]
fn a_rejection_holds_nothing_of_the_token() {
    for token in [
        MARK.to_owned(),
        MARK.repeat(3_000),
        format!("{MARK}.{MARK}!.{MARK}"),
        format!("{}.{MARK}.{MARK}", b64(MARK)),
        token_with_header(header_with("alg", json!(MARK))),
        token_with_header(header_with("typ", json!(MARK))),
        token_with_header(header_with("kid", json!(MARK))),
        token_with_header(header_with("kid", json!(format!("{MARK}\n")))),
        token_with_header(header_with("jku", json!(MARK))),
        token_with_header(format!(r#"{{"{MARK}":1,"{MARK}":1}}"#)),
        token_with_payload(MARK),
        token_with_payload(format!(r#"{{"{MARK}":1,"{MARK}":1}}"#)),
        token_with_payload(claims_with("iss", json!(MARK))),
        token_with_payload(claims_with("aud", json!(MARK))),
        token_with_payload(claims_with("sub", json!(MARK))),
        token_with_payload(claims_with("exp", json!(MARK))),
        token_with_payload(claims_with("jti", json!(MARK.repeat(100)))),
    ] {
        let text = whole_text(&verify(&token).expect_err("refused"));
        assert!(!text.contains(MARK), "{text}");
    }
}

#[test]
fn a_refused_set_of_keys_is_not_quoted_either() {
    for set in [
        MARK.to_owned(),
        format!(r#"{{"{MARK}":1,"{MARK}":1}}"#),
        format!(r#"{{"keys":"{MARK}"}}"#),
        format!(r#"{{"keys":[{{"d":"{MARK}"}}]}}"#),
    ] {
        let text = whole_text(&KeySet::from_jwks(&set).expect_err("refused"));
        assert!(!text.contains(MARK), "{text}");
    }
}

#[test]
fn a_rejection_says_which_rule_and_leaves_the_cause_to_its_source() {
    let duplicate = Rejection::HeaderJson(JsonFault::DuplicateMember);
    assert_eq!(duplicate.to_string(), "the header is not a strict JSON object");
    let source = duplicate.source().expect("a source");
    assert_eq!(source.to_string(), "a member name occurs twice");
    assert_eq!(Rejection::MissingClaim("exp").to_string(), "the claim `exp` is missing");
    assert_eq!(
        KeyError::PrivateMember("d").to_string(),
        "the key set holds the private member `d`"
    );
}
