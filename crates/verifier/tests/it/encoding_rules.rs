//! RFC 7515 sections 2 and 7.1: one compact serialisation, one spelling of each part.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;
use verifier::Rejection;

use crate::support::{
    b64, claims, claims_with, good_token, header, header_with, seal, sign, token, verify,
};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Pads a JSON text until its length leaves `remainder` after division by three.
fn padded(json: String, remainder: usize) -> String {
    (0..3)
        .map(|spaces| format!("{json}{}", " ".repeat(spaces)))
        .find(|text| text.len() % 3 == remainder)
        .expect("one of three lengths")
}

/// The same bytes to a decoder that ignores trailing bits: the last character's successor.
fn with_trailing_bits(canonical: &str) -> String {
    let (rest, last) = canonical.split_at(canonical.len() - 1);
    let index = ALPHABET.iter().position(|c| [*c] == last.as_bytes()).expect("base64url");
    format!("{rest}{}", char::from(ALPHABET[index + 1]))
}

/// An acceptable token of exactly `length` characters.
fn token_of_length(length: usize) -> String {
    let (payload, header_characters) = (0..3)
        .map(|spaces| format!("{}{}", claims(), " ".repeat(spaces)))
        // 86 characters of signature and two dots.
        .map(|payload| (payload.clone(), length - b64(payload).len() - 88))
        // No bytes encode to four characters and one.
        .find(|(_, header_characters)| header_characters % 4 != 1)
        .expect("one of three lengths");
    let filler = header_characters * 3 / 4 - header_with("filler", json!("")).len();
    token(header_with("filler", json!("a".repeat(filler))), payload)
}

#[test]
fn a_token_may_be_8_kib_long_and_not_a_byte_longer() {
    let (longest, too_long) = (token_of_length(8_192), token_of_length(8_193));
    assert_eq!((longest.len(), too_long.len()), (8_192, 8_193));
    assert!(verify(&longest).is_ok());
    assert_eq!(verify(&too_long), Err(Rejection::TooLong));
    assert_eq!(verify(&"a".repeat(1_000_000)), Err(Rejection::TooLong));
}

#[test]
fn a_token_has_exactly_three_parts() {
    let good = good_token();
    let (signing_input, signature) = good.rsplit_once('.').expect("three parts");
    let (header, payload) = signing_input.split_once('.').expect("three parts");
    for not_three in [
        String::new(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}."),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}..{payload}.{signature}"),
        format!("{header}.{payload}..{signature}"),
        format!("{header}.{payload}.{signature}.{signature}"),
        // The shape of a JWE.
        format!("{header}.{payload}.{signature}.{signature}.{signature}"),
        format!("{header}....{signature}"),
        "...".to_owned(),
    ] {
        assert_eq!(verify(&not_three), Err(Rejection::NotCompact), "{not_three}");
    }
}

#[test]
fn a_part_may_not_be_padded() {
    for remainder in [1, 2] {
        let (header, payload) =
            (padded(header().to_string(), remainder), padded(claims().to_string(), remainder));
        for signing_input in [
            format!("{}.{}", URL_SAFE.encode(&header), b64(&payload)),
            format!("{}.{}", b64(&header), URL_SAFE.encode(&payload)),
        ] {
            assert!(signing_input.contains('='));
            assert_eq!(verify(&seal(&signing_input)), Err(Rejection::Encoding));
        }
    }
    for padding in ["=", "=="] {
        assert_eq!(verify(&(good_token() + padding)), Err(Rejection::Encoding));
    }
}

#[test]
fn a_part_may_not_use_the_alphabet_of_plain_base64() {
    let header = header_with("a", json!("???~~~>>>???~~~>>>"));
    let payload = claims_with("a", json!("???~~~>>>???~~~>>>"));
    let plain = |json: &str| {
        let text = STANDARD_NO_PAD.encode(json);
        assert!(text.contains(['+', '/']));
        text
    };
    assert!(verify(&token(&header, &payload)).is_ok());
    for signing_input in [
        format!("{}.{}", plain(&header), b64(&payload)),
        format!("{}.{}", b64(&header), plain(&payload)),
    ] {
        assert_eq!(verify(&seal(&signing_input)), Err(Rejection::Encoding));
    }
}

