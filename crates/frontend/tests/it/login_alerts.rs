//! Login alerts: new logins, to other sessions, since this session began.

use frontend::session::login_alerts::{LoginAlert, alert_for, began_at};
use shared::body::Event;
use shared::{Device, EventId, EventKind, NumericDate, SessionId};

const BEGAN: NumericDate = NumericDate(1_800_000_000);
const DAY: i64 = 24 * 3600;

fn now() -> NumericDate {
    BEGAN.plus(30 * DAY)
}

/// A login to session number `session`, `days` after this session began.
fn login(kind: EventKind, session: u8, days: i64) -> Event {
    let mut id = [0; 16];
    id[5] = u8::try_from(days + 10).expect("a few days");
    id[6] = u8::from(kind == EventKind::NewDevice);
    Event {
        id: EventId::from_bytes(id),
        kind,
        at: BEGAN.plus(days * DAY),
        session_id: Some(SessionId::from_bytes([session; 16])),
        current: false,
        cause: None,
        ip: None,
        device: Device::unknown(),
    }
}

fn alert(events: &[Event], dismissed: Option<EventId>) -> Option<LoginAlert> {
    alert_for(events, BEGAN, now(), dismissed)
}

#[test]
fn an_alert_names_the_newest_login_elsewhere_and_counts_the_others() {
    let (older, newer) = (login(EventKind::NewNetwork, 1, 28), login(EventKind::NewDevice, 2, 29));
    let expected = Some(LoginAlert { newest: newer.clone(), others: 1 });
    assert_eq!(alert(&[newer.clone(), older.clone()], None), expected);
    assert_eq!(alert(&[older, newer], None), expected, "in whatever order they come");
    assert_eq!(alert(&[], None), None);
}

#[test]
fn a_new_device_on_a_new_network_is_one_login() {
    let both = [login(EventKind::NewDevice, 1, 29), login(EventKind::NewNetwork, 1, 29)];
    assert_eq!(alert(&both, None).map(|login| login.others), Some(0));
}

#[test]
fn the_login_of_this_session_is_no_alert() {
    let own = Event { current: true, ..login(EventKind::NewDevice, 1, 29) };
    assert_eq!(alert(&[own], None), None);
}

#[test]
fn a_dismissed_login_and_earlier_ones_are_no_alert() {
    let (older, newer) = (login(EventKind::NewDevice, 1, 28), login(EventKind::NewDevice, 2, 29));
    assert_eq!(alert(&[newer.clone(), older.clone()], Some(newer.id)), None);
    let left = alert(&[newer.clone(), older.clone()], Some(older.id));
    assert_eq!(left, Some(LoginAlert { newest: newer, others: 0 }));
}

#[test]
fn a_login_before_this_session_or_a_week_ago_is_no_alert() {
    assert_eq!(alert(&[login(EventKind::NewDevice, 1, -1)], None), None);
    let soon = BEGAN.plus(DAY);
    let before = login(EventKind::NewDevice, 1, -1);
    assert_eq!(alert_for(&[before], BEGAN, soon, None), None, "though it is recent");
    assert_eq!(alert(&[login(EventKind::NewDevice, 1, 22)], None), None);
    assert!(alert(&[login(EventKind::NewDevice, 1, 23)], None).is_some());
}

#[test]
fn other_events_are_no_alert() {
    assert_eq!(alert(&[login(EventKind::LoginFailed, 1, 29)], None), None);
}

#[test]
fn a_session_says_by_its_id_when_it_began() {
    let id: SessionId = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f".parse().expect("a UUID");
    // RFC 9562 appendix A.6: 2022-02-22 14:22:22 -05:00.
    assert_eq!(began_at(id), NumericDate(1_645_557_742));
}
