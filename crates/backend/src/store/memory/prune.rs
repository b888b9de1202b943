//! Pruning in memory: the same in Rust as the other engines' SQL.

use std::cmp::Reverse;
use std::ops::Bound::{Excluded, Included, Unbounded};

use shared::{EventId, EventKind, NumericDate, SessionId, UserId};

use super::AT_ONCE;
use super::tables::Tables;
use crate::store::change::Outcome;
use crate::store::prunable::{IdRange, Prunable};
use crate::store::records::{AccountTag, Event, Failures, Session, USED_KEYS_KEPT, User};
use crate::store::{EventsBefore, FailuresBefore, PruneBefore};

impl Tables {
    /// The id of the row so many further on.
    pub(super) fn part_end(&self, of: Prunable, after: [u8; 16], rows: u32) -> Option<[u8; 16]> {
        let nth = usize::try_from(rows).unwrap_or(usize::MAX).saturating_sub(1);
        match of {
            Prunable::Sessions(_) => {
                let from = Excluded(SessionId::from_bytes(after));
                self.sessions.range((from, Unbounded)).nth(nth).map(|(id, _)| *id.as_bytes())
            }
            Prunable::Events(_) => {
                let from = Excluded(EventId::from_bytes(after));
                self.events.range((from, Unbounded)).nth(nth).map(|(id, _)| *id.as_bytes())
            }
            Prunable::Failures(_) => {
                let later = self.failures.keys().filter(|tag| tag.0[..] > after[..]);
                later.map(|tag| *tag.0.first_chunk().expect("a hash has 32 bytes")).nth(nth)
            }
            Prunable::UsedKeys(_) => {
                let later = self.used_keys.keys().filter(|hash| hash[..] > after[..]);
                later.map(|hash| *hash.first_chunk().expect("a hash has 32 bytes")).nth(nth)
            }
        }
    }

    pub(super) fn prune_sessions(
        &mut self,
        IdRange { after, through }: IdRange,
        before: PruneBefore,
    ) -> Outcome {
        let is_over = |session: &Session| {
            let revoked_at = self.revoked_at.get(&session.id);
            session.family.created_at < before.created_at
                || session.family.accepted_at < before.accepted_at
                || revoked_at.is_some_and(|at| *at < before.revoked_at)
        };
        let [after, through] = [after, through].map(SessionId::from_bytes);
        let part = self.sessions.range((Excluded(after), Included(through)));
        let over: Vec<SessionId> =
            part.filter(|(_, session)| is_over(session)).map(|(&id, _)| id).collect();
        for id in &over {
            self.sessions.remove(id);
            self.revoked_at.remove(id);
        }
        count(over.len())
    }

    pub(super) fn prune_events(
        &mut self,
        IdRange { after, through }: IdRange,
        before: EventsBefore,
    ) -> Outcome {
        let EventsBefore { of_users, routine, without_account } = before;
        let is_routine =
            |event: &Event| matches!(event.kind, EventKind::Refreshed | EventKind::AnsweredAgain);
        let is_old = |event: &Event| {
            event.at < of_users
                || (is_routine(event) && event.at < routine)
                || (event.user.is_none() && event.at < without_account)
        };
        let [after, through] = [after, through].map(EventId::from_bytes);
        let part = self.events.range((Excluded(after), Included(through)));
        let old: Vec<EventId> =
            part.filter(|(_, event)| is_old(event)).map(|(&id, _)| id).collect();
        for id in &old {
            self.events.remove(id);
        }
        count(old.len())
    }

    pub(super) fn prune_failures(
        &mut self,
        IdRange { after, through }: IdRange,
        FailuresBefore { all, mistyped, mistyped_below }: FailuresBefore,
    ) -> Outcome {
        let is_old = |it: &Failures| {
            it.last_at < all || (it.count < mistyped_below && it.last_at < mistyped)
        };
        // As SQL compares a hash with the shorter beginning of one.
        let is_within = |tag: &AccountTag| tag.0[..] > after[..] && tag.0[..] <= through[..];
        let old = self.failures.iter().filter(|(tag, it)| is_within(tag) && is_old(it));
        let old: Vec<AccountTag> = old.map(|(&tag, _)| tag).collect();
        for tag in &old {
            self.failures.remove(tag);
        }
        count(old.len())
    }

    pub(super) fn prune_used_keys(
        &mut self,
        IdRange { after, through }: IdRange,
        before: NumericDate,
    ) -> Outcome {
        let is_within = |hash: &[u8; 32]| hash[..] > after[..] && hash[..] <= through[..];
        let there_were = self.used_keys.len();
        self.used_keys.retain(|hash, key| !(is_within(hash) && key.at < before));
        count(there_were - self.used_keys.len())
    }

    /// An account keeps its newest idempotency keys.
    pub(super) fn trim_used_keys(&mut self, user: UserId) {
        let of_user = self.used_keys.values().filter(|key| key.user == user);
        let mut ages: Vec<_> = of_user.map(|key| (Reverse(key.at), key.key_hash)).collect();
        ages.sort_unstable();
        for (_, hash) in ages.into_iter().skip(USED_KEYS_KEPT as usize).take(200) {
            self.used_keys.remove(&hash);
        }
    }

    pub(super) fn prune_erased(&mut self, before: NumericDate) -> Outcome {
        let (sessions, erased) = (&self.sessions, &self.erased);
        let is_gone = |user: &User| {
            erased.contains(&user.id)
                && user.disabled_at.is_some_and(|at| at < before)
                && !sessions.values().any(|session| session.user == user.id)
        };
        let gone = self.users.values().filter(|user| is_gone(user));
        let gone: Vec<UserId> = gone.map(|user| user.id).take(AT_ONCE).collect();
        for id in &gone {
            self.users.remove(id);
        }
        count(gone.len())
    }
}

const fn count(rows: usize) -> Outcome {
    Outcome { rows: rows as u64, revoked: Vec::new() }
}
