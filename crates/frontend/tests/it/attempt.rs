//! The attempt key: stored until it is answered, and removed only by the tab that took it last.

use std::cell::RefCell;

use frontend::session::attempt::{
    KeyStore, PendingAttempt, begin, key_of, made_at_ms, settle, take_or_create,
};
use frontend::session::record::{Record, newer};

#[derive(Default)]
struct Memory(RefCell<Option<PendingAttempt>>);

impl KeyStore for Memory {
    fn read(&self) -> Option<PendingAttempt> {
        self.0.borrow().clone()
    }

    fn write(&self, pending: &PendingAttempt) {
        self.0.replace(Some(pending.clone()));
    }

    fn clear(&self) {
        self.0.replace(None);
    }
}

const OURS: &str = "00112233445566778899aabbccddeeff";
const THEIRS: &str = "ffeeddccbbaa99887766554433221100";

const HERE: &str = "this tab";
const THERE: &str = "another tab";

fn holding(key: &str, tab: &str) -> Memory {
    let store = Memory::default();
    store.write(&PendingAttempt { key: key.to_owned(), tab: tab.to_owned() });
    store
}

fn kept(store: &Memory) -> Option<String> {
    store.read().map(|pending| pending.key)
}

#[test]
fn a_new_attempt_is_pending_from_the_moment_it_has_a_key() {
    let store = Memory::default();
    assert_eq!(take_or_create(&store, HERE, || OURS.to_owned()), OURS);
    assert_eq!(kept(&store).as_deref(), Some(OURS));
}

#[test]
fn an_unanswered_attempt_is_repeated_with_its_key() {
    let store = holding(OURS, HERE);
    assert_eq!(take_or_create(&store, HERE, || THEIRS.to_owned()), OURS);
    assert_eq!(kept(&store).as_deref(), Some(OURS));
}

#[test]
fn an_attempt_begins_only_where_none_is_pending() {
    let store = Memory::default();
    assert!(begin(&store, HERE, OURS));
    assert!(!begin(&store, HERE, THEIRS));
    assert_eq!(kept(&store).as_deref(), Some(OURS));
}

#[test]
fn an_attempt_that_is_pending_may_begin_again_with_its_key() {
    let store = holding(OURS, THERE);
    assert!(begin(&store, HERE, OURS));
    assert_eq!(store.read(), Some(PendingAttempt { key: OURS.to_owned(), tab: HERE.to_owned() }));
}

#[test]
fn an_answered_attempt_is_forgotten() {
    let store = holding(OURS, HERE);
    settle(&store, HERE, OURS);
    assert_eq!(store.read(), None);
    settle(&store, HERE, OURS);
    assert_eq!(store.read(), None);
}

#[test]
fn the_attempt_of_another_tab_stays_pending() {
    let store = holding(THEIRS, THERE);
    settle(&store, HERE, OURS);
    assert_eq!(kept(&store).as_deref(), Some(THEIRS));
}

#[test]
fn a_key_is_settled_by_the_tab_that_has_taken_it_last() {
    let store = holding(OURS, HERE);
    assert_eq!(take_or_create(&store, THERE, || THEIRS.to_owned()), OURS);
    settle(&store, HERE, OURS);
    assert_eq!(kept(&store).as_deref(), Some(OURS), "another tab waits for an answer with it");
    settle(&store, THERE, OURS);
    assert_eq!(kept(&store), None);
}

#[test]
fn a_key_of_which_no_tab_is_known_is_settled_by_any() {
    let store = holding(OURS, "");
    settle(&store, HERE, OURS);
    assert_eq!(kept(&store), None);
}

#[test]
fn a_key_the_server_would_refuse_is_replaced() {
    for spoilt in ["", "short", "has a space in it", "über-long-enough-key", &"x".repeat(129)] {
        let store = holding(spoilt, THERE);
        assert_eq!(take_or_create(&store, HERE, || OURS.to_owned()), OURS, "{spoilt:?}");
        assert_eq!(kept(&store).as_deref(), Some(OURS));
    }
}

#[test]
fn of_two_places_that_differ_the_one_with_the_newer_key_counts() {
    let at = |ms| PendingAttempt { key: key_of(ms, [7; 10]), tab: HERE.to_owned() };
    let (early, late) = (at(1_700_000_000_000), at(1_700_000_000_001));
    let both = || (Some(early.clone()), Some(late.clone()));
    assert_eq!(newer(both().0, both().1), Some(late.clone()));
    assert_eq!(newer(both().1, both().0), Some(late.clone()));
    assert_eq!(newer(both().0, None), Some(early.clone()));
    assert_eq!(newer(None, both().1), Some(late.clone()));
    assert_eq!(newer::<PendingAttempt>(None, None), None);
}

#[test]
fn a_pending_attempt_is_read_as_it_was_written_and_its_copy_is_the_key_alone() {
    let pending = PendingAttempt { key: OURS.to_owned(), tab: HERE.to_owned() };
    assert_eq!(PendingAttempt::decoded(&pending.encoded()), Some(pending.clone()));
    assert_eq!(pending.copied(), OURS);
    let of_no_tab = PendingAttempt { tab: String::new(), ..pending };
    assert_eq!(PendingAttempt::of_copy(OURS), Some(of_no_tab));
    assert_eq!(PendingAttempt::decoded(OURS), None);
}

#[test]
fn a_key_says_when_it_was_made() {
    assert_eq!(made_at_ms(&key_of(1_700_000_000_000, [0xFF; 10])), Some(1_700_000_000_000));
    for foreign in ["", "short", "8e03978e-40d5-43e8-bc93-6894a57f9324", "über-long-enough-key"] {
        assert_eq!(made_at_ms(foreign), None, "{foreign}");
    }
}

#[test]
fn a_key_is_128_bits_of_visible_ascii() {
    assert_eq!(key_of(0, [0; 10]), "0".repeat(32));
    assert_eq!(
        key_of(0x01_02_03_04_05_06, [0xAB; 10]),
        "010203040506".to_owned() + &"ab".repeat(10)
    );
}
