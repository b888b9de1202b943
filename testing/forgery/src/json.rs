//! RFC 7515 section 4, RFC 7519 section 4 and RFC 8259: invalid JSON, or JSON that two parsers read differently. Each
//! once as a header and once as a payload, signed by the issuer.

use serde_json::json;

use crate::case::{Cases, Flaw, Rule};
use crate::original::{appended, prepended};

pub(crate) fn forge(cases: &mut Cases<'_>) {
    for part in [Part::Header, Part::Payload] {
        duplicates(cases, part);
        around(cases, part);
        values(cases, part);
        objects(cases, part);
        depth(cases, part);
        bytes(cases, part);
    }
    named_duplicates(cases);
}

#[derive(Clone, Copy)]
enum Part {
    Header,
    Payload,
}

/// Adds what `change` makes of the part's JSON.
fn add(cases: &mut Cases<'_>, part: Part, name: &str, flaw: Flaw, text: impl AsRef<[u8]>) {
    match part {
        Part::Header => {
            cases.add_header(format!("header: {name}"), Rule::HeaderJson(flaw), text);
        }
        Part::Payload => {
            cases.add_payload(format!("payload: {name}"), Rule::ClaimsJson(flaw), text);
        }
    }
}

fn text(cases: &Cases<'_>, part: Part) -> String {
    match part {
        Part::Header => cases.original.header_text(),
        Part::Payload => cases.original.claims_text(),
    }
}

fn duplicates(cases: &mut Cases<'_>, part: Part) {
    for (name, members) in [
        ("a member twice", r#""a":1,"a":2"#),
        ("a member twice with one value", r#""a":1,"a":1"#),
        ("a member twice, once escaped", r#""a":1,"\u0061":2"#),
        ("a member twice in an object within", r#""a":{"b":1,"b":2}"#),
        ("a member twice in a list", r#""a":[{"b":1,"b":2}]"#),
        ("the empty name twice", r#""":1,"":2"#),
        ("a member twice, as a surrogate pair", "\"\u{1f511}\":1,\"\\ud83d\\udd11\":2"),
    ] {
        let json = appended(&text(cases, part), members);
        add(cases, part, name, Flaw::Duplicate, json);
    }
}

/// The members that matter, first or last: parsers differ in which duplicate they use.
fn named_duplicates(cases: &mut Cases<'_>) {
    let original = cases.original;
    for (part, name, value, escaped) in [
        (Part::Header, "alg", json!("none"), r"\u0061lg"),
        (Part::Header, "kid", json!(original.other_kid()), r"k\u0069d"),
        (Part::Header, "typ", json!("JWT"), r"t\u0079p"),
        (Part::Payload, "sub", json!("01890a5d-ac96-774b-bcce-b302099affff"), r"su\u0062"),
        (Part::Payload, "exp", json!(original.instant("exp") + 1_000_000), r"\u0065xp"),
        (Part::Payload, "aud", json!("https://attacker.example"), r"a\u0075d"),
    ] {
        let json = text(cases, part);
        for (way, member) in [("", name), (", escaped", escaped)] {
            let member = format!("\"{member}\":{value}");
            let first = prepended(&json, &member);
            add(cases, part, &format!("{name} first{way}"), Flaw::Duplicate, first);
            let last = appended(&json, &member);
            add(cases, part, &format!("{name} last{way}"), Flaw::Duplicate, last);
        }
    }
}

/// Bytes before the object, or after it.
fn around(cases: &mut Cases<'_>, part: Part) {
    let json = text(cases, part);
    for (name, around) in [
        ("a byte order mark", format!("\u{feff}{json}")),
        ("a second object", format!("{json}{{}}")),
        ("a line with a second object", format!("{json}\n{json}")),
        ("a comma behind", format!("{json},")),
        ("a brace behind", format!("{json}}}")),
        ("NUL behind", format!("{json}\0")),
        ("a comment behind", format!("{json}// end")),
        ("a comment before", format!("/* begin */{json}")),
        ("a protecting prefix", format!(")]}}',\n{json}")),
        ("the last brace missing", json[..json.len() - 1].to_owned()),
        ("nothing", String::new()),
        ("a space", " ".to_owned()),
    ] {
        add(cases, part, name, Flaw::Grammar, around);
    }
}

/// An unknown member with an invalid value.
fn values(cases: &mut Cases<'_>, part: Part) {
    let digits = "9".repeat(400);
    for (name, value) in [
        ("a trailing comma", "1,"),
        ("a comment", "/* one */1"),
        ("single quotes", "'a'"),
        ("NaN", "NaN"),
        ("infinity", "Infinity"),
        ("a capital True", "True"),
        ("undefined", "undefined"),
        ("a leading zero", "01"),
        ("a leading plus", "+1"),
        ("a hexadecimal number", "0x10"),
        ("a number without its end", "1."),
        ("a number beyond a double", "1e999"),
        ("a number of 400 digits", &digits),
        ("a high surrogate alone", r#""\ud800""#),
        ("a low surrogate alone", r#""\udc00""#),
        ("surrogates in the wrong order", r#""\udc00\ud800""#),
        ("an unknown escape", r#""\x41""#),
        ("a newline in a string", "\"a\nb\""),
        ("NUL in a string", "\"a\0b\""),
    ] {
        let json = appended(&text(cases, part), &format!("\"a\":{value}"));
        add(cases, part, name, Flaw::Grammar, json);
    }
    let json = appended(&text(cases, part), "a:1");
    add(cases, part, "a name without quotes", Flaw::Grammar, json);
}

fn objects(cases: &mut Cases<'_>, part: Part) {
    let json = text(cases, part);
    for (name, other) in [
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("true", "true".to_owned()),
        ("an empty list", "[]".to_owned()),
        ("a list with the object", format!("[{json}]")),
        ("the object as a string", json!(json).to_string()),
    ] {
        add(cases, part, name, Flaw::NotAnObject, other);
    }
}

fn depth(cases: &mut Cases<'_>, part: Part) {
    let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for (name, value) in [
        ("8 lists within", lists(8)),
        ("8 objects within", objects(8)),
        ("100 objects within", objects(100)),
        ("1,000 lists within", lists(1_000)),
        ("2,000 lists that do not end", "[".repeat(2_000)),
    ] {
        let json = appended(&text(cases, part), &format!("\"a\":{value}"));
        add(cases, part, name, Flaw::Depth, json);
    }
}

fn bytes(cases: &mut Cases<'_>, part: Part) {
    let json = text(cases, part);
    let utf16: Vec<u8> = json.encode_utf16().flat_map(u16::to_le_bytes).collect();
    add(cases, part, "UTF-16", Flaw::Utf8, [&[0xff, 0xfe], &utf16[..]].concat());
    for (name, bytes) in [
        ("Latin-1", &[0xe9][..]),
        ("an overlong NUL", &[0xc0, 0x80]),
        ("an overlong slash", &[0xe0, 0x80, 0xaf]),
        ("a surrogate in bytes", &[0xed, 0xa0, 0x80]),
        ("beyond Unicode", &[0xf4, 0x90, 0x80, 0x80]),
    ] {
        let (before, behind) = (&json.as_bytes()[..json.len() - 1], b",\"a\":\"");
        add(cases, part, name, Flaw::Utf8, [before, behind, bytes, b"\"}"].concat());
    }
}
