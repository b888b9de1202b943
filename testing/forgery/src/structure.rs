//! RFC 7515 section 7.1: `header.payload.signature`, and no other serialization of the same token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::base64url::b64;
use crate::case::{Cases, Flaw, Rule};

pub(crate) fn forge(cases: &mut Cases<'_>) {
    components(cases);
    exchanged(cases);
    jwe(cases);
    json_serialization(cases);
    wrapped(cases);
}

fn components(cases: &mut Cases<'_>) {
    let [h, p, s] = cases.original.parts();
    for (name, token) in [
        ("empty string", String::new()),
        ("one period", ".".to_owned()),
        ("three periods", "...".to_owned()),
        ("missing signature and separator", format!("{h}.{p}")),
        ("missing payload and separator", format!("{h}.{s}")),
        ("missing header and separator", format!("{p}.{s}")),
        ("missing header, signature and separators", p.to_owned()),
        ("header alone", h.to_owned()),
        ("extra empty component", format!("{h}.{p}.{s}.")),
        ("extra empty component before", format!(".{h}.{p}.{s}")),
        ("extra empty component between", format!("{h}..{p}.{s}")),
        ("extra component", format!("{h}.{p}.{s}.Zm9v")),
        ("extra component: the signature again", format!("{h}.{p}.{s}.{s}")),
        ("five components", format!("{h}.{p}.{s}.{s}.{s}")),
        ("two tokens in one", format!("{h}.{p}.{s}.{h}.{p}.{s}")),
        ("two tokens, a comma between", format!("{h}.{p}.{s},{h}.{p}.{s}")),
        ("two tokens, a space between", format!("{h}.{p}.{s} {h}.{p}.{s}")),
        ("encoded periods", format!("{h}%2E{p}%2E{s}")),
        ("commas for periods", format!("{h},{p},{s}")),
        ("no separators", format!("{h}{p}{s}")),
    ] {
        cases.add(name, Rule::Compact, token);
    }
    let nothing = Rule::HeaderJson(Flaw::Grammar);
    cases.add("two periods", nothing, "..");
    cases.add("missing header", nothing, format!(".{p}.{s}"));
    cases.add("missing header and signature", nothing, format!(".{p}."));
    let token = cases.original.seal(&format!(".{p}"));
    cases.add("missing header, signed by the issuer", nothing, token);
    let token = cases.original.seal(&format!("{h}."));
    cases.add("missing payload, signed by the issuer", Rule::ClaimsJson(Flaw::Grammar), token);
}

fn exchanged(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [h, p, s] = original.parts();
    let token = original.seal(&format!("{p}.{h}"));
    cases.add("payload before header", Rule::Algorithm, token);
    cases.add(
        "signature before header",
        Rule::HeaderJson(Flaw::Utf8),
        format!("{}.{h}.{p}", not_utf8(s)),
    );
}

/// The signature with another first byte, with which no UTF-8 text begins.
fn not_utf8(signature: &str) -> String {
    format!("_{}", &signature[1..])
}

/// RFC 7516 section 7.1: five parts.
fn jwe(cases: &mut Cases<'_>) {
    let claims = cases.original.claims_text();
    for (name, header) in [
        ("JWE with a direct key", json!({"alg": "dir", "enc": "A256GCM", "typ": "at+jwt"})),
        ("JWE for the public key", json!({"alg": "ECDH-ES", "enc": "A256GCM", "typ": "at+jwt"})),
        ("JWE with alg none", json!({"alg": "none", "enc": "none", "typ": "at+jwt"})),
    ] {
        let token = format!(
            "{}..{}.{}.{}",
            b64(header.to_string()),
            b64([0; 12]),
            b64(&claims),
            b64([0; 16])
        );
        cases.add(name, Rule::Compact, token);
    }
}

/// JSON serialization (RFC 7515 section 7.2).
fn json_serialization(cases: &mut Cases<'_>) {
    let [protected, payload, signature] = cases.original.parts();
    let one = json!({"protected": protected, "signature": signature});
    for (name, serialization) in [
        ("general", json!({"payload": payload, "signatures": [one]})),
        ("general, two signatures", json!({"payload": payload, "signatures": [one, one]})),
        ("general, no signature", json!({"payload": payload, "signatures": []})),
        ("flattened", json!({"payload": payload, "protected": protected, "signature": signature})),
        (
            "flattened, unprotected header",
            json!({"payload": payload, "header": {"alg": "none"}, "signature": ""}),
        ),
    ] {
        let name = format!("JSON serialization: {name}");
        cases.add(name, Rule::Compact, serialization.to_string());
    }
    let flattened = json!({"payload": payload, "protected": protected, "signature": signature});
    let token = b64(flattened.to_string());
    cases.add("JSON serialization: encoded as one part", Rule::Compact, token);
    let token = format!("{}..", b64(flattened.to_string()));
    cases.add("JSON serialization: as a header", Rule::Algorithm, token);
}

/// The valid token within other text.
fn wrapped(cases: &mut Cases<'_>) {
    let original = cases.original;
    let token = original.token();
    for (name, rule, wrapped) in [
        ("in quotes", Rule::Encoding, format!("\"{token}\"")),
        ("in angle brackets", Rule::Encoding, format!("<{token}>")),
        ("behind its scheme", Rule::Encoding, format!("Bearer {token}")),
        ("behind a parameter", Rule::Encoding, format!("access_token={token}")),
        ("encoded as a whole", Rule::Compact, STANDARD.encode(token)),
    ] {
        cases.add(name, rule, wrapped);
    }
    // RFC 7519 appendix A.2: a JWT within a JWT, which `cty` announces.
    let header = original.header_with("cty", "JWT");
    let nested = original.sealed(header, token);
    cases.add("nested", Rule::ClaimsJson(Flaw::Grammar), nested);
    let quoted = original.sealed(original.header_with("cty", "JWT"), json!(token).to_string());
    cases.add("nested in quotes", Rule::ClaimsJson(Flaw::NotAnObject), quoted);
}
