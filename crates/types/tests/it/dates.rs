//! Instants: arithmetic that saturates, and one number on the wire.

use types::NumericDate;

#[test]
fn an_instant_is_one_number_on_the_wire() {
    let text = serde_json::to_string(&NumericDate(1_800_000_000)).expect("a number");
    assert_eq!(text, "1800000000");
    assert_eq!(serde_json::from_str::<NumericDate>(&text).ok(), Some(NumericDate(1_800_000_000)));
}

#[test]
fn arithmetic_at_the_ends_of_time_saturates() {
    let last = NumericDate(i64::MAX);
    assert_eq!(last.plus(1), last);
    assert_eq!(NumericDate(i64::MIN).since(last), i64::MIN);
    assert_eq!(NumericDate(5).since(NumericDate(7)), -2);
}
