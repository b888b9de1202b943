//! Extensions (RFC 7515 section 4.1.11, RFC 7797): header members that change the meaning of the token. A verifier
//! without extensions rejects them all. Signed by the issuer.

use serde_json::{Value, json};

use crate::base64url::b64;
use crate::case::{Cases, Rule};

pub(crate) fn forge(cases: &mut Cases<'_>) {
    let original = cases.original;
    for (name, crit) in [
        ("nothing", json!([])),
        ("an unknown member", json!(["https://attacker.example/policy"])),
        ("a member that is not there", json!(["b64"])),
        ("a claim", json!(["exp"])),
        ("registered members", json!(["alg", "typ", "kid"])),
        ("itself", json!(["crit"])),
        ("the empty name", json!([""])),
        ("one member twice", json!(["exp", "exp"])),
        ("a number", json!([1])),
        ("a string", json!("exp")),
        ("null", Value::Null),
        ("an object", json!({"exp": true})),
        ("false", json!(false)),
    ] {
        let header = original.header_with("crit", crit);
        cases.add_header(format!("crit with {name}"), Rule::ForbiddenHeader("crit"), header);
    }
    for (name, member, value) in [
        ("b64 is false, without crit", "b64", json!(false)),
        ("b64 is true", "b64", json!(true)),
        ("zip", "zip", json!("DEF")),
        ("zip is null", "zip", Value::Null),
        ("enc", "enc", json!("A256GCM")),
    ] {
        let header = original.header_with(member, value);
        cases.add_header(name, Rule::ForbiddenHeader(member), header);
    }
    unencoded(cases);
}

/// RFC 7797 section 3: the payload is signed as it is.
fn unencoded(cases: &mut Cases<'_>) {
    let original = cases.original;
    let mut header: Value = serde_json::from_str(&original.header_text()).expect("a header");
    header["b64"] = json!(false);
    header["crit"] = json!(["b64"]);
    let header = header.to_string();
    cases.add_header("b64 is false and crit says so", Rule::ForbiddenHeader("crit"), &header);
    // Detached, so that no period of the payload is one of the token.
    let signed = [b64(&header).as_bytes(), b".", original.claims_text().as_bytes()].concat();
    let token = format!("{}..{}", b64(&header), b64(original.sign(&signed)));
    cases.add("unencoded and detached payload", Rule::ForbiddenHeader("crit"), token);
    let token = original.seal(&format!("{}.{{}}", b64(&header)));
    cases.add("unencoded payload", Rule::Encoding, token);
}
