//! Key sets of any RFC 9068 issuer: which keys are retained for which algorithm, and which sets are not trusted.

use serde_json::{Value, json};
use verifier::rfc9068::{Algorithm, KeySet};
use verifier::{JsonFault, KeyError};

use crate::support::rfc9068::OtherIssuer;
use crate::support::{X, b64};

const ALL: [Algorithm; 4] =
    [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256];

fn set(keys: &[Value], allowed: &[Algorithm]) -> Result<KeySet, KeyError> {
    KeySet::from_jwks(&json!({"keys": keys}).to_string(), allowed)
}

fn count(jwk: &Value, allowed: &[Algorithm]) -> usize {
    set(std::slice::from_ref(jwk), allowed).expect("a key set").len()
}

fn but_for(jwk: &Value, name: &str, value: Value) -> Value {
    let mut jwk = jwk.clone();
    jwk[name] = value;
    jwk
}

fn without(jwk: &Value, name: &str) -> Value {
    let mut jwk = jwk.clone();
    jwk.as_object_mut().expect("an object").remove(name).expect("a member of that name");
    jwk
}

#[test]
fn only_keys_of_allowed_algorithms_are_retained() {
    for issuer in OtherIssuer::all() {
        let jwk = issuer.jwk();
        for allowed in ALL {
            let wanted = usize::from(allowed == issuer.algorithm);
            assert_eq!(count(&jwk, &[allowed]), wanted, "{} {allowed:?}", issuer.alg);
        }
        assert_eq!(count(&jwk, &ALL), 1);
        assert_eq!(count(&jwk, &[]), 0);
        assert!(set(&[jwk], &[]).expect("a key set").is_empty());
    }
}

#[test]
fn a_key_without_alg_gets_the_only_algorithm_that_fits_it() {
    for issuer in [OtherIssuer::es256(), OtherIssuer::eddsa()] {
        assert_eq!(count(&without(&issuer.jwk(), "alg"), &ALL), 1);
    }
    let rsa = without(&OtherIssuer::rs256().jwk(), "alg");
    assert_eq!(count(&rsa, &[Algorithm::Rs256]), 1);
    assert_eq!(count(&rsa, &[Algorithm::Ps256, Algorithm::Es256]), 1);
    assert_eq!(count(&rsa, &ALL), 0);
}

#[test]
fn a_key_for_another_purpose_is_ignored() {
    let jwk = OtherIssuer::es256().jwk();
    for (name, value, retained) in [
        ("use", json!("sig"), 1),
        ("use", json!("enc"), 0),
        ("key_ops", json!(["verify"]), 1),
        ("key_ops", json!(["encrypt"]), 0),
        ("alg", json!("ES384"), 0),
        ("alg", json!(7), 0),
        ("crv", json!("P-384"), 0),
        ("crv", json!("Ed25519"), 0),
        ("kty", json!("OKP"), 0),
        ("y", json!(X), 0),
        ("kid", json!(""), 0),
        ("kid", json!("two words"), 0),
        ("kid", json!(7), 0),
    ] {
        assert_eq!(count(&but_for(&jwk, name, value.clone()), &ALL), retained, "{name} {value}");
    }
    for name in ["kid", "kty", "crv", "x", "y"] {
        assert_eq!(count(&without(&jwk, name), &ALL), 0, "{name}");
    }
    let ed = OtherIssuer::eddsa().jwk();
    for x in [json!(b64([1; 31])), json!(b64([1; 33])), json!("="), json!(1)] {
        assert_eq!(count(&but_for(&ed, "x", x), &ALL), 0);
    }
}

#[test]
fn a_weak_or_huge_rsa_key_is_ignored() {
    let jwk = OtherIssuer::rs256().jwk();
    let modulus = |bytes: usize, first: u8| {
        let mut modulus = vec![0xff; bytes];
        modulus[0] = first;
        json!(b64(modulus))
    };
    for (n, retained) in [
        (modulus(256, 0x80), 1),
        (modulus(256, 0x7f), 0),
        (modulus(128, 0x80), 0),
        (modulus(257, 0x00), 0),
        (modulus(512, 0xff), 1),
        (modulus(513, 0x01), 0),
        (json!(""), 0),
    ] {
        assert_eq!(count(&but_for(&jwk, "n", n.clone()), &ALL), retained, "{n}");
    }
    for e in ["Aw", "AAEAAQ", "AQAC", ""] {
        assert_eq!(count(&but_for(&jwk, "e", json!(e)), &ALL), 0, "{e}");
    }
    for name in ["n", "e"] {
        assert_eq!(count(&without(&jwk, name), &ALL), 0, "{name}");
    }
}

#[test]
fn a_set_that_cannot_be_trusted_is_refused_whole() {
    let jwk = OtherIssuer::es256().jwk();
    let twice = set(&[jwk.clone(), OtherIssuer::eddsa().jwk()], &ALL);
    assert_eq!(twice, Err(KeyError::SameKeyId));
    let private = but_for(&but_for(&jwk, "kid", json!("other")), "d", json!("secret"));
    assert_eq!(set(&[jwk.clone(), private], &ALL), Err(KeyError::PrivateMember("d")));
    let symmetric = json!({"kty": "oct", "k": "c2VjcmV0"});
    assert_eq!(set(&[symmetric], &ALL), Err(KeyError::PrivateMember("k")));
    assert_eq!(set(&[json!(1)], &ALL), Err(KeyError::NotAKeySet));
    assert_eq!(KeySet::from_jwks("{}", &ALL), Err(KeyError::NotAKeySet));
    assert_eq!(KeySet::from_jwks("[]", &ALL), Err(KeyError::Json(JsonFault::NotAnObject)));
    let long = format!("{{\"keys\":[]{}}}", " ".repeat(64 * 1024));
    assert_eq!(KeySet::from_jwks(&long, &ALL), Err(KeyError::TooLong));
    // The same name in a key that is not retained names no key.
    let ignored = but_for(&OtherIssuer::eddsa().jwk(), "use", json!("enc"));
    assert_eq!(set(&[jwk, ignored], &ALL).map(|set| set.len()), Ok(1));
}
