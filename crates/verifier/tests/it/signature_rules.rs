//! The signature (RFC 7518 section 3.4): R and S, 32 bytes each, by the key that `kid` names.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use forgery::{ORDER, twin};
use serde_json::json;
use verifier::{KeySet, Rejection, Verifier, jws};

use crate::support::{
    AUDIENCE, ISSUER, NOW, b64, claims, good_token, header, header_with, other_key_pair,
    public_half, public_key, sign_with, token, unb64, verify,
};

fn good_parts() -> (String, Vec<u8>) {
    let good = good_token();
    let (signing_input, signature) = good.rsplit_once('.').expect("three parts");
    (signing_input.to_owned(), unb64(signature))
}

fn verify_with_signature(signing_input: &str, signature: &[u8]) -> Result<(), Rejection> {
    verify(&format!("{signing_input}.{}", b64(signature))).map(|_| ())
}

#[test]
fn a_signature_has_64_bytes() {
    let (signing_input, good) = good_parts();
    assert_eq!(verify_with_signature(&signing_input, &good), Ok(()));
    let (r, s) = good.split_at(32);
    for signature in [
        vec![],
        vec![0],
        good[..63].to_vec(),
        good[1..].to_vec(),
        r.to_vec(),
        [&good, &[0][..]].concat(),
        [&[0][..], &good].concat(),
        [&[0][..], r, &[0], s].concat(),
        [&good[..], &good].concat(),
        vec![0; 96],
    ] {
        let length = signature.len();
        assert_eq!(
            verify_with_signature(&signing_input, &signature),
            Err(Rejection::BadSignature),
            "{length} bytes"
        );
    }
}

#[test]
fn no_bit_of_a_signature_can_be_changed() {
    let (signing_input, good) = good_parts();
    for bit in 0..512 {
        let mut signature = good.clone();
        signature[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            verify_with_signature(&signing_input, &signature),
            Err(Rejection::BadSignature),
            "bit {bit}"
        );
    }
}

/// CVE-2022-21449: a verifier without this check accepts zeros as a signature of every key.
#[test]
fn r_and_s_are_between_zero_and_the_order() {
    let (signing_input, good) = good_parts();
    let (r, s) = good.split_at(32);
    let zero = [0; 32];
    let mut one = zero;
    one[31] = 1;
    let most = [0xff; 32];
    for (name, r, s) in [
        ("both zero", &zero[..], &zero[..]),
        ("r zero", &zero, s),
        ("s zero", r, &zero),
        ("r the order", &ORDER, s),
        ("s the order", r, &ORDER),
        ("both the order", &ORDER, &ORDER),
        ("r beyond the order", &most, s),
        ("s beyond the order", r, &most),
        ("both one", &one, &one),
        ("exchanged", s, r),
    ] {
        assert_eq!(
            verify_with_signature(&signing_input, &[r, s].concat()),
            Err(Rejection::BadSignature),
            "{name}"
        );
    }
}

/// ECDSA signatures are malleable, and RFC 7518 allows both twins. So a token has two spellings, and revocation must
/// use `sid` or `jti`, never the token's bytes.
#[test]
fn the_twin_of_a_signature_is_a_signature() {
    let good = good_token();
    let twin = twin(&good);
    assert_ne!(twin, good);
    assert_eq!(verify(&twin), verify(&good));
    assert!(verify(&twin).is_ok());
}

#[test]
fn a_der_encoded_signature_is_none() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
    let key = public_half(&pair);
    let header = header_with("kid", json!(key.kid()));
    let signing_input = format!("{}.{}", b64(header), b64(claims().to_string()));
    let verifier = Verifier::new(ISSUER, [AUDIENCE], KeySet::default().with(key));
    let der = pair.sign(&SystemRandom::new(), signing_input.as_bytes()).expect("a signature");
    let token = format!("{signing_input}.{}", b64(der));
    assert_eq!(verifier.verify(&token, NOW), Err(Rejection::BadSignature));
}

#[test]
fn the_key_that_is_named_must_be_the_key_that_signed() {
    let stranger = other_key_pair();
    let signing_input = format!("{}.{}", b64(header().to_string()), b64(claims().to_string()));
    let forged = format!("{signing_input}.{}", b64(sign_with(&stranger, &signing_input)));
    assert_eq!(verify(&forged), Err(Rejection::BadSignature));

    // Even if the verifier trusts both keys.
    let both = KeySet::default().with(public_key()).with(public_half(&stranger));
    let verifier = Verifier::new(ISSUER, [AUDIENCE], both);
    assert_eq!(verifier.verify(&forged, NOW), Err(Rejection::BadSignature));
    let kid = public_half(&stranger).kid().to_owned();
    let misnamed = token(header_with("kid", json!(kid)), claims().to_string());
    assert_eq!(verifier.verify(&misnamed, NOW), Err(Rejection::BadSignature));
}

#[test]
fn each_key_of_a_set_verifies_its_own_tokens() {
    let second = other_key_pair();
    let both = KeySet::default().with(public_key()).with(public_half(&second));
    let verifier = Verifier::new(ISSUER, [AUDIENCE], both);
    let header = header_with("kid", json!(public_half(&second).kid()));
    let signing_input = format!("{}.{}", b64(header), b64(claims().to_string()));
    let from_second = format!("{signing_input}.{}", b64(sign_with(&second, &signing_input)));
    for token in [good_token(), from_second] {
        assert!(verifier.verify(&token, NOW).is_ok());
    }
}

#[test]
fn a_signature_covers_the_header_and_the_payload_and_belongs_to_them_alone() {
    let (signing_input, signature) = good_parts();
    let (header, payload) = signing_input.split_once('.').expect("two parts");
    let other_header = b64(header_with("extra", json!(1)));
    let other_payload = b64(crate::support::claims_with("sub", json!(crate::support::SID)));
    for signing_input in [format!("{other_header}.{payload}"), format!("{header}.{other_payload}")]
    {
        assert_eq!(verify_with_signature(&signing_input, &signature), Err(Rejection::BadSignature));
    }
}

#[test]
fn no_claim_is_read_before_the_signature_holds() {
    for payload in ["", "not json", "{}", r#"{"exp":0}"#] {
        let signing_input = format!("{}.{}", b64(header().to_string()), b64(payload));
        let (_, signature) = good_parts();
        assert_eq!(
            verify_with_signature(&signing_input, &signature),
            Err(Rejection::BadSignature),
            "{payload}"
        );
    }
}

#[test]
fn a_verifier_without_keys_refuses_every_token() {
    let verifier = Verifier::new(ISSUER, [AUDIENCE], KeySet::default());
    assert_eq!(verifier.verify(&good_token(), NOW), Err(Rejection::UnknownKey));
}

#[test]
fn the_signature_check_stands_alone_as_well() {
    let (signing_input, signature) = good_parts();
    let check = |input: &[u8], signature: &[u8]| jws::verify(input, signature, &public_key());
    assert_eq!(check(signing_input.as_bytes(), &signature), Ok(()));
    assert_eq!(check(b"something else", &signature), Err(Rejection::BadSignature));
    assert_eq!(check(signing_input.as_bytes(), &signature[..63]), Err(Rejection::BadSignature));
}
