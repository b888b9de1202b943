//! RFC 9068 section 2.2: each required claim is present, with the right type and a valid value.

use serde_json::{Value, json};
use verifier::Rejection;

use crate::support::{AUDIENCE, IAT, claims, claims_with, token_with_payload, verify, without};

const MAX_NUMERIC_DATE: i64 = 253_402_300_799;

/// One value of each JSON type.
fn samples() -> [Value; 7] {
    [json!(null), json!(true), json!(7), json!(1.5), json!("text"), json!(["a"]), json!({"a": 1})]
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "fraction",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn verify_with(name: &str, value: &Value) -> Result<(), Rejection> {
    verify(&token_with_payload(claims_with(name, value.clone()))).map(|_| ())
}

/// The same with a value that `serde_json` would not write.
fn verify_with_raw(name: &str, value: &str) -> Result<(), Rejection> {
    let payload = claims_with(name, json!("@")).replace("\"@\"", value);
    verify(&token_with_payload(payload)).map(|_| ())
}

#[test]
fn every_required_claim_is_required() {
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "sid", "auth_time", "amr"] {
        let token = token_with_payload(without(claims(), name));
        assert_eq!(verify(&token), Err(Rejection::MissingClaim(name)));
    }
}

#[test]
fn every_claim_has_its_json_type_and_an_optional_one_is_not_null() {
    for (name, kinds) in [
        ("iss", &["string"][..]),
        ("sub", &["string"]),
        ("aud", &["string", "array"]),
        ("exp", &["integer"]),
        ("iat", &["integer"]),
        ("nbf", &["integer"]),
        ("jti", &["string"]),
        ("client_id", &["string"]),
        ("sid", &["string"]),
        ("auth_time", &["integer"]),
        ("amr", &["array"]),
        ("scope", &["string"]),
        ("status", &["object"]),
    ] {
        for value in samples() {
            let wrong_type = verify_with(name, &value) == Err(Rejection::ClaimType(name));
            assert_eq!(wrong_type, !kinds.contains(&kind(&value)), "{name}: {value}");
        }
    }
}

#[test]
fn a_list_of_strings_holds_strings_alone() {
    for name in ["aud", "amr"] {
        for element in samples().into_iter().filter(|value| !value.is_string()) {
            for list in [json!([element]), json!([AUDIENCE, element]), json!([element, AUDIENCE])] {
                assert_eq!(verify_with(name, &list), Err(Rejection::ClaimType(name)), "{list}");
            }
        }
    }
}

#[test]
fn an_audience_is_at_least_one() {
    assert_eq!(verify_with("aud", &json!([])), Err(Rejection::ClaimValue("aud")));
}

#[test]
fn methods_of_authentication_may_be_none() {
    assert_eq!(verify_with("amr", &json!([])), Ok(()));
}

#[test]
fn an_instant_is_written_as_an_integer() {
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in [
            "1e9",
            "1E9",
            "1.8e9",
            "1800000000.0",
            "1800000000.5",
            "-0",
            "-0.0",
            "-1.5",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "100000000000000000000000000000000000000000",
            "-9223372036854775809",
            "1e300",
            "\"1800000000\"",
            "[1800000000]",
            "false",
            "null",
        ] {
            let refused = verify_with_raw(name, value);
            assert_eq!(refused, Err(Rejection::ClaimType(name)), "{name}: {value}");
        }
    }
}

#[test]
fn an_instant_lies_between_the_years_1970_and_9999() {
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in [-1, -IAT, i64::MIN, MAX_NUMERIC_DATE + 1, i64::MAX] {
            let refused = verify_with(name, &json!(value));
            assert_eq!(refused, Err(Rejection::ClaimValue(name)), "{name}: {value}");
        }
    }
    assert_eq!(verify_with("exp", &json!(MAX_NUMERIC_DATE)), Ok(()));
    assert_eq!(verify_with("iat", &json!(0)), Ok(()));
    assert_eq!(verify_with("nbf", &json!(0)), Ok(()));
    assert_eq!(verify_with("auth_time", &json!(0)), Ok(()));
    assert_eq!(verify_with("auth_time", &json!(MAX_NUMERIC_DATE)), Ok(()));
}

#[test]
fn the_name_of_a_token_or_client_has_1_to_256_bytes() {
    for name in ["jti", "client_id"] {
        for (value, verdict) in [
            (String::new(), Err(Rejection::ClaimValue(name))),
            ("a".to_owned(), Ok(())),
            ("a".repeat(256), Ok(())),
            ("a".repeat(257), Err(Rejection::ClaimValue(name))),
            // Bytes, not characters.
            ("é".repeat(128), Ok(())),
            (format!("{}a", "é".repeat(128)), Err(Rejection::ClaimValue(name))),
        ] {
            assert_eq!(verify_with(name, &json!(value)), verdict, "{name}: {value}");
        }
    }
}

#[test]
fn users_and_sessions_are_uuids_in_their_one_printed_form() {
    for name in ["sub", "sid"] {
        for value in [
            "",
            "alice",
            "01890a5d-ac96-774b-bcce-b302099a805",
            "01890a5d-ac96-774b-bcce-b302099a80570",
            "01890a5d-ac96-774b-bcce-b302099a805g",
            "01890A5D-AC96-774B-BCCE-B302099A8057",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            " 01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a8057\n",
        ] {
            let refused = verify_with(name, &json!(value));
            assert_eq!(refused, Err(Rejection::ClaimValue(name)), "{name}: {value:?}");
        }
    }
}

#[test]
fn a_scope_is_taken_as_it_is() {
    for scope in ["", "a", "a b"] {
        let token = token_with_payload(claims_with("scope", json!(scope)));
        assert_eq!(verify(&token).map(|token| token.scope), Ok(Some(scope.to_owned())));
    }
}
