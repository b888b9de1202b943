//! The idempotency key: its syntax, and the hashes that a service stores.

use verifier::IdempotencyKey;

use crate::support::b64;

const KEY: &str = "0123456789abcdef";

fn key(value: &str) -> IdempotencyKey {
    IdempotencyKey::parse(value).expect("a key")
}

#[test]
fn a_key_has_16_to_128_visible_characters() {
    for (value, is_key) in [
        (String::new(), false),
        ("a".repeat(15), false),
        ("a".repeat(16), true),
        ("a".repeat(128), true),
        ("a".repeat(129), false),
        ("!#$%&'()*+,-./:;<=>?@[]^_`{|}~".to_owned(), true),
        ("0123456789 abcdef".to_owned(), false),
        ("0123456789\tabcdef".to_owned(), false),
        ("0123456789\u{7f}abcdef".to_owned(), false),
        ("0123456789éabcdef".to_owned(), false),
        // The quotes of a structured-field string do not count.
        (format!("\"{}\"", "a".repeat(15)), false),
        (format!("\"{}\"", "a".repeat(16)), true),
        (format!("\"{}\"", "a".repeat(128)), true),
    ] {
        assert_eq!(IdempotencyKey::parse(&value).is_some(), is_key, "{value:?}");
    }
}

#[test]
fn a_key_is_the_same_with_and_without_the_quotes_of_a_structured_field() {
    assert_eq!(key(KEY).hash(), key(&format!("\"{KEY}\"")).hash());
    // One quote alone is a character like any other.
    assert_ne!(key(KEY).hash(), key(&format!("\"{KEY}")).hash());
}

#[test]
fn the_hashes_are_those_that_are_stored_already() {
    assert_eq!(b64(key(KEY).hash()), "n59REfeyengfHx3d5evC3St5a_xzZcnCi1SOVkF2kp8");
    let (none, two): (&[&[u8]], &[&[u8]]) = (&[], &[b"ab", b"c"]);
    for (parts, hash) in [
        (none, "d7rG7E-BFMO2tmIjVP9Gff-LSx7Tf90ByamD2PhS9_0"),
        (two, "-6pF2_QcjbmBVh0R376GbdeRZSo5HjYZ5J-weCtihH4"),
    ] {
        assert_eq!(b64(key(KEY).request_hash(parts)), hash, "{parts:?}");
    }
}

#[test]
fn a_request_is_another_one_if_any_part_of_it_is() {
    let hash = |parts: &[&[u8]]| key(KEY).request_hash(parts);
    let one = hash(&[b"ab", b"c"]);
    assert_eq!(one, hash(&[b"ab", b"c"]));
    let others: [&[&[u8]]; 5] =
        [&[b"a", b"bc"], &[b"abc"], &[b"ab", b"c", b""], &[b"", b"ab", b"c"], &[]];
    for other in others {
        assert_ne!(one, hash(other), "{other:?}");
    }
    // And with another key, as a salt: an attacker could guess the hash of a request alone.
    assert_ne!(one, key("fedcba9876543210").request_hash(&[b"ab", b"c"]));
}
