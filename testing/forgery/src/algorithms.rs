//! Algorithm confusion (RFC 8725 sections 2.1 and 3.1): the key decides the algorithm, never the token.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::attacker::Attacker;
use crate::base64url::b64;
use crate::case::{Cases, Rule};

/// RFC 7515 section 4.1.1: names of algorithms are case-sensitive. A verifier that folds case in one place only
/// accepts one of these.
const NONES: [&str; 9] =
    ["none", "None", "NONE", "nOnE", "NoNe", "nonE", " none", "none ", "\u{ff4e}one"];

/// Names of other algorithms, or misspellings of ES256. Signed with the issuer's key, as ES256.
const OTHER_NAMES: [&str; 21] = [
    "",
    "es256",
    "Es256",
    "eS256",
    " ES256",
    "ES256 ",
    "ES256\0",
    "ES-256",
    "ES384",
    "ES512",
    "ES256K",
    "ESP256",
    "EdDSA",
    "RS256",
    "RS512",
    "PS256",
    "HS256",
    "ECDSA",
    "dir",
    "ECDH-ES",
    "SHA256withECDSA",
];

pub(crate) fn forge(cases: &mut Cases<'_>, attacker: &Attacker) {
    none(cases, attacker);
    other_names(cases);
    symmetric_confusion(cases);
    other_primitives(cases, attacker);
}

fn none(cases: &mut Cases<'_>, attacker: &Attacker) {
    let original = cases.original;
    for alg in NONES {
        let input = signing_input(cases, alg);
        let name = format!("none algorithm and missing signature: {alg:?}");
        cases.add(name, Rule::Algorithm, format!("{input}."));
    }
    let input = signing_input(cases, "none");
    let [_, _, signature] = original.parts();
    for (name, signature) in [
        ("the original's", signature.to_owned()),
        ("the issuer's", b64(original.sign(input.as_bytes()))),
        ("the attacker's", b64(attacker.sign("ES256", input.as_bytes()))),
        ("64 zeros as", b64([0; 64])),
    ] {
        let name = format!("none algorithm and {name} signature");
        cases.add(name, Rule::Algorithm, format!("{input}.{signature}"));
    }
    // Two implementations might disagree about which of two names counts.
    let array = original.header_with("alg", json!(["none", "ES256"]));
    cases.add_header("alg is none or ES256", Rule::Algorithm, array);
}

fn other_names(cases: &mut Cases<'_>) {
    let original = cases.original;
    for alg in OTHER_NAMES {
        let header = original.header_with("alg", alg);
        cases.add_header(format!("alg is {alg:?}, signed with ES256"), Rule::Algorithm, header);
    }
    for alg in [Value::Null, json!(256), json!(true), json!(["ES256"]), json!({"ES256": 1})] {
        let header = original.header_with("alg", alg.clone());
        cases.add_header(format!("alg is {alg}"), Rule::Algorithm, header);
    }
    cases.add_header("missing alg", Rule::Algorithm, original.header_without("alg"));
    let (header, claims) = (original.header_without("alg"), original.claims_with("alg", "ES256"));
    cases.add("alg in the payload", Rule::Algorithm, original.sealed(header, claims));
}

/// The public key, used as a shared secret.
fn symmetric_confusion(cases: &mut Cases<'_>) {
    let original = cases.original;
    let mut secrets = original.key().forms(original.jwks());
    secrets.push(("nothing", Vec::new()));
    for (index, (form, secret)) in secrets.iter().enumerate() {
        for (alg, algorithm) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ] {
            // The likely forms with every algorithm, the others with the usual one.
            if alg == "HS256" || index < 5 {
                let token = tagged(&signing_input(cases, alg), algorithm, secret);
                let name = format!("symmetric confusion: {alg} keyed with {form}");
                cases.add(name, Rule::Algorithm, token);
            }
        }
        // With `alg` ES256 the HMAC tag is merely a wrong signature of 64 bytes.
        if index < 5 {
            let token = tagged(&original.signing_input(), hmac::HMAC_SHA512, secret);
            let name = format!("symmetric confusion: a tag keyed with {form} as ES256");
            cases.add(name, Rule::Signature, token);
        }
    }
}

fn other_primitives(cases: &mut Cases<'_>, attacker: &Attacker) {
    let original = cases.original;
    for alg in ["ES256", "ES384", "ES512", "ES256K", "EdDSA", "RS256", "PS256"] {
        if alg != "ES256" {
            let input = signing_input(cases, alg);
            let signature = b64(attacker.sign(alg, input.as_bytes()));
            let name = format!("alg is {alg}, signed so by the attacker");
            cases.add(name, Rule::Algorithm, format!("{input}.{signature}"));
        }
        let signature = attacker.sign(alg, original.signing_input().as_bytes());
        let name = format!("alg is ES256, signed with {alg} by the attacker");
        cases.add(name, Rule::Signature, original.with_signature(&signature));
    }
}

/// The original under another algorithm, not yet signed.
fn signing_input(cases: &Cases<'_>, alg: &str) -> String {
    let [_, payload, _] = cases.original.parts();
    format!("{}.{payload}", b64(cases.original.header_with("alg", alg)))
}

fn tagged(input: &str, algorithm: hmac::Algorithm, secret: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), input.as_bytes());
    format!("{input}.{}", b64(tag))
}
