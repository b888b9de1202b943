//! Invariants of the rows after each event: revocation is final, generations only increase.

use shared::RevocationReason;
use shared::{NumericDate, SessionId};

use super::sign_ins::second_session;
use super::{Invariant, Observer};
use crate::faults::has_expired;
use crate::setting::Setting;
use crate::store::SimulatedStore;

impl Observer {
    /// Checks every row, if any has changed.
    pub(crate) fn look_at_rows(&mut self, store: &SimulatedStore, setting: &Setting, event: u32) {
        if std::mem::replace(&mut self.version, store.version()) == store.version() {
            return;
        }
        let mut found = Vec::new();
        for (id, watched) in &mut self.sessions {
            let name = format_args!("session {}", watched.number).to_string();
            let Some(row) = store.row(*id) else {
                found.push((Invariant::RevocationIsFinal, format!("{name} has lost its row")));
                continue;
            };
            let (generation, reason) = (row.family.generation.0, row.revocation_reason());
            let ended = reason.is_some();
            if generation < watched.generation {
                let detail = format!("{name} went from {} to {generation}", watched.generation);
                found.push((Invariant::GenerationsNeverGoBack, detail));
            }
            if watched.ended && !ended {
                found.push((Invariant::RevocationIsFinal, format!("{name} is active again")));
            }
            let replayed = !watched.ended && reason == Some(RevocationReason::Replay);
            if replayed && watched.theft.is_none() && setting.keeps_the_honest() {
                let detail = format!("{name} was revoked as replayed, and there was no thief");
                found.push((Invariant::TheHonestStaySignedIn, detail));
            }
            // Revoked by the user's password change, in another session.
            watched.may_be_revoked |= reason == Some(RevocationReason::PasswordChange);
            if generation > 0 {
                watched.presented.get_or_insert(event);
            }
            watched.generation = generation;
            watched.highest = watched.highest.max(generation);
            watched.ended = ended;
            if ended {
                watched.ended_at.get_or_insert(event);
            }
        }
        let second = second_session(store, setting);
        found.extend(second.map(|detail| (Invariant::OneSessionPerAttempt, detail)));
        for (invariant, detail) in found {
            self.broken(invariant, event, detail);
        }
    }

    /// The database has lost rotations of these sessions. `accepted_at` goes back as well, so a session may be past
    /// its idle expiry.
    pub(crate) fn rolled_back(
        &mut self,
        lost: &[SessionId],
        store: &SimulatedStore,
        event: u32,
        now: NumericDate,
    ) {
        for id in lost {
            let (Some(row), Some(watched)) = (store.row(*id), self.sessions.get_mut(id)) else {
                continue;
            };
            watched.generation = row.family.generation.0;
            watched.presented = watched.presented.filter(|_| watched.generation > 0);
            watched.rolled_back = event;
            watched.may_be_revoked |= has_expired(&row, now);
            // A lost generation may be issued again, to another attempt.
            watched.keys.retain(|generation, _| *generation <= row.family.generation.0);
        }
    }

    /// The clock has advanced: marks sessions past their expiry.
    pub(crate) fn time_passed(&mut self, now: NumericDate, store: &SimulatedStore) {
        for (id, watched) in &mut self.sessions {
            watched.may_be_revoked |= store.row(*id).is_some_and(|row| has_expired(&row, now));
        }
    }
}
