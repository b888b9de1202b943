//! Strict JSON (RFC 7515 section 5.2, RFC 7519 section 7.2): header and payload are UTF-8, one JSON object each, and
//! mean the same to every parser. Each rule is checked on both parts.

use verifier::{JsonFault, Rejection};

use crate::support::{claims, header, token_with_header, token_with_payload, verify};

/// The rejection of `spoil`ed JSON, as header and as payload.
fn assert_refused(spoil: impl Fn(&str) -> Vec<u8>, fault: JsonFault) {
    let header = spoil(&header().to_string());
    let payload = spoil(&claims().to_string());
    let shown = String::from_utf8_lossy(&header).into_owned();
    assert_eq!(verify(&token_with_header(header)), Err(Rejection::HeaderJson(fault)), "{shown}");
    assert_eq!(verify(&token_with_payload(payload)), Err(Rejection::ClaimsJson(fault)), "{shown}");
}

/// `json` with `members` added in front of its own.
fn with_members(json: &str, members: &str) -> Vec<u8> {
    json.replacen('{', &format!("{{{members},"), 1).into_bytes()
}

/// `json` with a member `a` of `value` added.
fn with_value(json: &str, value: &str) -> Vec<u8> {
    with_members(json, &format!(r#""a":{value}"#))
}

#[test]
fn the_helpers_of_this_module_spoil_nothing_by_themselves() {
    let header = with_value(&header().to_string(), "1");
    let payload = with_value(&claims().to_string(), "1");
    assert!(verify(&crate::support::token(header, payload)).is_ok());
}

#[test]
fn json_must_be_utf_8() {
    assert_refused(|json| [json.as_bytes(), b"\xff"].concat(), JsonFault::NotUtf8);
    assert_refused(
        |json| {
            let mut bytes = with_value(json, r#""?""#);
            let at = bytes.iter().position(|byte| *byte == b'?').expect("the mark");
            bytes[at] = 0xff;
            bytes
        },
        JsonFault::NotUtf8,
    );
    // An overlong slash, and half of a surrogate pair as CESU-8 writes it.
    for bytes in [&b"\xc0\xaf"[..], b"\xed\xa0\x80"] {
        assert_refused(|json| [bytes, json.as_bytes()].concat(), JsonFault::NotUtf8);
    }
    assert_refused(
        |json| {
            [vec![0xff, 0xfe], json.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat()
        },
        JsonFault::NotUtf8,
    );
}

#[test]
fn json_must_be_valid() {
    for value in [
        "'single'",
        "nul",
        "True",
        "NaN",
        "Infinity",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "1e999",
        "[1,]",
        "{\"b\":1,}",
        "{b:1}",
        "\"tab\tin a string\"",
        "\"\\x41\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "/* comment */ 1",
        "",
        "\"open",
        "[1",
        "{\"b\"",
    ] {
        assert_refused(|json| with_value(json, value), JsonFault::NotJson);
    }
    assert_refused(|_| Vec::new(), JsonFault::NotJson);
    assert_refused(|json| json.as_bytes()[..json.len() - 1].to_vec(), JsonFault::NotJson);
}

#[test]
fn json_must_not_begin_with_a_byte_order_mark() {
    assert_refused(|json| format!("\u{feff}{json}").into_bytes(), JsonFault::NotJson);
}

#[test]
fn nothing_may_follow_the_object() {
    for trailer in ["{}", " {}", "x", ",", "}", "\0", "\u{a0}", "// end"] {
        assert_refused(|json| format!("{json}{trailer}").into_bytes(), JsonFault::NotJson);
    }
}

#[test]
fn json_must_be_an_object() {
    for other in ["null", "true", "7", "1.5", "\"a string\"", "[]"] {
        assert_refused(|_| other.as_bytes().to_vec(), JsonFault::NotAnObject);
    }
    assert_refused(|json| format!("[{json}]").into_bytes(), JsonFault::NotAnObject);
    assert_refused(
        |json| format!("\"{}\"", json.replace('"', "\\\"")).into_bytes(),
        JsonFault::NotAnObject,
    );
}

#[test]
fn a_member_may_not_occur_twice() {
    for twice in [
        r#""a":1,"a":1"#,
        r#""a":1,"b":2,"a":3"#,
        r#""a":1,"\u0061":1"#,
        r#""\u0061":1,"\u0061":1"#,
        r#""/":1,"\/":1"#,
        r#""😀":1,"\ud83d\ude00":1"#,
        r#""":1,"":1"#,
        r#""a":null,"a":null"#,
    ] {
        assert_refused(|json| with_members(json, twice), JsonFault::DuplicateMember);
    }
}

#[test]
fn a_required_member_may_not_occur_twice_in_any_spelling() {
    for (plain, escaped) in [("alg", r"\u0061lg"), ("typ", r"t\u0079p"), ("kid", r"ki\u0064")] {
        for spelling in [plain, escaped] {
            let header = with_members(&header().to_string(), &format!(r#""{spelling}":"none""#));
            assert_eq!(
                verify(&token_with_header(header)),
                Err(Rejection::HeaderJson(JsonFault::DuplicateMember)),
                "{spelling}"
            );
        }
    }
    for (plain, escaped) in [("sub", r"su\u0062"), ("exp", r"\u0065xp"), ("aud", r"\u0061ud")] {
        for spelling in [plain, escaped] {
            let payload = with_members(&claims().to_string(), &format!(r#""{spelling}":1"#));
            assert_eq!(
                verify(&token_with_payload(payload)),
                Err(Rejection::ClaimsJson(JsonFault::DuplicateMember)),
                "{spelling}"
            );
        }
    }
}

#[test]
fn a_member_may_not_occur_twice_at_any_depth() {
    for value in [
        r#"{"b":1,"b":2}"#,
        r#"{"b":{"c":1,"\u0063":2}}"#,
        r#"[{"b":1,"b":1}]"#,
        r#"[[0,{"b":[{"c":1,"c":1}]}]]"#,
    ] {
        assert_refused(|json| with_value(json, value), JsonFault::DuplicateMember);
    }
}

#[test]
fn names_that_differ_in_case_or_form_are_different_names() {
    let members = r#""ALG":"none","Alg":"none","é":1,"e\u0301":1,"a":{"alg":1,"b":{"alg":1}}"#;
    let header = with_members(&header().to_string(), members);
    assert!(verify(&token_with_header(header)).is_ok());
}

#[test]
fn eight_levels_of_nesting_are_the_most() {
    let arrays = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let objects = |levels: usize| format!("{}1{}", "{\"b\":".repeat(levels), "}".repeat(levels));
    // The header itself is the first level.
    for eight_in_all in [arrays(7), objects(7)] {
        let header = with_value(&header().to_string(), &eight_in_all);
        let payload = with_value(&claims().to_string(), &eight_in_all);
        assert!(verify(&crate::support::token(header, payload)).is_ok());
    }
    for too_deep in [arrays(8), objects(8), arrays(120), "[".repeat(2_000)] {
        assert_refused(|json| with_value(json, &too_deep), JsonFault::TooDeep);
    }
}
