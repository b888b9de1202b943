//! JWKS (RFC 7517): parsing and publication.

use std::slice::from_ref;

use serde_json::{Value, json};
use verifier::{JsonFault, KeyError, KeySet};

use crate::support::{X, Y, b64, other_key_pair, public_half, public_key, unb64};

/// Our key as another issuer might publish it: with the required members alone.
fn jwk() -> Value {
    json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y})
}

fn jwk_with(name: &str, value: Value) -> Value {
    let mut jwk = jwk();
    jwk[name] = value;
    jwk
}

fn read(keys: &[Value]) -> Result<KeySet, KeyError> {
    KeySet::from_jwks(&json!({ "keys": keys }).to_string())
}

fn our_set() -> KeySet {
    KeySet::default().with(public_key())
}

#[test]
fn a_set_is_published_with_public_members_alone() {
    let kid = public_key().kid().to_owned();
    assert_eq!(
        our_set().to_jwks(),
        format!(
            r#"{{"keys":[{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}","kid":"{kid}","use":"sig","alg":"ES256"}}]}}"#
        )
    );
    assert_eq!(KeySet::default().to_jwks(), r#"{"keys":[]}"#);
}

#[test]
fn the_same_keys_are_published_as_the_same_text() {
    let (first, second) = (public_key(), public_half(&other_key_pair()));
    let one_way = KeySet::default().with(first.clone()).with(second.clone());
    let other_way = KeySet::default().with(second).with(first);
    assert_eq!(one_way.to_jwks(), other_way.to_jwks());
}

#[test]
fn what_is_published_can_be_read() {
    let set = our_set().with(public_half(&other_key_pair()));
    assert_eq!(KeySet::from_jwks(&set.to_jwks()), Ok(set));
}

#[test]
fn a_key_needs_its_required_members_and_no_more() {
    assert_eq!(read(&[jwk()]), Ok(our_set()));
    for (name, value) in [
        ("use", json!("sig")),
        ("alg", json!("ES256")),
        ("key_ops", json!(["verify"])),
        ("key_ops", json!(["sign", "verify"])),
        ("kid", json!(public_key().kid())),
        ("x5t", json!("unknown to us")),
        ("status", json!({"any": null})),
    ] {
        assert_eq!(read(&[jwk_with(name, value)]), Ok(our_set()), "{name}");
    }
}

#[test]
fn unknown_members_of_the_set_are_ignored() {
    let set = json!({"keys": [jwk()], "issued_by": {"name": "an issuer"}});
    assert_eq!(KeySet::from_jwks(&set.to_string()), Ok(our_set()));
}

/// RFC 7517 section 5: keys of unknown types, with required members missing, or with values out of
/// range are ignored.
#[test]
fn a_key_we_cannot_use_is_ignored_and_its_neighbours_are_not() {
    let long = b64([&[0][..], &unb64(X)].concat());
    for (name, value) in [
        ("kty", json!("RSA")),
        ("kty", json!("ec")),
        ("kty", json!("OKP")),
        ("kty", json!(1)),
        ("crv", json!("P-384")),
        ("crv", json!("p-256")),
        ("crv", json!("secp256k1")),
        ("crv", Value::Null),
        ("use", json!("enc")),
        ("use", json!("SIG")),
        ("use", Value::Null),
        ("alg", json!("ES384")),
        ("alg", json!("ECDH-ES")),
        ("alg", json!("es256")),
        ("alg", json!(["ES256"])),
        ("key_ops", json!([])),
        ("key_ops", json!(["sign"])),
        ("key_ops", json!([1])),
        ("key_ops", json!("verify")),
        ("x", json!(Y)),
        ("y", json!(X)),
        ("x", json!(1)),
        ("y", Value::Null),
        ("x", json!(format!("{X}="))),
        ("x", json!(format!("{} ", X))),
        ("x", json!("")),
        ("x", json!(long)),
        ("y", json!(b64(&unb64(Y)[1..]))),
        // The same bytes in another spelling.
        ("y", json!(Y.replace("5a0", "5a1"))),
    ] {
        let useless = jwk_with(name, value.clone());
        assert_eq!(read(from_ref(&useless)), Ok(KeySet::default()), "{name}: {value}");
        assert_eq!(read(&[useless.clone(), jwk(), useless]), Ok(our_set()), "{name}: {value}");
    }
    for name in ["kty", "crv", "x", "y"] {
        let mut incomplete = jwk();
        incomplete.as_object_mut().expect("an object").remove(name);
        assert_eq!(read(&[incomplete, jwk()]), Ok(our_set()), "{name}");
    }
}

#[test]
fn a_private_or_symmetric_key_in_the_set_refuses_it_whole() {
    let with_private = |kty: &str, name: &str, value: Value| {
        let mut jwk = json!({ "kty": kty });
        jwk[name] = value;
        jwk
    };
    for (kty, name) in [
        ("EC", "d"),
        ("OKP", "d"),
        ("RSA", "d"),
        ("RSA", "p"),
        ("RSA", "q"),
        ("RSA", "dp"),
        ("RSA", "dq"),
        ("RSA", "qi"),
        ("RSA", "oth"),
        ("oct", "k"),
    ] {
        for value in [json!("AQAB"), Value::Null] {
            let refused = Err(KeyError::PrivateMember(name));
            let private = with_private(kty, name, value);
            assert_eq!(read(from_ref(&private)), refused, "{kty}");
            assert_eq!(read(&[jwk(), private]), refused, "{kty}");
        }
    }
    assert_eq!(read(&[jwk_with("d", json!("AQAB"))]), Err(KeyError::PrivateMember("d")));
}

#[test]
fn a_usable_key_under_another_name_refuses_the_set_whole() {
    let other = public_half(&other_key_pair()).kid().to_owned();
    for kid in [json!(other), json!("2026-11"), json!(""), json!(1), Value::Null] {
        let misnamed = jwk_with("kid", kid.clone());
        assert_eq!(read(&[misnamed]), Err(KeyError::WrongKeyId), "{kid}");
    }
    // The `kid` of an unused key does not matter.
    let mut unused = jwk_with("kid", json!("2026-11"));
    unused["use"] = json!("enc");
    assert_eq!(read(&[unused, jwk()]), Ok(our_set()));
}

#[test]
fn a_set_without_an_array_of_keys_is_none() {
    for set in [
        json!({}),
        json!({"keys": null}),
        json!({"keys": {}}),
        json!({"keys": "none"}),
        json!({"keys": [null]}),
        json!({"keys": ["key"]}),
        json!({"keys": [jwk(), 1]}),
        json!({"Keys": [jwk()]}),
        jwk(),
    ] {
        assert_eq!(KeySet::from_jwks(&set.to_string()), Err(KeyError::NotAKeySet), "{set}");
    }
    assert_eq!(read(&[]), Ok(KeySet::default()));
}

#[test]
fn a_set_is_strict_json() {
    let set = json!({"keys": [jwk()]}).to_string();
    for (text, fault) in [
        (String::new(), JsonFault::NotJson),
        (format!("{set}{set}"), JsonFault::NotJson),
        (format!("\u{feff}{set}"), JsonFault::NotJson),
        ("<html>".to_owned(), JsonFault::NotJson),
        (format!("[{set}]"), JsonFault::NotAnObject),
        (set.replacen('{', r#"{"keys":[],"#, 1), JsonFault::DuplicateMember),
        (set.replacen("{\"crv\"", r#"{"\u0078":"AA","crv""#, 1), JsonFault::DuplicateMember),
        (format!(r#"{{"a":{}{},"keys":[]}}"#, "[".repeat(8), "]".repeat(8)), JsonFault::TooDeep),
    ] {
        assert_eq!(KeySet::from_jwks(&text), Err(KeyError::Json(fault)), "{text}");
    }
}

#[test]
fn a_set_may_be_64_kib_long_and_not_a_byte_longer() {
    let set = json!({"keys": [jwk()]}).to_string();
    let of_length = |length: usize| format!("{set}{}", " ".repeat(length - set.len()));
    assert_eq!(KeySet::from_jwks(&of_length(65_536)), Ok(our_set()));
    assert_eq!(KeySet::from_jwks(&of_length(65_537)), Err(KeyError::TooLong));
}
