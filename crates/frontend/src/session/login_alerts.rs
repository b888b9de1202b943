//! Login alerts: logins on new devices and from new networks that the user has not dismissed. The selection is a pure
//! function; `login_alert_check` asks the server.

use shared::body::Event;
use shared::{EventId, EventKind, NumericDate, SessionId};

/// The kinds of events that cause an alert.
pub(super) const KINDS: [EventKind; 2] = [EventKind::NewDevice, EventKind::NewNetwork];
/// Older logins are only on the activity page.
const AT_MOST_SECONDS: i64 = 7 * 24 * 3600;

/// The alert: the newest login, and the number of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginAlert {
    /// The newest login.
    pub newest: Event,
    /// The number of other sessions.
    pub others: usize,
}

/// When a session began: the timestamp of its UUID of version 7 (RFC 9562 section 5.7).
#[must_use]
pub fn began_at(session: SessionId) -> NumericDate {
    let bytes = session.as_bytes();
    let milliseconds = bytes[..6].iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
    NumericDate(milliseconds / 1000)
}

/// The alert for a session that began at `began`: logins to other sessions since then, in the last week, and newer
/// than the last dismissed one.
#[must_use]
pub fn alert_for(
    events: &[Event],
    began: NumericDate,
    now: NumericDate,
    dismissed: Option<EventId>,
) -> Option<LoginAlert> {
    let mut sessions = Vec::new();
    let mut newest: Option<&Event> = None;
    for event in events {
        let is_new = !event.current
            && KINDS.contains(&event.kind)
            && event.at >= began
            && now.since(event.at) <= AT_MOST_SECONDS
            && dismissed.is_none_or(|dismissed| event.id > dismissed);
        // A login on a new device from a new network is two events and one login.
        if is_new && !sessions.contains(&event.session_id) {
            sessions.push(event.session_id);
            newest = newest.filter(|newest| newest.id > event.id).or(Some(event));
        }
    }
    newest.map(|newest| LoginAlert { newest: newest.clone(), others: sessions.len() - 1 })
}
