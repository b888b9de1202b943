//! Is somebody else logging in to this account? After a refresh, and not often, the server is asked
//! for logins on new devices and from new networks, and the user is told of those they have not
//! dismissed. What is worth telling is a pure function. It must never open the password's dialog or
//! show trouble: nobody has asked for it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::{Event, Events};
use shared::{EventId, EventKind, NumericDate, SessionId};

use super::browser;
use super::call::with_token;
use super::{Session, Token};
use crate::{api, transport};

/// Where the id of the last event that was dismissed is kept: nothing secret.
pub(super) const DISMISSED: &str = "baton.dismissed";
/// What is looked for.
const KINDS: [EventKind; 2] = [EventKind::NewDevice, EventKind::NewNetwork];
/// Not more often than this.
const EVERY_MS: f64 = 60_000.0;
/// Who has not looked for a week is told on the activity page.
const AT_MOST_SECONDS: i64 = 7 * 24 * 3600;

/// What the user is told: the newest login, and how many others there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginAlert {
    /// The newest.
    pub newest: Event,
    /// How many sessions besides it.
    pub others: usize,
}

/// When a session began: its id is a UUID of version 7, which says so (RFC 9562 section 5.7).
#[must_use]
pub fn began_at(session: SessionId) -> NumericDate {
    let bytes = session.as_bytes();
    let milliseconds = bytes[..6].iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
    NumericDate(milliseconds / 1000)
}

/// What of `events` the user of a session that began at `began` should be told: logins to other
/// sessions since then, in the last week, and newer than the one that was dismissed last.
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
    /// The login the user should hear of, tracked.
    pub(crate) fn login_alert(self) -> Option<LoginAlert> {
        self.login_alert.get()
    }

    /// The user has seen it.
    pub(crate) fn dismiss_login_alert(self) {
        if let Some(LoginAlert { newest, .. }) = self.login_alert.get_untracked() {
            browser::keep(DISMISSED, &newest.id.to_string());
        }
        self.login_alert.set(None);
    }

    /// Looks, unless this tab has looked a moment ago.
    pub(super) fn check_login_alerts(self, token: &Token) {
        let now = browser::now_ms();
        if self.memory.with_value(|memory| now < memory.alerts_checked_ms + EVERY_MS) {
            return;
        }
        self.memory.update_value(|memory| memory.alerts_checked_ms = now);
        let (epoch, request) = (self.epoch(), with_token(api::events(&KINDS, None), token));
        let began = began_at(token.session_id);
        spawn_local(async move {
            // Not by way of the wire log, where it would stand between the legs of somebody's relay.
            let Ok(answer) = transport::send(request).await else { return };
            let Some(page) = answer.json::<Events>().filter(|_| self.epoch() == epoch) else {
                return;
            };
            let dismissed = browser::kept(DISMISSED).and_then(|id| id.parse().ok());
            let now = browser::now();
            self.login_alert.set(alert_for(&page.events, began, now, dismissed));
        });
    }
}
