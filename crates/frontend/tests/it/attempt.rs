//! The attempt key: kept until answered, and only ever removed by the one whose it is.

use std::cell::RefCell;

use frontend::session::attempt::{Shelf, begin, key_of, settle, take_or_create};

#[derive(Default)]
struct Memory(RefCell<Option<String>>);

impl Shelf for Memory {
    fn read(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    fn write(&self, key: &str) {
        self.0.replace(Some(key.to_owned()));
    }

    fn clear(&self) {
        self.0.replace(None);
    }
}

const OURS: &str = "00112233445566778899aabbccddeeff";
const THEIRS: &str = "ffeeddccbbaa99887766554433221100";

fn holding(key: &str) -> Memory {
    let shelf = Memory::default();
    shelf.write(key);
    shelf
}

#[test]
fn a_new_attempt_is_pending_from_the_moment_it_has_a_key() {
    let shelf = Memory::default();
    assert_eq!(take_or_create(&shelf, || OURS.to_owned()), OURS);
    assert_eq!(shelf.read().as_deref(), Some(OURS));
}

#[test]
fn an_unanswered_attempt_is_repeated_with_its_key() {
    let shelf = holding(OURS);
    assert_eq!(take_or_create(&shelf, || THEIRS.to_owned()), OURS);
    assert_eq!(shelf.read().as_deref(), Some(OURS));
}

#[test]
fn an_attempt_begins_only_where_none_is_pending() {
    let shelf = Memory::default();
    assert!(begin(&shelf, OURS));
    assert!(!begin(&shelf, THEIRS));
    assert_eq!(shelf.read().as_deref(), Some(OURS));
}

#[test]
fn an_answered_attempt_is_forgotten() {
    let shelf = holding(OURS);
    settle(&shelf, OURS);
    assert_eq!(shelf.read(), None);
    settle(&shelf, OURS);
    assert_eq!(shelf.read(), None);
}

#[test]
fn the_attempt_of_another_tab_stays_pending() {
    let shelf = holding(THEIRS);
    settle(&shelf, OURS);
    assert_eq!(shelf.read().as_deref(), Some(THEIRS));
}

#[test]
fn a_key_the_server_would_refuse_is_replaced() {
    for spoilt in ["", "short", "has a space in it", "über-long-enough-key", &"x".repeat(129)] {
        let shelf = holding(spoilt);
        assert_eq!(take_or_create(&shelf, || OURS.to_owned()), OURS, "{spoilt:?}");
        assert_eq!(shelf.read().as_deref(), Some(OURS));
    }
}

#[test]
fn a_key_is_128_bits_of_visible_ascii() {
    assert_eq!(key_of([0; 16]), "0".repeat(32));
    assert_eq!(key_of([0xAB; 16]), "ab".repeat(16));
}
