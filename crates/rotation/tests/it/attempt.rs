//! Attempt keys: valid and malformed header values.

use rotation::Attempt;

#[test]
fn quotes_of_a_structured_field_string_are_not_part_of_the_key() {
    assert_eq!(Attempt::parse("\"0123456789abcdef\""), Attempt::parse("0123456789abcdef"));
    // A lone quote is an ordinary character.
    assert_ne!(Attempt::parse("\"0123456789abcdef"), Attempt::parse("0123456789abcdef"));
}

#[test]
fn sixteen_to_128_visible_characters_make_a_key() {
    for good in ["0123456789abcdef".to_owned(), "~".repeat(128), format!("\"{}\"", "!".repeat(128))]
    {
        assert!(Attempt::parse(&good).is_ok(), "{good}");
    }
    for bad in [
        String::new(),
        "0123456789abcde".to_owned(),
        "\"0123456789abcd\"".to_owned() + "",
        "~".repeat(129),
        "0123456789 abcdef".to_owned(),
        "0123456789abcdef\t".to_owned(),
        "0123456789abcdefé".to_owned(),
    ] {
        assert!(Attempt::parse(&bad).is_err(), "{bad}");
    }
}

/// An error text that quoted the key would bring it into a log.
#[test]
fn a_malformed_key_is_an_error_that_does_not_quote_it() {
    let error: Box<dyn std::error::Error> = Attempt::parse("secret").expect_err("short").into();
    assert!(error.to_string().contains("16 to 128") && !error.to_string().contains("secret"));
}

/// FIPS 180-4: SHA-256 of the 26 letters, as published in many places.
#[test]
fn what_is_stored_is_the_hash_of_the_key() {
    let attempt = Attempt::parse("abcdefghijklmnopqrstuvwxyz").expect("a key");
    let hex: String = attempt.hash().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "71c480df93d6ae2f1efad1447c66c9525e316218cf51fc8d9ed832f2daf18b73");
    assert_eq!(Attempt::from_hash(*attempt.hash()), attempt);
}
