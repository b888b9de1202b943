//! Revocation in memory: the same in Rust as the other engines' SQL.

use std::collections::BTreeMap;

use rotation::Standing;
use shared::{EventId, EventKind, NumericDate, SessionId, UserId};

use super::AT_ONCE;
use super::tables::Tables;
use crate::store::REVOKED_PAGE;
use crate::store::change::{Outcome, Part, PartScope, Revocation, SessionScope, Superseded};
use crate::store::records::{ClientInfo, Event, RevokedSession, Session, event_prefix};

impl Tables {
    /// How many sessions were revoked in each second.
    pub(super) fn revoked_per_second(&self, since: NumericDate) -> Vec<(NumericDate, u64)> {
        let mut counts = BTreeMap::new();
        for &at in self.revoked_at.values().filter(|at| **at >= since) {
            *counts.entry(at).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    /// Those that were revoked in this second, in the order of their ids.
    pub(super) fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Vec<RevokedSession> {
        let revoked =
            self.revoked_at.iter().filter(|(id, at)| **at == second && Some(**id) > after);
        let mut revoked: Vec<RevokedSession> = revoked
            .filter_map(|(&session, &at)| {
                let reason = self.sessions.get(&session)?.revocation_reason()?;
                Some(RevokedSession { session, reason, at })
            })
            .collect();
        revoked.sort_unstable_by_key(|revoked| revoked.session);
        revoked.truncate(REVOKED_PAGE as usize);
        revoked
    }

    /// Revokes sessions, with an event for each where the change brings none. As in SQL, older events are pruned
    /// when the next one is recorded by itself.
    pub(super) fn revoke_sessions(
        &mut self,
        whose: &SessionScope,
        revocation: Revocation,
    ) -> Outcome {
        let revoked = self.revoke_those(whose, revocation);
        if !matches!(whose, SessionScope::OthersOf(..)) {
            let events: Vec<Event> =
                revoked.iter().filter_map(|id| self.revocation_event(*id, revocation)).collect();
            self.events.extend(events.into_iter().map(|event| (event.id, event)));
        }
        Outcome { rows: revoked.len() as u64, revoked }
    }

    /// Revokes these sessions, too, if a change took place.
    pub(super) fn and_revoke(
        &mut self,
        done: bool,
        whose: &SessionScope,
        revocation: Revocation,
    ) -> Outcome {
        if !done {
            return Outcome::default();
        }
        Outcome { rows: 1, revoked: self.revoke_those(whose, revocation) }
    }

    /// The same for superseded sessions, if they are live.
    pub(super) fn and_revoke_superseded(
        &mut self,
        done: bool,
        superseded: &[Superseded],
    ) -> Outcome {
        let mut outcome = Outcome { rows: done.into(), revoked: Vec::new() };
        for Superseded(id, revocation) in superseded.iter().filter(|_| done) {
            outcome.revoked.extend(self.revoke_one(*id, *revocation).revoked);
        }
        outcome
    }

    /// The same for all of a user's sessions, however many there are.
    pub(super) fn and_revoke_all_of(
        &mut self,
        done: bool,
        user: UserId,
        revocation: Revocation,
    ) -> Outcome {
        if !done {
            return Outcome::default();
        }
        let revoked = self.revoke_where(|session| session.user == user, revocation, usize::MAX);
        Outcome { rows: 1, revoked }
    }

    /// Revokes one session.
    pub(super) fn revoke_one(&mut self, id: SessionId, revocation: Revocation) -> Outcome {
        let revoked = self.revoke_where(|session| session.id == id, revocation, 1);
        Outcome { rows: revoked.len() as u64, revoked }
    }

    fn revoke_those(&mut self, whose: &SessionScope, revocation: Revocation) -> Vec<SessionId> {
        match whose {
            SessionScope::User(user) => {
                self.revoke_where(|session| session.user == *user, revocation, AT_ONCE)
            }
            SessionScope::OthersOf(user, but) => {
                let is_other = |session: &Session| session.user == *user && session.id != *but;
                self.revoke_where(is_other, revocation, usize::MAX)
            }
            SessionScope::Part(part) => {
                self.revoke_where(|session| is_in(session, part), revocation, usize::MAX)
            }
        }
    }

    fn revoke_where(
        &mut self,
        which: impl Fn(&Session) -> bool,
        Revocation { reason, at }: Revocation,
        most: usize,
    ) -> Vec<SessionId> {
        let live = self.sessions.values_mut().filter(|session| session.is_live());
        let mut revoked = Vec::new();
        for session in live.filter(|session| which(session)).take(most) {
            session.family.standing = Standing::Revoked(reason);
            self.revoked_at.insert(session.id, at);
            revoked.push(session.id);
        }
        revoked
    }

    fn revocation_event(
        &self,
        id: SessionId,
        Revocation { reason, at }: Revocation,
    ) -> Option<Event> {
        let user = self.sessions.get(&id)?.user;
        self.users.get(&user).filter(|user| !self.erased.contains(&user.id))?;
        let mut bytes = *id.as_bytes();
        bytes[..6].copy_from_slice(&event_prefix(at));
        Some(Event {
            id: EventId::from_bytes(bytes),
            kind: EventKind::SessionEnded,
            at,
            user: Some(user),
            session: Some(id),
            reason: Some(reason),
            client: ClientInfo::unknown(),
        })
    }
}

fn is_in(session: &Session, Part { after, up_to, scope }: &Part) -> bool {
    let is_covered = match scope {
        PartScope::All => true,
        PartScope::RefreshKey(kid) => session.refresh_key_id == *kid,
        PartScope::Client(id) => session.client_id.as_ref() == Some(id),
    };
    *after < session.id && session.id <= *up_to && is_covered
}
