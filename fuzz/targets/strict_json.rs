//! Fuzz target: JSON of keys and claims, where parsers that differ are attacks. As a key set it is parsed as it is;
//! as a payload it is signed first, for a verifier parses no claim before the signature.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use verifier::{KeySet, NumericDate, PublicKey, Verifier};

const NOW: i64 = 1_800_000_060;

struct Issuer {
    pair: EcdsaKeyPair,
    /// The encoded header of its tokens.
    header: String,
    verifier: Verifier,
}

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let key = PublicKey::from_uncompressed_point(pair.public_key().as_ref()).expect("a point");
    let header = serde_json::json!({"typ": "at+jwt", "alg": "ES256", "kid": key.kid()});
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let keys = KeySet::default().with(key);
    let verifier = Verifier::new("https://baton.example", ["https://api.example"], keys);
    Issuer { pair, header, verifier }
});

/// Parses `input` in both ways.
pub(crate) fn check(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        as_key_set(text);
    }
    as_claims(input);
}

fn as_key_set(text: &str) {
    if KeySet::from_jwks(text).is_err() {
        return;
    }
    let value: Value = serde_json::from_str(text).expect("another parser refuses it");
    assert!(value["keys"].is_array());
    let open = text.trim_end().strip_suffix('}').expect("an object");
    let twice = format!("{open},\"k\\u0065ys\":[]}}");
    assert!(KeySet::from_jwks(&twice).is_err(), "a member stands there twice");
    assert!(KeySet::from_jwks(&format!("{text}]")).is_err(), "trailing bytes");
}

fn as_claims(payload: &[u8]) {
    let issuer = &*ISSUER;
    let signing_input = format!("{}.{}", issuer.header, URL_SAFE_NO_PAD.encode(payload));
    let signature = issuer.pair.sign(&SystemRandom::new(), signing_input.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(signature.expect("a signature"));
    let token = format!("{signing_input}.{signature}");
    let Ok(token) = issuer.verifier.verify(&token, NumericDate(NOW)) else { return };
    let value: Value = serde_json::from_slice(payload).expect("another parser refuses it");
    assert_eq!(value["iss"], "https://baton.example");
    assert_eq!(value["sub"], token.sub.to_string());
    assert_eq!(value["client_id"], token.client_id);
    let expiry = value["exp"].as_i64().expect("an integer");
    assert!(expiry > NOW - 60, "expired");
}