#[test]
fn a_token_holds_no_white_space_and_no_other_character() {
    let good = good_token();
    for stranger in [" ", "\t", "\n", "\r\n", "\0", "+", "/", "=", "%", ",", "é", "\u{feff}"] {
        let with_stranger_at = |at: usize| format!("{}{stranger}{}", &good[..at], &good[at..]);
        let dots: Vec<usize> = good.match_indices('.').map(|(at, _)| at).collect();
        for at in [0, 8, dots[0], dots[0] + 1, dots[1], dots[1] + 1, good.len() - 8, good.len()] {
            assert_eq!(
                verify(&with_stranger_at(at)),
                Err(Rejection::Encoding),
                "{stranger:?} at {at}"
            );
        }
        // Signed with the stray character in it: the encoding is the reason, not the signature.
        let (signing_input, _) = good.rsplit_once('.').expect("three parts");
        assert_eq!(verify(&seal(&format!("{signing_input}{stranger}"))), Err(Rejection::Encoding));
    }
}

#[test]
fn unused_trailing_bits_must_be_zero() {
    for remainder in [1, 2] {
        let header = b64(padded(header().to_string(), remainder));
        let payload = b64(padded(claims().to_string(), remainder));
        assert!(verify(&seal(&format!("{header}.{payload}"))).is_ok());
        for signing_input in [
            format!("{}.{payload}", with_trailing_bits(&header)),
            format!("{header}.{}", with_trailing_bits(&payload)),
        ] {
            assert_eq!(verify(&seal(&signing_input)), Err(Rejection::Encoding));
        }
    }
    // 64 bytes are 86 characters, of which the last carries two bits.
    assert_eq!(verify(&with_trailing_bits(&good_token())), Err(Rejection::Encoding));
}

#[test]
fn a_part_cannot_have_a_length_that_no_bytes_encode_to() {
    let header = padded(header().to_string(), 0);
    let signing_input = format!("{}A.{}", b64(&header), b64(claims().to_string()));
    assert_eq!(verify(&seal(&signing_input)), Err(Rejection::Encoding));
    let signing_input = format!("{}.{}", b64(&header), b64(claims().to_string()));
    let signature = URL_SAFE_NO_PAD.encode([sign(&signing_input), vec![0, 0]].concat());
    assert_eq!(verify(&format!("{signing_input}.{signature}A")), Err(Rejection::Encoding));
}

#[test]
fn no_beginning_of_a_token_is_a_token() {
    let good = good_token();
    for length in 0..good.len() {
        assert!(verify(&good[..length]).is_err(), "the first {length} characters");
    }
}

#[test]
fn no_character_of_a_token_can_be_exchanged() {
    let good = good_token();
    for at in 0..good.len() {
        for replacement in ["A", "B", "."] {
            if &good[at..=at] != replacement {
                let mut changed = good.clone();
                changed.replace_range(at..=at, replacement);
                assert!(verify(&changed).is_err(), "{replacement} at {at}");
            }
        }
    }
}

#[test]
fn an_empty_part_is_no_part() {
    let good = good_token();
    let (signing_input, signature) = good.rsplit_once('.').expect("three parts");
    let (header, payload) = signing_input.split_once('.').expect("three parts");
    let no_json = verifier::JsonFault::NotJson;
    for (token, rejection) in [
        (seal(&format!(".{payload}")), Rejection::HeaderJson(no_json)),
        (seal(&format!("{header}.")), Rejection::ClaimsJson(no_json)),
        // Detached content (RFC 7515 appendix F) is not an access token either.
        (format!("{header}..{signature}"), Rejection::BadSignature),
        (format!("{signing_input}."), Rejection::BadSignature),
        ("..".to_owned(), Rejection::HeaderJson(no_json)),
    ] {
        assert_eq!(verify(&token), Err(rejection), "{token}");
    }
}
