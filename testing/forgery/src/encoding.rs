//! RFC 7515 section 2 and RFC 4648 section 3.5: a value has one spelling in base64url. A lenient decoder would yield
//! the right bytes from all these tokens, which are signed as they are written.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE};
use serde_json::json;

use crate::base64url::b64;
use crate::case::{Cases, Flaw, Rule};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Encodes to characters in which the two alphabets differ, at any offset.
const TELLING: &str = "???~~~>>>???~~~>>>";

pub(crate) fn forge(cases: &mut Cases<'_>) {
    padding(cases);
    alphabet(cases);
    strangers(cases);
    trailing_bits(cases);
    impossible_lengths(cases);
    twice(cases);
    length(cases);
}

/// A JSON text of a length that leaves `remainder` after division by three.
fn of_length(json: String, remainder: usize) -> String {
    let spaces = (3 + remainder - json.len() % 3) % 3;
    json + &" ".repeat(spaces)
}

fn padding(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [header, payload, _] = original.parts();
    for (remainder, signs) in [(2, "one"), (1, "two")] {
        let padded = URL_SAFE.encode(of_length(original.header_text(), remainder));
        let token = original.seal(&format!("{padded}.{payload}"));
        cases.add(format!("header with {signs} padding"), Rule::Encoding, token);
        let padded = URL_SAFE.encode(of_length(original.claims_text(), remainder));
        let token = original.seal(&format!("{header}.{padded}"));
        cases.add(format!("payload with {signs} padding"), Rule::Encoding, token);
    }
    for padding in ["=", "==", "===", "%3D%3D"] {
        let token = format!("{}{padding}", original.token());
        cases.add(format!("signature with {padding}"), Rule::Encoding, token);
    }
}

fn alphabet(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [header, payload, _] = original.parts();
    let plain = STANDARD_NO_PAD.encode(original.header_with("a", TELLING));
    let token = original.seal(&format!("{plain}.{payload}"));
    cases.add("header with + and /", Rule::Encoding, token);
    let plain = STANDARD_NO_PAD.encode(original.claims_with("a", TELLING));
    let token = original.seal(&format!("{header}.{plain}"));
    cases.add("payload with + and /", Rule::Encoding, token);
    // Nearly every signature has one of the characters; another value of an unknown claim yields one that does.
    let token = (0..).find_map(|number| {
        let token =
            original.sealed(original.header_text(), original.claims_with("a", json!(number)));
        let (input, signature) = token.rsplit_once('.').expect("three parts");
        let plain = signature.replace('-', "+").replace('_', "/");
        (plain != signature).then(|| format!("{input}.{plain}"))
    });
    cases.add("signature with + and /", Rule::Encoding, token.expect("numbers do not end"));
}

/// Characters that some decoders skip.
fn strangers(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [header, payload, signature] = original.parts();
    for (name, stranger) in [
        ("a space", " "),
        ("a tab", "\t"),
        ("a newline", "\n"),
        ("CR LF", "\r\n"),
        ("NUL", "\0"),
        ("a comma", ","),
        ("a percent sign", "%"),
        ("an encoded newline", "%0A"),
        ("an escaped newline", "\\n"),
    ] {
        let inside = |part: &str| format!("{}{stranger}{}", &part[..8], &part[8..]);
        let token = original.seal(&format!("{}.{payload}", inside(header)));
        cases.add(format!("{name} in the header"), Rule::Encoding, token);
        let token = original.seal(&format!("{header}.{}", inside(payload)));
        cases.add(format!("{name} in the payload"), Rule::Encoding, token);
        let token = format!("{header}.{payload}.{}", inside(signature));
        cases.add(format!("{name} in the signature"), Rule::Encoding, token);
    }
    let token = original.seal(&format!("{header} .{payload}"));
    cases.add("a space before the period", Rule::Encoding, token);
    let token = original.seal(&format!("{header}. {payload}"));
    cases.add("a space behind the period", Rule::Encoding, token);
}

/// The same bytes to a decoder that ignores unused bits: the last character's successor.
fn with_trailing_bits(canonical: &str) -> String {
    let (rest, last) = canonical.split_at(canonical.len() - 1);
    let index = ALPHABET.iter().position(|it| [*it] == last.as_bytes()).expect("base64url");
    format!("{rest}{}", char::from(ALPHABET[index + 1]))
}

fn trailing_bits(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [header, payload, _] = original.parts();
    for (remainder, bits) in [(2, "two"), (1, "four")] {
        let last = with_trailing_bits(&b64(of_length(original.header_text(), remainder)));
        let token = original.seal(&format!("{last}.{payload}"));
        cases.add(format!("header with {bits} trailing bits"), Rule::Encoding, token);
        let last = with_trailing_bits(&b64(of_length(original.claims_text(), remainder)));
        let token = original.seal(&format!("{header}.{last}"));
        cases.add(format!("payload with {bits} trailing bits"), Rule::Encoding, token);
    }
    let token = with_trailing_bits(original.token());
    cases.add("signature with trailing bits", Rule::Encoding, token);
}

/// No bytes encode to four characters and one.
fn impossible_lengths(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [header, payload, _] = original.parts();
    let one_more = format!("{}A", b64(of_length(original.header_text(), 0)));
    let token = original.seal(&format!("{one_more}.{payload}"));
    cases.add("header with a character more", Rule::Encoding, token);
    let one_more = format!("{}A", b64(of_length(original.claims_text(), 0)));
    let token = original.seal(&format!("{header}.{one_more}"));
    cases.add("payload with a character more", Rule::Encoding, token);
    let token = format!("{}AAA", original.token());
    cases.add("signature with three characters more", Rule::Encoding, token);
}

fn twice(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [header, payload, _] = original.parts();
    cases.add_header("header encoded twice", Rule::HeaderJson(Flaw::Grammar), header);
    cases.add_payload("payload encoded twice", Rule::ClaimsJson(Flaw::Grammar), payload);
}

fn length(cases: &mut Cases<'_>) {
    let original = cases.original;
    let filler = "a".repeat(8 * 1024);
    cases.add_header("a long header", Rule::Length, original.header_with("a", filler.as_str()));
    cases.add_payload("a long payload", Rule::Length, original.claims_with("a", filler));
    let token = format!("{}{}", original.token(), "A".repeat(8 * 1024));
    cases.add("a long signature", Rule::Length, token);
}
