//! Required and forbidden members of the JOSE header (RFC 9068 sections 2.1 and 4).

use serde_json::{Value, json};
use verifier::Rejection;

use crate::support::{X, Y, header, header_with, token_with_header, verify, without};

#[test]
fn the_type_is_at_jwt_to_the_letter() {
    for typ in [
        json!("JWT"),
        json!("jwt"),
        json!("AT+JWT"),
        json!("at+JWT"),
        // RFC 9068 section 4 would allow this one; Baton never writes it.
        json!("application/at+jwt"),
        json!("at+jwt "),
        json!("at+jwt;v=1"),
        json!("dpop+jwt"),
        json!("logout+jwt"),
        json!(""),
        json!(["at+jwt"]),
        Value::Null,
        json!(1),
    ] {
        let token = token_with_header(header_with("typ", typ.clone()));
        assert_eq!(verify(&token), Err(Rejection::WrongType), "{typ}");
    }
    assert_eq!(verify(&token_with_header(without(header(), "typ"))), Err(Rejection::WrongType));
}

#[test]
fn a_header_may_not_bring_a_key_along_nor_change_the_rules() {
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y});
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://baton.example/.well-known/jwks.json")),
        ("x5u", json!("https://baton.example/key.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("dGh1bWI")),
        ("x5t#S256", json!("dGh1bWI")),
        ("crit", json!(["exp"])),
        ("b64", json!(true)),
        ("enc", json!("A128GCM")),
        ("zip", json!("DEF")),
    ] {
        for value in [value, Value::Null, json!([]), json!("")] {
            let token = token_with_header(header_with(name, value.clone()));
            assert_eq!(verify(&token), Err(Rejection::ForbiddenHeader(name)), "{name}: {value}");
        }
    }
}

#[test]
fn an_unencoded_payload_is_refused_with_and_without_crit() {
    for (header, name) in [
        (r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, "crit"),
        (r#"{"alg":"ES256","b64":false}"#, "b64"),
    ] {
        assert_eq!(verify(&token_with_header(header)), Err(Rejection::ForbiddenHeader(name)));
    }
}

#[test]
fn a_key_id_is_required_even_while_there_is_only_one_key() {
    assert_eq!(verify(&token_with_header(without(header(), "kid"))), Err(Rejection::KeyId));
}

#[test]
fn a_key_id_is_a_string() {
    for kid in [Value::Null, json!(1), json!(true), json!(["a"]), json!({"kid": "a"})] {
        let token = token_with_header(header_with("kid", kid.clone()));
        assert_eq!(verify(&token), Err(Rejection::KeyId), "{kid}");
    }
}

#[test]
fn a_key_id_has_1_to_128_characters() {
    for (length, rejection) in [
        (0, Rejection::KeyId),
        (1, Rejection::UnknownKey),
        (128, Rejection::UnknownKey),
        (129, Rejection::KeyId),
        (4_000, Rejection::KeyId),
    ] {
        let token = token_with_header(header_with("kid", json!("k".repeat(length))));
        assert_eq!(verify(&token), Err(rejection), "{length} characters");
    }
}

#[test]
fn a_key_id_has_the_characters_of_base64url() {
    let token = |kid: &str| token_with_header(header_with("kid", json!(kid)));
    for kid in ["AZaz09-_", "-", "_", "0"] {
        assert_eq!(verify(&token(kid)), Err(Rejection::UnknownKey), "{kid}");
    }
    for kid in [
        "../../etc/passwd",
        "a b",
        "a\n",
        "\r\nset-cookie: a",
        "a\0",
        "a.b",
        "a/b",
        "a+b",
        "a=",
        "' OR 1=1 --",
        "é",
        "ａ",
        "a:b",
        "@",
        "[",
        "`",
        "{",
    ] {
        assert_eq!(verify(&token(kid)), Err(Rejection::KeyId), "{kid:?}");
    }
}

#[test]
fn an_unknown_key_is_unknown_however_close_its_name() {
    let kid = crate::support::public_key().kid().to_owned();
    let (beginning, _) = kid.split_at(42);
    for kid in [beginning.to_owned(), format!("{kid}A"), kid.to_lowercase(), "another".to_owned()] {
        let token = token_with_header(header_with("kid", json!(kid)));
        assert_eq!(verify(&token), Err(Rejection::UnknownKey), "{kid}");
    }
}
