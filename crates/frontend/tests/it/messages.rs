//! Messages for users: every event kind and every revocation reason has one, without the server's identifiers.

use frontend::messages::{
    Filter, Tone, how_often, is_worth_waiting, seconds, titled, tone, was_wanted, what_happened,
    why_limited, why_not_from_here, why_this_ended,
};
use shared::body::Event;
use shared::{Device, DeviceKind, EventId, EventKind, LimitedBy, NumericDate, RevocationReason};

fn event(kind: EventKind) -> Event {
    Event {
        id: EventId::from_bytes([1; 16]),
        kind,
        at: NumericDate(1_800_000_000),
        session_id: None,
        current: false,
        cause: None,
        ip: Some("203.0.113.9".to_owned()),
        device: Device {
            browser: "Firefox".to_owned(),
            os: "Linux".to_owned(),
            kind: DeviceKind::Desktop,
        },
    }
}

#[test]
fn a_login_says_with_what_and_from_where() {
    assert_eq!(
        what_happened(&event(EventKind::LoggedIn)),
        "Logged in with Firefox on Linux from 203.0.113.9."
    );
    let nowhere = Event { ip: None, device: Device::unknown(), ..event(EventKind::LoggedIn) };
    assert_eq!(what_happened(&nowhere), "Logged in with an unknown device.");
}

#[test]
fn every_kind_of_event_has_a_message_of_its_own() {
    let mut seen = Vec::new();
    for kind in EventKind::ALL {
        let words = what_happened(&event(*kind));
        assert!(words.ends_with('.') && words.len() > 10, "{kind}: {words}");
        assert!(!words.contains('_') && !words.contains("too old to name"), "{kind}: {words}");
        assert!(!seen.contains(&words), "{kind}: {words}");
        seen.push(words);
    }
    assert!(what_happened(&event(EventKind::Unknown)).contains("too old to name"));
}

#[test]
fn every_revocation_reason_has_a_message_of_its_own_in_the_record_and_in_the_notice() {
    let (mut records, mut notices) = (Vec::new(), Vec::new());
    let reasons = RevocationReason::ALL.iter().copied().map(Some).chain([None]);
    for reason in reasons {
        let record = what_happened(&Event { cause: reason, ..event(EventKind::SessionEnded) });
        assert!(!records.contains(&record), "{reason:?}: {record}");
        records.push(record);
        let notice = why_this_ended(reason);
        assert!(!notices.contains(&notice), "{reason:?}: {notice}");
        notices.push(notice);
    }
    // Unknown counts as no reason.
    assert_eq!(why_this_ended(Some(RevocationReason::Unknown)), why_this_ended(None));
}

#[test]
fn only_what_the_user_has_wanted_is_calm() {
    let wanted: Vec<_> =
        RevocationReason::ALL.iter().copied().filter(|reason| was_wanted(Some(*reason))).collect();
    assert_eq!(wanted, [RevocationReason::Logout, RevocationReason::Deleted]);
    assert!(!was_wanted(None));
    for kind in [EventKind::Replayed, EventKind::LoginFailed, EventKind::ConfirmFailed] {
        assert_eq!(tone(kind), Tone::Alarm, "{kind}");
    }
    assert_eq!(tone(EventKind::LoggedIn), Tone::Calm);
}

#[test]
fn no_event_is_on_no_list_and_refreshes_are_on_one_of_their_own() {
    let everything = Filter::Everything.kinds();
    let refreshes = Filter::Refreshes.kinds();
    for kind in EventKind::ALL {
        assert_ne!(everything.contains(kind), refreshes.contains(kind), "{kind}");
    }
    assert!(refreshes.contains(&EventKind::Refreshed));
    for narrow in [Filter::Logins, Filter::LogoutsAndAlerts] {
        assert!(narrow.kinds().iter().all(|kind| everything.contains(kind)), "{narrow:?}");
    }
    for alarm in EventKind::ALL.iter().filter(|kind| tone(**kind) == Tone::Alarm) {
        assert!(Filter::LogoutsAndAlerts.kinds().contains(alarm), "{alarm}");
    }
}

#[test]
fn a_device_can_begin_a_line() {
    assert_eq!(titled(&Device::unknown()), "An unknown device");
    assert_eq!(titled(&event(EventKind::LoggedIn).device), "Firefox on Linux");
}

#[test]
fn a_limit_says_what_helps_where_waiting_does_not() {
    for limited_by in [None, Some(LimitedBy::Unknown), Some(LimitedBy::WrongPasswords)] {
        assert!(is_worth_waiting(limited_by), "{limited_by:?}");
    }
    assert_ne!(why_limited(None), why_limited(Some(LimitedBy::WrongPasswords)));
    let lockout = why_limited(Some(LimitedBy::Lockout));
    assert!(lockout.contains("a device where you have logged in before"), "{lockout}");
    assert!(lockout.contains("administrator"), "{lockout}");
    let session = why_limited(Some(LimitedBy::SessionLockout));
    assert!(session.contains("log in again"), "{session}");
    for limited_by in [LimitedBy::Lockout, LimitedBy::SessionLockout] {
        assert!(!is_worth_waiting(Some(limited_by)), "{limited_by:?}");
    }
}

#[test]
fn how_often_a_session_was_refreshed_is_said_as_people_say_it() {
    assert_eq!([0, 1, 2, 12].map(how_often), ["Not yet", "Once", "2 times", "12 times"]);
}

#[test]
fn a_wait_is_said_as_people_say_it() {
    let said: Vec<_> = [0, 1, 2, 90, 91, 600].into_iter().map(seconds).collect();
    assert_eq!(
        said,
        ["a second", "a second", "2 seconds", "90 seconds", "2 minutes", "10 minutes"]
    );
}

#[test]
fn a_page_at_another_address_names_the_one_to_open_and_one_at_the_right_address_does_not() {
    let accepted = "http://localhost:3000";
    let elsewhere = why_not_from_here(accepted, "http://127.0.0.1:3000", "/login?next=%2F");
    assert!(elsewhere.contains("at http://127.0.0.1:3000,"), "{elsewhere}");
    assert!(
        elsewhere.contains("Open http://localhost:3000/login?next=%2F instead."),
        "{elsewhere}"
    );
    let here = why_not_from_here(accepted, accepted, "/login");
    assert!(here.contains(accepted) && !here.contains("Open "), "{here}");
}
