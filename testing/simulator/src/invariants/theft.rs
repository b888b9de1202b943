//! Replay detection after a theft (RFC 9700 section 4.14.2): who presented which refresh token since, and who got
//! tokens.
//!
//! Without the pending idempotency key each side has only keys of its own, and the protocol's rule applies: once both
//! have presented a refresh token after the theft, the session is revoked, and never do both succeed. With the
//! pending key, all requests with that key are one attempt, from either side: both get the same token. The rule then
//! counts from the first key that only one side has, and the stolen key is worthless once the other side has rotated
//! with its own.

use backend::auth::AuthError;
use shared::SessionId;

use super::{Finished, Invariant, Observer, Side, Theft, WatchedSession};
use crate::coverage::SHARED;
use crate::network::Party;
use crate::server::Outcome;
use crate::setting::Setting;
use crate::store::SimulatedStore;

impl Observer {
    /// A thief has copied `ticket`, and perhaps the pending key. `false`: this session was stolen before.
    pub(crate) fn copied(&mut self, ticket: &str, key: Option<&str>, event: u32) -> bool {
        let session = self.tickets.get(ticket).map(|(session, _)| *session);
        let Some(watched) = session.and_then(|session| self.sessions.get_mut(&session)) else {
            return false;
        };
        let first = watched.theft.is_none();
        if first {
            watched.theft = Some(Theft {
                at: event,
                key: key.map(str::to_owned),
                proved: None,
                owner: Side::default(),
                thief: Side::default(),
            });
        }
        first
    }

    /// Checks a refresh that has ended, perhaps of a stolen session.
    pub(super) fn after_theft(
        &mut self,
        call: &Finished<'_>,
        session: SessionId,
        generation: u32,
        key: Option<&str>,
        store: &SimulatedStore,
        setting: &Setting,
    ) {
        let Some(watched) = self.sessions.get_mut(&session) else { return };
        if !setting.finds_thieves() {
            return;
        }
        let found = watched.judge_theft(call, generation, key, setting);
        let name = format!("session {}, request {}", watched.number, call.request.id);
        let ended = store.row(session).is_some_and(|row| !row.is_live());
        let over = ended || watched.may_be_revoked;
        match found {
            Found::Both => self.broken(Invariant::NeverDoBothSucceed, call.event, name),
            Found::SharedMore => {
                self.broken(Invariant::ACopiedKeySharesOneGeneration, call.event, name);
            }
            Found::SharedMoreAsExpected => self.counts.add(SHARED),
            Found::BothPresented if !over => {
                self.broken(Invariant::TheftRevokesTheSession, call.event, name);
            }
            Found::BothPresented | Found::Nothing => {}
        }
    }
}

enum Found {
    Nothing,
    Both,
    SharedMore,
    SharedMoreAsExpected,
    BothPresented,
}

impl WatchedSession {
    /// The owner got a token for the password, not for a refresh token. Both sides start over: the stolen credentials
    /// are worthless.
    pub(super) fn owner_proved_the_password(&mut self, generation: u32, event: u32) {
        if let Some(theft) = &mut self.theft {
            (theft.owner, theft.thief) = Default::default();
            theft.proved = Some((generation, event));
        }
    }

    fn judge_theft(
        &mut self,
        call: &Finished<'_>,
        generation: u32,
        key: Option<&str>,
        setting: &Setting,
    ) -> Found {
        let Some(theft) = &mut self.theft else { return Found::Nothing };
        let by_thief = call.request.from == Party::Thief;
        let by_owner = matches!(call.request.from, Party::Tab(..)) && call.request.sent > theft.at;
        let (side, other) = match (by_thief, by_owner) {
            (true, _) => (&mut theft.thief, &theft.owner),
            (_, true) => (&mut theft.owner, &theft.thief),
            _ => return Found::Nothing,
        };
        let own = theft.key.is_none() || theft.key.as_deref() != key;
        let succeeded = matches!(call.outcome, Outcome::Granted(_));
        let (proved, proved_at) = theft.proved.unwrap_or_default();
        if succeeded && generation <= proved && call.began < proved_at {
            // Accepted before the password change, answered after it: it counts as before.
            return Found::Nothing;
        }
        let refused = matches!(
            call.outcome,
            Outcome::Failed(AuthError::InvalidGrant | AuthError::DuplicateAttempt)
        );
        side.presented |= own && (succeeded || (refused && generation > proved));
        if succeeded {
            side.generations.insert(generation);
            if own {
                side.succeeded.get_or_insert(call.event);
            }
            let other_first = other.succeeded.is_some_and(|at| own || at < call.began);
            if other_first {
                return Found::Both;
            }
            if side.generations.intersection(&other.generations).count() > 1 {
                let promised = setting.shares_one_generation();
                return if promised { Found::SharedMore } else { Found::SharedMoreAsExpected };
            }
        }
        if side.presented && other.presented { Found::BothPresented } else { Found::Nothing }
    }
}
