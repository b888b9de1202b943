//! Checks for login alerts ([`super::login_alerts`]) after a refresh, at most once a minute, and dismisses them. The
//! check requires no step-up and shows no error: the user did not start it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::Events;

use super::login_alerts::{KINDS, LoginAlert, alert_for, began_at};
use super::memory::Token;
use super::send::with_token;
use super::storage_names::DISMISSED;
use super::{Session, clock, local_storage};
use crate::{api, transport};

/// At most one check in this time.
const EVERY_MS: f64 = 60_000.0;

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
