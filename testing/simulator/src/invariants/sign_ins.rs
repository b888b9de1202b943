//! Invariants of sign-ins: one session for each idempotency key, which retries get again until it is used or revoked.

use backend::auth::{AuthError, IssuedTokens};
use rotation::Generation;

use super::{Finished, Invariant, Observer, WatchedSession};
use crate::faults::has_expired;
use crate::server::{Outcome, SignIn};
use crate::setting::Setting;
use crate::store::SimulatedStore;

impl Observer {
    /// Checks a registration or login that has ended. A key past its retention promises no more.
    pub(super) fn signed_in(
        &mut self,
        call: &Finished<'_>,
        sign_in: &SignIn,
        store: &SimulatedStore,
        setting: &Setting,
    ) {
        let key = sign_in.key.as_deref().unwrap_or_default();
        let begun = store.begun_with(key);
        let are_remembered =
            begun.iter().all(|begun| setting.remembers_keys(call.now.since(begun.at)));
        let begun = begun.last().filter(|_| are_remembered).map(|begun| begun.session);
        let name = format!("request {}", call.request.id);
        match call.outcome {
            Outcome::Granted(tokens) if tokens.user.email != sign_in.email => {
                self.broken(Invariant::OnlyOwnTokens, call.event, name);
            }
            Outcome::Granted(tokens) if self.sessions.contains_key(&tokens.session_id) => {
                self.answered_again(call, tokens);
            }
            Outcome::Granted(tokens) => self.session_began(call, tokens, store),
            Outcome::Failed(AuthError::EmailTaken) => {
                self.counts.add("address is taken");
                if begun.is_some() && store.was_made_with(key, &sign_in.email) {
                    self.broken(Invariant::NeverTakenFromItsMaker, call.event, name);
                }
            }
            Outcome::Failed(AuthError::InvalidCredentials) => {
                // A user with another password since, or disabled, may be refused.
                let as_it_was = store.user(&sign_in.email).is_some_and(|user| {
                    user.disabled_at.is_none() && user.password_hash.is_empty()
                });
                if begun.is_some() && as_it_was {
                    self.broken(Invariant::SignInsAreAnswered, call.event, name);
                }
            }
            Outcome::Failed(AuthError::DuplicateAttempt) => {
                self.counts.add("sign-in is a duplicate");
                let is_unused = begun.and_then(|id| store.row(id)).is_some_and(|row| {
                    let is_new = row.family.generation == Generation::NONE;
                    is_new && row.is_live() && !has_expired(&row, call.now)
                });
                // The answer may rest on a rotation that was lost after the row was read.
                let watched = begun.and_then(|id| self.sessions.get(&id));
                let was_lost = watched.is_some_and(|it| it.rolled_back >= call.began);
                if is_unused && !was_lost {
                    self.broken(Invariant::SignInsAreAnswered, call.event, name);
                }
            }
            Outcome::Failed(AuthError::IdempotencyKeyReused) => {
                self.broken(Invariant::SignInsAreAnswered, call.event, name);
            }
            _ => {}
        }
    }

    fn session_began(
        &mut self,
        call: &Finished<'_>,
        tokens: &IssuedTokens,
        store: &SimulatedStore,
    ) {
        let number = self.sessions.len() + 1;
        let user = tokens.user.id;
        // The user may have been disabled, or the session have expired, while the login was in flight.
        let disabled = self.disabled.contains(&user);
        let revocation_answered = disabled.then_some(call.event);
        let row = store.row(tokens.session_id);
        let may_be_revoked = disabled || row.is_some_and(|row| has_expired(&row, call.now));
        let (user, since) = (Some(user), call.event);
        let watched = WatchedSession {
            number,
            user,
            since,
            may_be_revoked,
            revocation_answered,
            ..WatchedSession::default()
        };
        self.sessions.insert(tokens.session_id, watched);
        // Forces a check of the rows: this one is older than the answer.
        self.version = 0;
        self.given_out(call, tokens, 1);
    }

    /// The answer repeats a session whose ticket 1 was issued before.
    fn answered_again(&mut self, call: &Finished<'_>, tokens: &IssuedTokens) {
        self.counts.add("sign-in is answered again");
        let Some(watched) = self.sessions.get(&tokens.session_id) else { return };
        let name = format!("session {}, request {}", watched.number, call.request.id);
        let over = watched.revocation_answered.is_some_and(|at| at < call.began);
        let presented = watched.presented.is_some_and(|at| at < call.began);
        let remembered = call.began > watched.rolled_back;
        if over {
            self.broken(Invariant::RevocationIsFinal, call.event, name.clone());
        }
        if presented && remembered {
            self.broken(Invariant::TicketOneIsUnused, call.event, name);
        }
        self.given_out(call, tokens, 1);
    }
}

/// The second session of one attempt, begun while its idempotency key was retained.
pub(super) fn second_session(store: &SimulatedStore, setting: &Setting) -> Option<String> {
    store.begun().iter().find_map(|begun| {
        let second = begun.windows(2).find_map(|pair| match pair {
            [first, second] if setting.remembers_keys(second.at.since(first.at)) => Some(second),
            _ => None,
        })?;
        Some(format!("session {} is the second of its attempt", second.session))
    })
}
