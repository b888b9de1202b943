//! Algorithm confusion (RFC 8725 sections 2.1 and 3.1): the key decides the algorithm, never the token.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use verifier::Rejection;

use crate::support::{
    X, Y, b64, claims, header, header_with, point, public_key, token, token_with_header, verify,
    without,
};

/// `SubjectPublicKeyInfo` of a P-256 key, up to the point (RFC 5480 section 2).
const SPKI_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

#[test]
fn only_es256_to_the_letter_is_an_algorithm() {
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        " ES256",
        "ES256 ",
        "es256",
        "Es256",
        "eS256",
        "ES384",
        "ES512",
        "ES256K",
        "ESP256",
        "EdDSA",
        "Ed25519",
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "PS256",
        "ECDSA",
        "ES256\0",
        "dir",
        "ECDH-ES",
        "PBES2-HS256+A128KW",
    ] {
        let token = token_with_header(header_with("alg", json!(alg)));
        assert_eq!(verify(&token), Err(Rejection::WrongAlgorithm), "{alg:?}");
    }
}

#[test]
fn an_algorithm_is_a_string_and_required() {
    for alg in [Value::Null, json!(256), json!(true), json!(["ES256"]), json!({"alg": "ES256"})] {
        let token = token_with_header(header_with("alg", alg.clone()));
        assert_eq!(verify(&token), Err(Rejection::WrongAlgorithm), "{alg}");
    }
    let token = token_with_header(without(header(), "alg"));
    assert_eq!(verify(&token), Err(Rejection::WrongAlgorithm));
}

#[test]
fn an_unsecured_token_is_refused_with_any_signature_or_none() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        let header = b64(header_with("alg", json!(alg)));
        let payload = b64(claims().to_string());
        for signature in ["", "AA", &b64([0; 64])] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(verify(&token), Err(Rejection::WrongAlgorithm), "{token}");
        }
    }
}

/// RFC 8725 section 2.1: the public key, used as a shared secret.
#[test]
fn the_public_key_is_no_shared_secret_in_any_of_its_forms() {
    let der = [SPKI_PREFIX, &point()].concat();
    let base64 = STANDARD.encode(&der);
    let (first, second) = base64.split_at(64);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----");
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y}).to_string();
    for secret in [
        point(),
        point()[1..].to_vec(),
        der,
        format!("{pem}\n").into_bytes(),
        pem.into_bytes(),
        jwk.into_bytes(),
        public_key().kid().as_bytes().to_vec(),
        Vec::new(),
    ] {
        for (alg, algorithm, rejection) in [
            ("HS256", hmac::HMAC_SHA256, Rejection::WrongAlgorithm),
            ("HS512", hmac::HMAC_SHA512, Rejection::WrongAlgorithm),
            // With `alg` ES256 the HMAC tag is merely a wrong signature, of either length.
            ("ES256", hmac::HMAC_SHA256, Rejection::BadSignature),
            ("ES256", hmac::HMAC_SHA512, Rejection::BadSignature),
        ] {
            let header = header_with("alg", json!(alg));
            let signing_input = format!("{}.{}", b64(header), b64(claims().to_string()));
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), signing_input.as_bytes());
            let token = format!("{signing_input}.{}", b64(tag));
            assert_eq!(verify(&token), Err(rejection), "{alg}");
        }
    }
}

#[test]
fn the_algorithm_is_refused_before_any_key_is_looked_up() {
    for kid in [json!("another-key"), json!("../../key"), Value::Null] {
        for alg in ["none", "HS256", "es256"] {
            let header = json!({"typ": "at+jwt", "alg": alg, "kid": kid, "jwk": {}}).to_string();
            assert_eq!(verify(&token_with_header(header)), Err(Rejection::WrongAlgorithm));
        }
    }
}

#[test]
fn a_payload_cannot_speak_for_the_header() {
    let mut payload = claims();
    payload["alg"] = json!("none");
    payload["typ"] = json!("JWT");
    assert!(verify(&token(header().to_string(), payload.to_string())).is_ok());
    let header = without(header(), "typ");
    payload["typ"] = json!("at+jwt");
    assert_eq!(verify(&token(header, payload.to_string())), Err(Rejection::WrongType));
}
