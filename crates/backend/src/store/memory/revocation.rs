//! Revoking sessions in memory: what the SQL of the other engines does, in words of Rust.

use std::collections::BTreeMap;

use rotation::Standing;
use shared::{EventId, EventKind, NumericDate, SessionId, UserId};

use super::AT_ONCE;
use super::tables::Tables;
use crate::store::ENDED_PAGE;
use crate::store::change::{Ending, Outcome, Part, Superseded, Whose};
use crate::store::records::{Ended, Event, Session, ClientInfo, event_prefix};

impl Tables {
    /// How many have ended in each second.
    pub(super) fn ended_per_second(&self, since: NumericDate) -> Vec<(NumericDate, u64)> {
        let mut counts = BTreeMap::new();
        for &at in self.ended_at.values().filter(|at| **at >= since) {
            *counts.entry(at).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    /// Those that have ended in this second, in the order of their ids.
    pub(super) fn ended_in(&self, second: NumericDate, after: Option<SessionId>) -> Vec<Ended> {
        let ended = self.ended_at.iter().filter(|(id, at)| **at == second && Some(**id) > after);
        let mut ended: Vec<Ended> = ended
            .filter_map(|(&session, &at)| {
                let cause = self.sessions.get(&session)?.ended_because?;
                Some(Ended { session, cause, at })
            })
            .collect();
        ended.sort_unstable_by_key(|ended| ended.session);
        ended.truncate(ENDED_PAGE as usize);
        ended
    }

    /// Ends sessions, with an event for each where the change brings none. As in SQL, older events give way to
    /// these when the next one is recorded by itself.
    pub(super) fn end_sessions(&mut self, whose: &Whose, ending: Ending) -> Outcome {
        let ended = self.end_those(whose, ending);
        if !matches!(whose, Whose::OthersOf(..)) {
            let events: Vec<Event> =
                ended.iter().filter_map(|id| self.end_of(*id, ending)).collect();
            self.events.extend(events.into_iter().map(|event| (event.id, event)));
        }
        Outcome { rows: ended.len() as u64, ended }
    }

    /// Goes along with a change that was made, or was not.
    pub(super) fn and_end(&mut self, done: bool, whose: &Whose, ending: Ending) -> Outcome {
        if !done {
            return Outcome::default();
        }
        Outcome { rows: 1, ended: self.end_those(whose, ending) }
    }

    /// The same for sessions that give way to a new one, if they are live.
    pub(super) fn and_end_superseded(&mut self, done: bool, superseded: &[Superseded]) -> Outcome {
        let mut outcome = Outcome { rows: done.into(), ended: Vec::new() };
        for Superseded(id, ending) in superseded.iter().filter(|_| done) {
            outcome.ended.extend(self.end_one(*id, *ending).ended);
        }
        outcome
    }

    /// The same for all of a user's sessions, however many there are.
    pub(super) fn and_end_all_of(&mut self, done: bool, user: UserId, ending: Ending) -> Outcome {
        if !done {
            return Outcome::default();
        }
        let ended = self.end(|session| session.user == user, ending, usize::MAX);
        Outcome { rows: 1, ended }
    }

    /// Ends one session.
    pub(super) fn end_one(&mut self, id: SessionId, ending: Ending) -> Outcome {
        let ended = self.end(|session| session.id == id, ending, 1);
        Outcome { rows: ended.len() as u64, ended }
    }

    fn end_those(&mut self, whose: &Whose, ending: Ending) -> Vec<SessionId> {
        match whose {
            Whose::Of(user) => self.end(|session| session.user == *user, ending, AT_ONCE),
            Whose::OthersOf(user, but) => {
                let is_other = |session: &Session| session.user == *user && session.id != *but;
                self.end(is_other, ending, usize::MAX)
            }
            Whose::Part(part) => self.end(|session| is_in(session, part), ending, usize::MAX),
        }
    }

    fn end(
        &mut self,
        which: impl Fn(&Session) -> bool,
        Ending { cause, at }: Ending,
        most: usize,
    ) -> Vec<SessionId> {
        let live = self.sessions.values_mut().filter(|session| session.is_live());
        let mut ended = Vec::new();
        for session in live.filter(|session| which(session)).take(most) {
            session.family.standing = Standing::Revoked;
            session.ended_because = Some(cause);
            self.ended_at.insert(session.id, at);
            ended.push(session.id);
        }
        ended
    }

    fn end_of(&self, id: SessionId, Ending { cause, at }: Ending) -> Option<Event> {
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
            cause: Some(cause),
            client: ClientInfo::unknown(),
        })
    }
}

fn is_in(session: &Session, Part { after, up_to, refresh_key_id }: &Part) -> bool {
    let is_under = |kid: &String| session.refresh_key_id == *kid;
    *after < session.id && session.id <= *up_to && refresh_key_id.as_ref().is_none_or(is_under)
}
