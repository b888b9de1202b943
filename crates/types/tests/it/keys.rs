//! Idempotency keys in a header value.

use types::idempotency::key_in;

#[test]
fn a_key_stands_alone_or_in_quotes() {
    assert_eq!(key_in("0123456789abcdef"), Some("0123456789abcdef"));
    assert_eq!(key_in("\"0123456789abcdef\""), Some("0123456789abcdef"));
}

#[test]
fn a_malformed_key_is_none() {
    let long = "a".repeat(129);
    for bad in ["", "0123456789abcde", "\"0123456789abcde\"", "0123456789 abcdef", &long] {
        assert_eq!(key_in(bad), None, "{bad}");
    }
    assert!(key_in(&long[1..]).is_some());
}
