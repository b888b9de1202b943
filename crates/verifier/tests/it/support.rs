//! A test issuer without rules: it signs any bytes as header and payload.

#[cfg(feature = "remote")]
pub(crate) mod log;
pub(crate) mod rfc9068;
#[cfg(feature = "axum")]
pub(crate) mod service;
#[cfg(feature = "remote")]
pub(crate) mod world;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use types::NumericDate;
use verifier::{AccessToken, KeySet, PublicKey, Rejection, StatusList, Verifier};

pub(crate) const ISSUER: &str = "https://baton.example";
pub(crate) const AUDIENCE: &str = "https://api.example";
pub(crate) const OTHER_AUDIENCE: &str = "https://files.example";
pub(crate) const SUB: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
pub(crate) const SID: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

/// The default `iat` of every token.
pub(crate) const IAT: i64 = 1_800_000_000;
/// Its expiry.
pub(crate) const EXP: i64 = IAT + 900;
/// An instant before its expiry.
pub(crate) const NOW: NumericDate = NumericDate(IAT + 60);

// The key of RFC 7515 appendix A.3.1.
pub(crate) const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
pub(crate) const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// The issuer's public key as SEC 1 writes it.
pub(crate) fn point() -> Vec<u8> {
    [vec![0x04], unb64(X), unb64(Y)].concat()
}

pub(crate) fn public_key() -> PublicKey {
    PublicKey::from_uncompressed_point(&point()).expect("a point of P-256")
}

/// A key that the verifier does not trust.
pub(crate) fn other_key_pair() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")
}

pub(crate) fn public_half(pair: &EcdsaKeyPair) -> PublicKey {
    PublicKey::from_uncompressed_point(pair.public_key().as_ref()).expect("a point of P-256")
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new(ISSUER, [AUDIENCE, OTHER_AUDIENCE], KeySet::default().with(public_key()))
}

pub(crate) fn verify(token: &str) -> Result<AccessToken, Rejection> {
    verifier().verify(token, NOW)
}

/// The header of an acceptable token.
pub(crate) fn header() -> Value {
    json!({"typ": "at+jwt", "alg": "ES256", "kid": public_key().kid()})
}

pub(crate) fn header_with(name: &str, value: Value) -> String {
    let mut header = header();
    header[name] = value;
    header.to_string()
}

/// The claims of an acceptable token.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": SUB, "aud": [AUDIENCE], "exp": EXP, "iat": IAT,
        "jti": "token-1", "client_id": "browser", "sid": SID, "auth_time": IAT - 5,
        "amr": ["pwd"],
    })
}

pub(crate) fn claims_with(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    claims.to_string()
}

pub(crate) fn without(mut object: Value, name: &str) -> String {
    object.as_object_mut().expect("an object").remove(name).expect("a member of that name");
    object.to_string()
}

/// Signs `text` as it is.
pub(crate) fn sign(text: impl AsRef<[u8]>) -> Vec<u8> {
    let issuer = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &unb64(D),
        &point(),
    )
    .expect("the key pair of RFC 7515 appendix A.3");
    sign_with(&issuer, text)
}

/// The issuer's key pair in PKCS #8 (RFC 5958), around the form of RFC 5915.
#[cfg(feature = "remote")]
pub(crate) fn pkcs8() -> Vec<u8> {
    let before_d = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
    [unb64(before_d), unb64(D), vec![0xa1, 0x44, 0x03, 0x42, 0x00], point()].concat()
}

pub(crate) fn sign_with(pair: &EcdsaKeyPair, text: impl AsRef<[u8]>) -> Vec<u8> {
    pair.sign(&SystemRandom::new(), text.as_ref()).expect("a signature").as_ref().to_vec()
}

/// A token of these claims, signed by a key that the verifier does not trust, under the `kid` of one that it does.
pub(crate) fn forged(claims: &Value) -> String {
    let input = format!("{}.{}", b64(header().to_string()), b64(claims.to_string()));
    let signature = sign_with(&other_key_pair(), &input);
    format!("{input}.{}", b64(signature))
}

/// The issuer as the server that it is: its keys in memory, its clock at [`NOW`].
pub(crate) fn own_issuer() -> verifier::local::Issuer {
    verifier::local::Issuer::new(ISSUER, [AUDIENCE], KeySet::default().with(public_key()), || NOW)
}

/// Appends its signature to `signing_input`.
pub(crate) fn seal(signing_input: &str) -> String {
    format!("{signing_input}.{}", b64(sign(signing_input)))
}

/// A token of any header and payload, properly encoded and signed.
pub(crate) fn token(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    seal(&format!("{}.{}", b64(header), b64(payload)))
}

/// An acceptable token but for its header.
pub(crate) fn token_with_header(header: impl AsRef<[u8]>) -> String {
    token(header, claims().to_string())
}

/// An acceptable token but for its payload.
pub(crate) fn token_with_payload(payload: impl AsRef<[u8]>) -> String {
    token(header().to_string(), payload)
}

pub(crate) fn good_token() -> String {
    token_with_payload(claims().to_string())
}

/// The URI of the status list under test.
pub(crate) const LIST_URI: &str = "https://baton.example/status-lists/1";

/// The header of an acceptable status list token.
pub(crate) fn list_header() -> Value {
    json!({"typ": "statuslist+jwt", "alg": "ES256", "kid": public_key().kid()})
}

/// The claims of an acceptable status list token.
pub(crate) fn list_claims() -> Value {
    json!({
        "sub": LIST_URI, "iat": IAT, "status_list": {"bits": 1, "lst": deflated(&[1])},
    })
}

/// `bytes` in the zlib format, in base64url.
pub(crate) fn deflated(bytes: &[u8]) -> String {
    let mut stream = flate2::Compress::new(flate2::Compression::fast(), true);
    let mut compressed = Vec::with_capacity(bytes.len() + 1024);
    stream
        .compress_vec(bytes, &mut compressed, flate2::FlushCompress::Finish)
        .expect("it can be compressed");
    b64(compressed)
}

/// A list that a service has parsed.
pub(crate) fn list(bits: u8, lst: &str) -> Result<StatusList, Rejection> {
    let mut claims = list_claims();
    claims["status_list"] = json!({"bits": bits, "lst": lst});
    let token = token(list_header().to_string(), claims.to_string());
    let keys = KeySet::default().with(public_key());
    verifier().verify_status_list(&keys, LIST_URI, &token, NOW).map(|token| token.list)
}

pub(crate) fn raw_list(bits: u8, bytes: &[u8]) -> Result<StatusList, Rejection> {
    list(bits, &deflated(bytes))
}
