//! Invariants of each answer: who gets tokens, who is refused, and what is revoked by then.

use backend::auth::{AuthError, IssuedTokens};
use shared::{Secret, SessionId};

use super::{Finished, Invariant, Issued, Observer};
use crate::coverage::OUTSIDE;
use crate::network::Party;
use crate::server::{Call, Outcome};
use crate::setting::Setting;
use crate::store::SimulatedStore;

impl Observer {
    /// Checks a call that has ended.
    pub(crate) fn finished(
        &mut self,
        call: &Finished<'_>,
        store: &SimulatedStore,
        setting: &Setting,
    ) {
        let says_so = matches!(call.outcome, Outcome::Failed(AuthError::Store(_)));
        if call.failed != says_so {
            let detail = format!("request {}: storage failed: {}", call.request.id, call.failed);
            self.broken(Invariant::FailuresAreTransient, call.event, detail);
        }
        match (&call.request.call, call.outcome) {
            (Call::SignIn(sign_in), _) => self.signed_in(call, sign_in, store, setting),
            (Call::Refresh { ticket, key }, outcome) => match self.tickets.get(ticket).copied() {
                Some((session, generation)) => {
                    let key = key.as_deref();
                    self.refreshed(call, session, generation, key, setting);
                    self.after_theft(call, session, generation, key, store, setting);
                }
                None if matches!(outcome, Outcome::Granted(_)) => {
                    let detail = format!("request {}", call.request.id);
                    self.broken(Invariant::ForgeriesOpenNothing, call.event, detail);
                }
                None => {}
            },
            (Call::ChangePassword { key, .. }, Outcome::Granted(tokens)) => {
                self.password_changed(call, tokens, key, store, setting);
            }
            (Call::Logout { ticket }, Outcome::Done) => {
                if let Some((session, _)) = self.tickets.get(ticket).copied() {
                    self.revocation_answered(session, call, store);
                }
            }
            (Call::Revoke { session }, Outcome::Done) => {
                self.revocation_answered(*session, call, store);
            }
            (Call::Protected { token }, outcome) => self.authenticated(call, token, outcome),
            _ => {}
        }
    }

    /// Notes issued tokens, and checks the refresh token against the one it must be.
    pub(super) fn given_out(&mut self, call: &Finished<'_>, tokens: &IssuedTokens, number: u32) {
        let ticket = tokens.refresh_token.expose();
        self.tickets.insert(ticket.to_owned(), (tokens.session_id, number));
        self.tokens.push(Issued {
            secret: tokens.access_token.clone(),
            session: tokens.session_id,
            user: tokens.user.id,
            expires_at: call.now.plus(tokens.expires_in),
        });
        let Some(watched) = self.sessions.get_mut(&tokens.session_id) else { return };
        let first = watched.tickets.entry(number).or_insert_with(|| ticket.to_owned());
        let skips = number > watched.highest + 1;
        if first != ticket || skips {
            let detail = format!("ticket {number} of session {}", watched.number);
            self.broken(Invariant::OneSuccessor, call.event, detail);
        }
    }

    /// A rotation that also revokes the user's other sessions.
    fn password_changed(
        &mut self,
        call: &Finished<'_>,
        tokens: &IssuedTokens,
        key: &str,
        store: &SimulatedStore,
        setting: &Setting,
    ) {
        let generation = store.accepted_with(&format!("hash of {key}")).unwrap_or_default();
        let this = tokens.session_id;
        let others = self.sessions.iter_mut().filter(|(id, watched)| {
            **id != this && watched.user == Some(tokens.user.id) && watched.since < call.began
        });
        let mut left = None;
        for (id, watched) in others {
            watched.revocation_answered.get_or_insert(call.event);
            let row = store.row(*id);
            if row.is_some_and(|row| row.is_live()) {
                left = Some(watched.number);
            }
        }
        if let Some(number) = left {
            let detail = format!("session {number} outlives request {}", call.request.id);
            self.broken(Invariant::APasswordChangeRevokesTheOthers, call.event, detail);
        }
        self.refreshed(call, this, generation, Some(key), setting);
        if let Some(watched) = self.sessions.get_mut(&this) {
            watched.owner_proved_the_password(generation, call.event);
        }
    }

