//! Claims (RFC 9068 section 2.2): each required claim is present, with its JSON type and a valid value. A lenient
//! verifier might read another value than the next service. Signed by the issuer.

use serde_json::{Value, json};

use crate::case::{Cases, Rule};

const REQUIRED: [&str; 10] =
    ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "sid", "auth_time", "amr"];
const STRINGS: [&str; 5] = ["iss", "sub", "sid", "jti", "client_id"];
const INSTANTS: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

pub(crate) fn forge(cases: &mut Cases<'_>) {
    let original = cases.original;
    for name in REQUIRED {
        let claims = original.claims_without(name);
        cases.add_payload(format!("missing {name}"), Rule::MissingClaim(name), claims);
    }
    strings(cases);
    instants(cases);
    ids(cases);
    lists(cases);
    status(cases);
}

fn of_type(cases: &mut Cases<'_>, name: &'static str, what: &str, value: Value) {
    let claims = cases.original.claims_with(name, value);
    cases.add_payload(format!("{name} is {what}"), Rule::ClaimType(name), claims);
}

fn of_value(cases: &mut Cases<'_>, name: &'static str, what: &str, value: Value) {
    let claims = cases.original.claims_with(name, value);
    cases.add_payload(format!("{name} is {what}"), Rule::ClaimValue(name), claims);
}

fn strings(cases: &mut Cases<'_>) {
    for name in STRINGS {
        let right = cases.original.claim(name).clone();
        of_type(cases, name, "null", Value::Null);
        of_type(cases, name, "a number", json!(7));
        of_type(cases, name, "true", json!(true));
        of_type(cases, name, "a list", json!([right]));
        of_type(cases, name, "an object", json!({name: right}));
    }
    for name in ["jti", "client_id"] {
        of_value(cases, name, "empty", json!(""));
        of_value(cases, name, "257 characters long", json!("a".repeat(257)));
    }
    of_type(cases, "scope", "a list", json!(["notes:write"]));
    of_type(cases, "scope", "null", Value::Null);
}

fn instants(cases: &mut Cases<'_>) {
    let end = cases.original.instant("exp");
    for name in INSTANTS {
        of_type(cases, name, "a string", json!(end.to_string()));
        of_type(cases, name, "a fraction", json!(1.5));
        of_type(cases, name, "null", Value::Null);
        of_type(cases, name, "true", json!(true));
        of_type(cases, name, "a list", json!([end]));
        of_type(cases, name, "a date in words", json!("9999-12-31T23:59:59Z"));
        of_value(cases, name, "negative", json!(-1));
        of_value(cases, name, "in milliseconds", json!(end * 1_000));
        of_value(cases, name, "after the year 9999", json!(253_402_300_800_i64));
        of_value(cases, name, "the largest i64", json!(i64::MAX));
        of_value(cases, name, "the smallest i64", json!(i64::MIN));
        for (what, raw) in [
            ("an integer written as a fraction", format!("{end}.0")),
            ("an exponent", "1e11".to_owned()),
            ("the largest u64", "18446744073709551615".to_owned()),
            ("beyond 64 bits", "18446744073709551616000".to_owned()),
        ] {
            let claims = cases.original.claims_with_raw(name, &raw);
            cases.add_payload(format!("{name} is {what}"), Rule::ClaimType(name), claims);
        }
    }
}

/// RFC 9562 section 4 permits more spellings of a UUID, and in a text comparison each is another user.
fn ids(cases: &mut Cases<'_>) {
    for name in ["sub", "sid"] {
        let id = cases.original.claim(name).as_str().expect("an id").to_owned();
        for (what, spelling) in [
            ("empty", String::new()),
            ("in capitals", id.to_uppercase()),
            ("without hyphens", id.replace('-', "")),
            ("in braces", format!("{{{id}}}")),
            ("a URN", format!("urn:uuid:{id}")),
            ("with a space", format!("{id} ")),
            ("with NUL", format!("{id}\0")),
            ("too short", id[..35].to_owned()),
            ("a word", "admin".to_owned()),
            ("a path", format!("../{id}")),
        ] {
            of_value(cases, name, what, json!(spelling));
        }
    }
}

fn lists(cases: &mut Cases<'_>) {
    let aud = cases.original.audience();
    of_type(cases, "aud", "null", Value::Null);
    of_type(cases, "aud", "a number", json!(1));
    of_type(cases, "aud", "true", json!(true));
    of_type(cases, "aud", "an object", json!({aud.as_str(): true}));
    of_type(cases, "aud", "a list in a list", json!([[aud]]));
    of_type(cases, "aud", "a list with a number", json!([aud, 1]));
    of_type(cases, "aud", "a list with null", json!([aud, null]));
    of_type(cases, "aud", "a list with an object", json!([{"value": aud}]));
    of_value(cases, "aud", "an empty list", json!([]));
    of_type(cases, "amr", "a string", json!("pwd"));
    of_type(cases, "amr", "null", Value::Null);
    of_type(cases, "amr", "a list with a number", json!(["pwd", 1]));
    of_type(cases, "amr", "an object", json!({"0": "pwd"}));
}

/// Token Status List section 6.2: a status that cannot be looked up is not known to be good.
fn status(cases: &mut Cases<'_>) {
    of_type(cases, "status", "a string", json!("valid"));
    of_type(cases, "status", "null", Value::Null);
    of_type(cases, "status", "zero", json!(0));
    of_type(cases, "status", "a list", json!([]));
    for (name, rule, status) in [
        ("status is empty", Rule::MissingClaim("status_list"), json!({})),
        ("status list is empty", Rule::MissingClaim("uri"), json!({"status_list": {}})),
        ("status list is a string", Rule::ClaimType("status_list"), json!({"status_list": "0"})),
        (
            "place is negative",
            Rule::ClaimValue("idx"),
            json!({"status_list": {"uri": "https://issuer.example/0", "idx": -1}}),
        ),
        (
            "place is a string",
            Rule::ClaimType("idx"),
            json!({"status_list": {"uri": "https://issuer.example/0", "idx": "0"}}),
        ),
        (
            "address is empty",
            Rule::ClaimValue("uri"),
            json!({"status_list": {"uri": "", "idx": 0}}),
        ),
    ] {
        let claims = cases.original.claims_with("status", status);
        cases.add_payload(name, rule, claims);
    }
}
