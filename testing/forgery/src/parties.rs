//! Issuer and audience (RFC 9068 section 4): exact comparison (RFC 8414 section 4 compares code points, and does not
//! normalise). Signed by the issuer.

use serde_json::json;

use crate::case::{Cases, Rule};

pub(crate) fn forge(cases: &mut Cases<'_>, lure: &str) {
    issuers(cases, lure);
    audiences(cases, lure);
}

/// Other spellings of a URL, or URLs that a lenient comparison considers equal.
fn alike(address: &str) -> Vec<(&'static str, String)> {
    let (beginning, last) = address.split_at(address.len() - 1);
    let last_byte = last.as_bytes()[0];
    // The full-width form, which NFKC and IDNA map to the same character.
    let wide = char::from_u32(u32::from(last_byte) + 0xfee0).expect("a full-width character");
    let (scheme, host) = address.split_once("://").expect("a URL");
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    vec![
        ("empty", String::new()),
        ("with a slash", format!("{address}/")),
        ("with two slashes", format!("{address}//")),
        ("with a period", format!("{address}.")),
        ("with a fragment", format!("{address}#")),
        ("with a query", format!("{address}?")),
        ("with a path", format!("{address}/a")),
        ("with a path that leads back", format!("{address}/a/..")),
        ("without its last character", beginning.to_owned()),
        ("in capitals", address.to_uppercase()),
        ("with a scheme in capitals", format!("{}://{host}", scheme.to_uppercase())),
        ("with another scheme", format!("{other_scheme}://{host}")),
        ("without its scheme", host.to_owned()),
        ("without its scheme's name", format!("//{host}")),
        ("with a user", format!("{scheme}://user@{host}")),
        ("as a user of another host", format!("{address}@attacker.example")),
        ("as a domain of another", format!("{address}.attacker.example")),
        ("as a domain within it", format!("{scheme}://attacker.{host}")),
        ("with a full-width character", format!("{beginning}{wide}")),
        ("with a percent-encoded character", format!("{beginning}%{last_byte:02X}")),
        ("with a combining character", format!("{address}\u{301}")),
        ("with a zero-width space", format!("{address}\u{200b}")),
        ("as a Punycode label", format!("{scheme}://xn--{host}-")),
        ("with a space before", format!(" {address}")),
        ("with a space behind", format!("{address} ")),
        ("with a newline", format!("{address}\n")),
        ("with NUL", format!("{address}\0")),
        ("with NUL and more", format!("{address}\0.attacker.example")),
        ("a pattern", ".*".to_owned()),
        ("a wildcard", "*".to_owned()),
        ("another party", "https://attacker.example".to_owned()),
    ]
}

fn issuers(cases: &mut Cases<'_>, lure: &str) {
    let original = cases.original;
    let mut others = alike(&original.issuer());
    others.push(("the attacker, where one could ask", lure.to_owned()));
    for (name, iss) in others {
        cases.add_payload(format!("iss {name}"), Rule::Issuer, original.claims_with("iss", iss));
    }
}

fn audiences(cases: &mut Cases<'_>, lure: &str) {
    let original = cases.original;
    let aud = original.audience();
    let others = alike(&aud);
    for (name, aud) in &others {
        let claims = original.claims_with("aud", aud.as_str());
        cases.add_payload(format!("aud {name}"), Rule::Audience, claims);
    }
    let all: Vec<&str> = others.iter().map(|(_, aud)| aud.as_str()).collect();
    for (name, aud) in [
        ("a list of all of those", json!(all)),
        ("a list with an empty text", json!([""])),
        ("a list with one that is longer", json!([format!("{aud}.attacker.example")])),
        ("two in one text", json!(format!("https://attacker.example {aud}"))),
        ("two in one text, a comma between", json!(format!("{aud},https://attacker.example"))),
        ("a list, written as a text", json!(json!([aud]).to_string())),
        ("the client", original.claim("client_id").clone()),
        ("the user", original.claim("sub").clone()),
        ("the attacker, where one could ask", json!(lure)),
    ] {
        cases.add_payload(
            format!("aud is {name}"),
            Rule::Audience,
            original.claims_with("aud", aud),
        );
    }
}
