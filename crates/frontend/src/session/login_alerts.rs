//! Login alerts: after a refresh, at most once a minute, asks the server for logins on new devices and from new
//! networks, and shows those that the user has not dismissed. The selection is a pure function. It must not require a
//! step-up or show an error: the user did not start it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::{Event, Events};
use shared::{EventId, EventKind, NumericDate, SessionId};

use super::call::with_token;
use super::storage_names::DISMISSED;
use super::{Session, Token, clock, local_storage};
use crate::{api, transport};

/// The kinds of events that cause an alert.
const KINDS: [EventKind; 2] = [EventKind::NewDevice, EventKind::NewNetwork];
/// At most one check in this time.
const EVERY_MS: f64 = 60_000.0;
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

impl Session {
    /// The alert to show, tracked.
    pub(crate) fn login_alert(self) -> Option<LoginAlert> {
        self.login_alert.get()
    }

    /// Dismisses the alert.
    pub(crate) fn dismiss_login_alert(self) {
        if let Some(LoginAlert { newest, .. }) = self.login_alert.get_untracked() {
            local_storage::keep(DISMISSED, &newest.id.to_string());
        }
        self.login_alert.set(None);
    }

    /// Checks for alerts, unless this tab has checked within the last minute.
    pub(super) fn check_login_alerts(self, token: &Token) {
        let now = clock::now_ms();
        if self.memory.with_value(|memory| now < memory.alerts_checked_ms + EVERY_MS) {
            return;
        }
        self.memory.update_value(|memory| memory.alerts_checked_ms = now);
        let (epoch, request) = (self.epoch(), with_token(api::events(&KINDS, None), token));
        let began = began_at(token.session_id);
        spawn_local(async move {
            // Not in the network log, where it would stand between a user's calls.
            let Ok(answer) = transport::send(request).await else { return };
            let Some(page) = answer.json::<Events>().filter(|_| self.epoch() == epoch) else {
                return;
            };
            let dismissed = local_storage::kept(DISMISSED).and_then(|id| id.parse().ok());
            let now = clock::now();
            self.login_alert.set(alert_for(&page.events, began, now, dismissed));
        });
    }
}