    fn refreshed(
        &mut self,
        call: &Finished<'_>,
        session: SessionId,
        generation: u32,
        key: Option<&str>,
        setting: &Setting,
    ) {
        let event = call.event;
        let Some(watched) = self.sessions.get_mut(&session) else { return };
        let name = format!("session {}, request {}", watched.number, call.request.id);
        match call.outcome {
            Outcome::Granted(tokens) => {
                // Answered as revoked, or revoked in its row.
                let mut revoked = watched.revocation_answered.iter().chain(&watched.ended_at);
                let over = revoked.any(|at| *at < call.began);
                let theirs = tokens.session_id == session && Some(tokens.user.id) == watched.user;
                let mut unique = true;
                if call.began > watched.rolled_back {
                    let first = watched.keys.entry(generation);
                    let vacant = matches!(first, std::collections::btree_map::Entry::Vacant(_));
                    let first = first.or_insert_with(|| key.map(str::to_owned));
                    unique = vacant || (key.is_some() && first.as_deref() == key);
                }
                if over {
                    self.broken(Invariant::RevocationIsFinal, event, name.clone());
                }
                if !theirs {
                    self.broken(Invariant::OnlyOwnTokens, event, name.clone());
                }
                if !unique {
                    let detail = format!("{name}: generation {generation}");
                    self.broken(Invariant::OneAttemptPerGeneration, event, detail);
                }
                self.given_out(call, tokens, generation + 1);
            }
            Outcome::Failed(AuthError::InvalidGrant) => {
                if watched.ended {
                    watched.revocation_answered.get_or_insert(event);
                }
                let honest = matches!(call.request.from, Party::Tab(..));
                if honest && !watched.may_be_revoked && watched.theft.is_none() {
                    if setting.keeps_the_honest() {
                        self.broken(Invariant::TheHonestStaySignedIn, event, name);
                    } else {
                        self.counts.add(OUTSIDE);
                    }
                }
            }
            _ => {}
        }
    }

    /// A session's end was answered, so its row must be revoked.
    fn revocation_answered(
        &mut self,
        session: SessionId,
        call: &Finished<'_>,
        store: &SimulatedStore,
    ) {
        let ended = store.row(session).is_some_and(|row| !row.is_live());
        let Some(watched) = self.sessions.get_mut(&session) else { return };
        watched.revocation_answered.get_or_insert(call.event);
        if !ended {
            let detail =
                format!("session {} was answered as revoked, and is active", watched.number);
            self.broken(Invariant::RevocationIsFinal, call.event, detail);
        }
    }

    fn authenticated(&mut self, call: &Finished<'_>, token: &Secret, outcome: &Outcome) {
        let Some(issued) = self.tokens.iter().find(|issued| issued.secret == *token) else {
            return;
        };
        let Some(watched) = self.sessions.get(&issued.session) else { return };
        let name = format!("session {}, request {}", watched.number, call.request.id);
        let over = watched.revocation_answered.is_some_and(|at| at < call.began);
        let live = !watched.ended && !watched.may_be_revoked && issued.expires_at > call.now;
        match outcome {
            Outcome::Authenticated(_) if over => {
                self.broken(Invariant::TokensEndWithTheirSession, call.event, name);
            }
            Outcome::Authenticated(who)
                if who.user.id != issued.user || who.session.id != issued.session =>
            {
                self.broken(Invariant::OnlyOwnTokens, call.event, name);
            }
            Outcome::Failed(AuthError::InvalidToken) if live => {
                self.broken(Invariant::LiveTokensAreAccepted, call.event, name);
            }
            _ => {}
        }
    }
}
