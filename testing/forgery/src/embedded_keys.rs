//! Embedded keys (RFC 7515 sections 4.1.2 to 4.1.8): headers that contain a key or refer to one, server-side request
//! forgery included, and other references to the attacker. RFC 9068 section 4: the keys are the issuer's.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::attacker::Attacker;
use crate::base64url::b64;
use crate::case::{Cases, Rule};
use crate::public_key::PublicKey;

pub(crate) fn forge(cases: &mut Cases<'_>, attacker: &Attacker, lure: &str) {
    embedded(cases, attacker);
    fetched(cases, attacker, lure);
    certificates(cases, attacker, lure);
    misspelt(cases, attacker, lure);
    elsewhere(cases, attacker, lure);
}

/// A header with one more member, signed by the attacker.
fn add(cases: &mut Cases<'_>, attacker: &Attacker, name: &str, member: &'static str, value: Value) {
    let original = cases.original;
    let header = original.header_with(member, value);
    let token = attacker.sealed(header, original.claims_text());
    cases.add(name, Rule::ForbiddenHeader(member), token);
}

fn embedded(cases: &mut Cases<'_>, attacker: &Attacker) {
    let original = cases.original;
    let (kid, own) = (original.kid(), attacker.thumbprint());
    let jwk = attacker.jwk(&kid);
    add(cases, attacker, "attacker-provided embedded jwk", "jwk", jwk.clone());
    add(cases, attacker, "embedded jwk as text", "jwk", json!(jwk.to_string()));
    add(cases, attacker, "embedded jwk in a key set", "jwk", json!({"keys": [jwk]}));
    add(cases, attacker, "embedded jwk that names no key", "jwk", json!({}));
    for (name, header) in [
        ("embedded jwk under its own name", original.header_with("kid", own.as_str())),
        ("embedded jwk without kid", original.header_without("kid")),
    ] {
        let mut header: Value = serde_json::from_str(&header).expect("a header");
        header["jwk"] = attacker.jwk(&own);
        let token = attacker.sealed(header.to_string(), original.claims_text());
        cases.add(name, Rule::ForbiddenHeader("jwk"), token);
    }
    // Not even the issuer's own key may be embedded.
    let issuers = original.header_with("jwk", original.key().jwk());
    cases.add_header(
        "embedded jwk of the issuer, signed by it",
        Rule::ForbiddenHeader("jwk"),
        issuers,
    );
    let null = original.header_with("jwk", Value::Null);
    cases.add_header(
        "embedded jwk is null, signed by the issuer",
        Rule::ForbiddenHeader("jwk"),
        null,
    );
    let mut rsa: Value = serde_json::from_str(&original.header_text()).expect("a header");
    rsa["alg"] = json!("RS256");
    rsa["jwk"] = attacker.rsa_jwk();
    let input = format!("{}.{}", b64(rsa.to_string()), original.parts()[1]);
    let signature = b64(attacker.sign("RS256", input.as_bytes()));
    cases.add("embedded jwk of an RSA key", Rule::Algorithm, format!("{input}.{signature}"));
}

fn fetched(cases: &mut Cases<'_>, attacker: &Attacker, lure: &str) {
    let issuer = cases.original.issuer();
    let there = lure.trim_start_matches("http://");
    let host = issuer.split_once("://").map_or(issuer.as_str(), |(_, host)| host).to_owned();
    for (name, url) in [
        ("jku of the attacker", format!("{lure}/jwks.json")),
        ("jku that begins with the issuer's host", format!("http://{host}@{there}/jwks.json")),
        ("jku with the issuer in its fragment", format!("{lure}/jwks.json#{issuer}")),
        ("jku with the issuer in its query", format!("{lure}/jwks.json?{issuer}")),
        ("jku that climbs out of the issuer's paths", format!("{issuer}/../../{there}/jwks.json")),
        ("jku through a redirect of the issuer's", format!("{issuer}/login?next={lure}/jwks.json")),
        ("jku of a file", "file:///dev/null".to_owned()),
        ("jku of data", format!("data:application/json,{{\"keys\":[{}]}}", attacker.jwk("a"))),
    ] {
        add(cases, attacker, name, "jku", json!(url));
    }
    add(cases, attacker, "jku as a list", "jku", json!([format!("{lure}/jwks.json")]));
    let own = cases.original.header_with("jku", format!("{issuer}/.well-known/jwks.json"));
    cases.add_header("jku of the issuer, signed by it", Rule::ForbiddenHeader("jku"), own);
}

fn certificates(cases: &mut Cases<'_>, attacker: &Attacker, lure: &str) {
    let key = PublicKey::of(&attacker.jwk("a")).der();
    let (sha1, sha256) = (digest(&SHA1_FOR_LEGACY_USE_ONLY, &key), digest(&SHA256, &key));
    let pem = PublicKey::of(&attacker.jwk("a")).pem();
    for (name, member, value) in [
        ("x5u of the attacker", "x5u", json!(format!("{lure}/key.pem"))),
        ("x5u of data", "x5u", json!(format!("data:,{pem}"))),
        ("x5c with the attacker's key", "x5c", json!([STANDARD.encode(&key)])),
        ("x5c with nothing", "x5c", json!([])),
        ("x5t of the attacker's key", "x5t", json!(b64(sha1))),
        ("x5t#S256 of the attacker's key", "x5t#S256", json!(b64(sha256))),
    ] {
        add(cases, attacker, name, member, value);
    }
}

/// Unregistered names have no meaning; a lenient verifier might give them one.
fn misspelt(cases: &mut Cases<'_>, attacker: &Attacker, lure: &str) {
    let original = cases.original;
    let jwk = attacker.jwk(&original.kid());
    for (member, value) in [
        ("JWK", jwk.clone()),
        ("jwks", json!({"keys": [jwk]})),
        ("Jku", json!(format!("{lure}/jwks.json"))),
        ("jwks_uri", json!(format!("{lure}/jwks.json"))),
        ("x5U", json!(format!("{lure}/key.pem"))),
    ] {
        let header = original.header_with(member, value);
        let token = attacker.sealed(header, original.claims_text());
        cases.add(format!("{member} of the attacker"), Rule::Signature, token);
    }
    let claims = original.claims_with("jku", format!("{lure}/jwks.json"));
    let token = attacker.sealed(original.header_text(), claims);
    cases.add("jku in the payload", Rule::Signature, token);
}

/// A token of the attacker's own issuer, correctly signed.
fn elsewhere(cases: &mut Cases<'_>, attacker: &Attacker, lure: &str) {
    let original = cases.original;
    let header = original.header_with("kid", attacker.thumbprint());
    let claims = original.claims_with("iss", lure);
    cases.add("the attacker's issuer and key", Rule::UnknownKey, attacker.sealed(header, claims));
    let token = attacker.sealed(original.header_with("iss", lure), original.claims_text());
    cases.add("the attacker as iss of the header", Rule::Signature, token);
}
