//! JWKS in which the right key is published for another purpose, or wrongly (RFC 7517 sections 4.2 to 4.4). With none
//! of them may the valid token be accepted: these are forgeries of the keys, not of tokens.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::Original;
use crate::base64url::{b64, unb64};
use crate::public_key::jwk_of_point;

/// A JWKS that does not verify the token beside it.
#[derive(Debug, Clone)]
pub struct BadKeySet {
    /// What is wrong with the key.
    pub name: String,
    /// The key set.
    pub jwks: String,
    /// A token that would be accepted if the key were used.
    pub token: String,
}

/// The key of `original`, in every JWK that must not verify an access token.
#[must_use]
pub fn bad_key_sets(original: &Original) -> Vec<BadKeySet> {
    let mut bad_key_sets = Vec::new();
    for (name, member, value) in changes(original) {
        let mut jwk = original.key().jwk();
        jwk[member] = value;
        bad_key_sets.push(bad_key_set(original, &format!("{member} is {name}"), &jwk.to_string()));
    }
    for member in ["kty", "crv", "x", "y"] {
        let mut jwk = original.key().jwk();
        jwk.as_object_mut().expect("an object").remove(member);
        bad_key_sets.push(bad_key_set(original, &format!("missing {member}"), &jwk.to_string()));
    }
    let jwk = original.key().jwk().to_string();
    let twice = jwk.replacen('{', r#"{"use":"enc","#, 1);
    bad_key_sets.push(bad_key_set(original, "use twice", &twice));
    bad_key_sets.push(of_p384(original));
    bad_key_sets
}

fn bad_key_set(original: &Original, name: &str, jwk: &str) -> BadKeySet {
    let jwks = format!(r#"{{"keys":[{jwk}]}}"#);
    BadKeySet { name: name.to_owned(), jwks, token: original.token().to_owned() }
}

fn changes(original: &Original) -> Vec<(&'static str, &'static str, Value)> {
    let jwk = original.key().jwk();
    let x = jwk["x"].as_str().expect("base64url").to_owned();
    let mut off = unb64(&x);
    off[31] ^= 1;
    vec![
        ("for encryption", "use", json!("enc")),
        ("in capitals", "use", json!("SIG")),
        ("null", "use", Value::Null),
        ("to sign alone", "key_ops", json!(["sign"])),
        ("to derive keys", "key_ops", json!(["deriveKey", "deriveBits"])),
        ("nothing", "key_ops", json!([])),
        ("no list", "key_ops", json!("verify")),
        ("that of another curve", "alg", json!("ES384")),
        ("that of key agreement", "alg", json!("ECDH-ES")),
        ("symmetric", "alg", json!("HS256")),
        ("that of RSA", "alg", json!("RS256")),
        ("in small letters", "alg", json!("es256")),
        ("none", "alg", json!("none")),
        ("another curve", "crv", json!("P-384")),
        ("a curve of other constants", "crv", json!("secp256k1")),
        ("in small letters", "crv", json!("p-256")),
        ("RSA", "kty", json!("RSA")),
        ("in small letters", "kty", json!("ec")),
        ("symmetric", "kty", json!("oct")),
        ("another name", "kid", json!("another")),
        ("another key's name", "kid", json!(original.other_kid())),
        ("a private key's", "d", json!(x)),
        ("a symmetric key's", "k", json!(x)),
        ("padded", "x", json!(format!("{x}="))),
        ("shorter than a coordinate", "x", json!(b64([1; 31]))),
        ("longer than a coordinate", "x", json!(b64([&[0][..], &unb64(&x)].concat()))),
        ("off the curve", "x", json!(b64(off))),
        ("zero", "x", json!(b64([0; 32]))),
        ("a number", "x", json!(1)),
    ]
}

/// A token with `alg` ES256 that is signed with a P-384 key, which is published under the token's `kid`.
fn of_p384(original: &Original) -> BadKeySet {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key");
    let mut jwk = jwk_of_point("P-384", pair.public_key().as_ref());
    jwk["kid"] = json!(original.kid());
    jwk["alg"] = json!("ES256");
    let input = original.signing_input();
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).expect("a signature");
    let mut bad_key_set = bad_key_set(original, "P-384 key for ES256", &jwk.to_string());
    bad_key_set.token = original.with_signature(signature.as_ref());
    bad_key_set
}
