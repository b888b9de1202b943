//! Idempotency keys of pending actions: stored until they are answered, taken again by a retry of the same action,
//! and no longer than the server remembers them.

use std::cell::RefCell;

use frontend::action::{Action, LOGIN, REGISTER, REGISTER_AGAIN};
use frontend::session::attempt::{KeyStore, key_of};
use frontend::session::pending_action::{
    PendingAction, remove_expired, remove_made_until, settle, take_or_create,
};
use frontend::session::record::Record;
use frontend::transport::Request;
use gloo_net::http::Method;

#[derive(Default)]
struct Memory(RefCell<Option<PendingAction>>);

impl KeyStore<PendingAction> for Memory {
    fn read(&self) -> Option<PendingAction> {
        self.0.borrow().clone()
    }

    fn write(&self, pending: &PendingAction) {
        self.0.replace(Some(pending.clone()));
    }

    fn clear(&self) {
        self.0.replace(None);
    }
}

const NOW_MS: u64 = 1_700_000_000_000;
const MINUTE_MS: u64 = 60 * 1_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

fn key(made_ms: u64, random: u8) -> String {
    key_of(made_ms, [random; 10])
}

fn write_note(text: &str) -> Action {
    let request = Request::new(Method::POST, "/api/notes");
    Action::new("note:new", Request { json: Some(text.to_owned()), ..request })
}

/// A click on `action`, `later_ms` after the others; the key, and whether it is an earlier click's.
fn click(store: &Memory, action: &Action, later_ms: u64, random: u8) -> (String, bool) {
    let now = NOW_MS + later_ms;
    let taken = take_or_create(store, action, now, key(now, random));
    (taken.key, taken.resumed)
}

#[test]
fn an_action_is_pending_from_the_moment_it_has_a_key() {
    let store = Memory::default();
    assert_eq!(click(&store, &write_note("milk"), 0, 1), (key(NOW_MS, 1), false));
    let kept = store.read().expect("it is pending");
    assert_eq!(kept.key, key(NOW_MS, 1));
    assert_eq!(Some(kept.digest), write_note("milk").digest(&kept.key));
}

#[test]
fn an_unanswered_action_is_repeated_with_its_key() {
    let store = Memory::default();
    let (first, _) = click(&store, &write_note("milk"), 0, 1);
    assert_eq!(click(&store, &write_note("milk"), HOUR_MS, 2), (first.clone(), true));
    assert_eq!(click(&store, &write_note("milk"), 2 * HOUR_MS, 3), (first, true));
}

#[test]
fn an_action_that_says_something_else_takes_a_fresh_key_and_the_place_of_the_former() {
    let store = Memory::default();
    let (first, _) = click(&store, &write_note("milk"), 0, 1);
    let (second, resumed) = click(&store, &write_note("bread"), 1, 2);
    assert!(second != first && !resumed);
    let (third, resumed) = click(&store, &write_note("milk"), 2, 3);
    assert!(third != first && !resumed);
}

#[test]
fn an_answered_action_is_forgotten_and_the_next_one_is_another() {
    let store = Memory::default();
    let (first, _) = click(&store, &write_note("milk"), 0, 1);
    settle(&store, &first);
    assert_eq!(store.read(), None);
    let (second, resumed) = click(&store, &write_note("milk"), 1, 2);
    assert!(second != first && !resumed);
    settle(&store, &first);
    assert_eq!(store.read().map(|pending| pending.key), Some(second), "it has begun since");
}

#[test]
fn a_key_that_the_server_may_have_forgotten_is_not_used_again() {
    for (later_ms, expected) in [(19 * HOUR_MS, true), (20 * HOUR_MS, false), (48 * HOUR_MS, false)]
    {
        let store = Memory::default();
        click(&store, &write_note("milk"), 0, 1);
        let (_, resumed) = click(&store, &write_note("milk"), later_ms, 2);
        assert_eq!(resumed, expected, "{later_ms}");
    }
}

/// Beside it is a digest of an email address, and a repeated answer has the `auth_time` of the first login.
#[test]
fn the_key_of_a_sign_in_is_used_for_ten_minutes() {
    for name in [LOGIN, REGISTER, REGISTER_AGAIN] {
        let request = Request::new(Method::POST, "/api/auth/login");
        let sign_in = Action::sign_in(name, request, "ada@example.org");
        for (later_ms, expected) in [(9 * MINUTE_MS, true), (10 * MINUTE_MS, false)] {
            let store = Memory::default();
            click(&store, &sign_in, 0, 1);
            remove_expired(&store, name, NOW_MS + later_ms);
            assert_eq!(store.read().is_some(), expected, "{name} {later_ms}");

            let store = Memory::default();
            click(&store, &sign_in, 0, 1);
            assert_eq!(click(&store, &sign_in, later_ms, 2).1, expected, "{name} {later_ms}");
        }
    }
}

#[test]
fn a_key_from_a_clock_that_was_wrong_is_not_used_again() {
    let store = Memory::default();
    click(&store, &write_note("milk"), 48 * HOUR_MS, 1);
    assert!(!click(&store, &write_note("milk"), 0, 2).1);
}

#[test]
fn a_key_that_the_server_would_refuse_is_replaced() {
    for spoilt in ["", "short", "has a space in it", "8e03978e-40d5-43e8-bc93-6894a57f9324"] {
        let store = Memory::default();
        let digest = write_note("milk").digest(spoilt).expect("it says what it is about");
        store.write(&PendingAction { key: spoilt.to_owned(), digest });
        assert!(!click(&store, &write_note("milk"), 0, 1).1, "{spoilt:?}");
    }
}

#[test]
fn of_an_action_of_one_click_nothing_is_kept() {
    let store = Memory::default();
    let logout = Action::of_one_click("logout", Request::new(Method::POST, "/api/auth/logout"));
    assert_eq!(click(&store, &logout, 0, 1), (key(NOW_MS, 1), false));
    assert_eq!(store.read(), None);
}

#[test]
fn only_a_key_that_is_too_old_is_removed() {
    let store = Memory::default();
    click(&store, &write_note("milk"), 0, 1);
    remove_expired(&store, "note:new", NOW_MS + 19 * HOUR_MS);
    assert!(store.read().is_some());
    remove_expired(&store, "note:new", NOW_MS + 20 * HOUR_MS);
    assert_eq!(store.read(), None);
}

#[test]
fn the_end_of_a_session_removes_actions_made_until_then() {
    let store = Memory::default();
    click(&store, &write_note("milk"), 1, 1);
    remove_made_until(&store, NOW_MS);
    assert!(store.read().is_some(), "it is of the next session");
    remove_made_until(&store, NOW_MS + 1);
    assert_eq!(store.read(), None);
    let digest = String::new();
    store.write(&PendingAction { key: "no time in it".to_owned(), digest });
    remove_made_until(&store, NOW_MS);
    assert_eq!(store.read(), None);
}

#[test]
fn what_is_kept_is_read_as_it_was_written_and_says_nothing_of_the_action() {
    let store = Memory::default();
    click(&store, &write_note("milk"), 0, 1);
    let kept = store.read().expect("it is pending");
    let encoded = kept.encoded();
    assert_eq!(encoded, format!("{} {}", kept.key, kept.digest));
    assert!(!encoded.contains("milk"), "{encoded}");
    assert_eq!(PendingAction::decoded(&encoded), Some(kept.clone()));
    assert_eq!(PendingAction::of_copy(&kept.copied()), Some(kept));
    assert_eq!(PendingAction::decoded("no-digest-beside-the-key"), None);
}
