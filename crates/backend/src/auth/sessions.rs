//! Sessions: begun at login, refreshed, asked, ended. Here a presented refresh token is answered:
//! load, let `rotation` decide, apply. It must not decide anything about a token itself.

use std::sync::Arc;

use rotation::{Attempt, Decision, Generation, Policy, Refusal, UnverifiedTicket, decide};
use shared::{EventKind, NumericDate, RevocationReason, Secret};

use super::access_token::AccessTokens;
use super::issue_tokens::successor;
use super::rate_limit::RateLimits;
use super::risk::{RiskAction, RiskAssessment, RiskPolicy, assess};
use super::security_event_log::SecurityEventLog;
use super::status_list::StatusLists;
use super::{AuthError, IssuedTokens};
use crate::keys::KeyRing;
use crate::lifetimes::Lifetimes;
use crate::store::{Accepted, Change, ClientInfo, Event, Session, User};
use crate::telemetry::AUDIT;

/// How often a refresh that lost a race reads again and decides again. A loser finds what the winner
/// wrote, so two rounds are the rule; a bound keeps a fault from becoming a loop.
const ROUNDS: usize = 8;

/// The sessions of this server.
pub struct Sessions {
    /// Where they are stored, and told of.
    pub event_log: SecurityEventLog,
    /// The server's keys.
    pub keys: Arc<KeyRing>,
    /// How long sessions live.
    pub policy: Policy,
    /// Issues and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// How long those live, and what the database holds of lifetimes.
    pub lifetimes: Arc<Lifetimes>,
    /// How long ago a user may have proved who they are, for calls that want a recent login.
    pub recent_login_seconds: i64,
    /// What to do when a session goes on somewhere unusual.
    pub risk: RiskPolicy,
    /// How often, at once.
    pub limits: RateLimits,
    /// Which sessions have ended, for services.
    pub status_lists: StatusLists,
}

/// An authentic ticket, with the session it is of.
pub(super) struct Found {
    pub(super) session: Session,
    pub(super) user: User,
    presented: Generation,
}

impl Found {
    /// Of an authentic access token: it is of the generation that was accepted last, or of an older one.
    pub(super) const fn by_access_token(session: Session, user: User) -> Self {
        let presented = session.family.generation;
        Self { session, user, presented }
    }
}

impl Sessions {
    /// Answers a presented refresh token (RFC 6749 section 6).
    ///
    /// # Errors
    /// [`AuthError::InvalidGrant`] for every refusal, [`AuthError::DuplicateAttempt`] for a late
    /// copy, [`AuthError::StepUpRequired`] if policy wants the password first, [`AuthError::RateLimited`];
    /// anything else is transient.
    /// But for a replay and what policy asks for, nothing was changed.
    pub async fn refresh(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<IssuedTokens, AuthError> {
        let judged = self.judge_within_limits(presented, attempt, client).await?;
        self.answer(judged, presented, attempt, client).await
    }

    /// The same for a ticket that is within its limits and was judged.
    pub(super) async fn answer(
        &self,
        mut judged: (Decision, Found),
        presented: &Secret,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<IssuedTokens, AuthError> {
        for _ in 0..ROUNDS {
            let (decision, found) = judged;
            if let Some(tokens) = self.apply(decision, found, attempt, client).await? {
                return Ok(tokens);
            }
            judged = self.judge(presented, attempt).await?;
        }
        Err(AuthError::Contended)
    }

    /// What an authentic ticket is of, and what it means.
    pub(super) async fn judge(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
    ) -> Result<(Decision, Found), AuthError> {
        // Before the row is read: while this waits, a copy of the attempt may be accepted elsewhere, and by a
        // later clock the row as it was read could have run out.
        let now = self.event_log.trusted_now()?;
        let Some(found) = self.load(presented).await? else {
            tracing::info!(event = "refresh_refused", cause = ?Refusal::Unknown);
            return Err(AuthError::InvalidGrant);
        };
        let decision = match found.user.disabled_at {
            Some(_) => Decision::Refuse(Refusal::Revoked),
            None => decide(&found.session.family, found.presented, attempt, now, self.policy),
        };
        if decision == Decision::Refuse(Refusal::Expired) {
            // A client that hears it gives its session up.
            self.event_log.clock.settled_now()?;
        }
        Ok((decision, found))
    }

    /// When a session is over unless it is refreshed before.
    #[must_use]
    pub fn expires_at(&self, session: &Session) -> NumericDate {
        self.policy.expires_at(&session.family)
    }

    pub(super) fn stands(&self, session: &Session) -> bool {
        session.ended_because.is_none() && self.expires_at(session) > self.event_log.now()
    }

    /// Whether this is a refresh token of a session, standing or over.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn knows(&self, presented: &Secret) -> Result<bool, AuthError> {
        Ok(self.load(presented).await?.is_some())
    }

    /// What an authentic ticket is of. `None` for anything else.
    pub(super) async fn load(&self, presented: &Secret) -> Result<Option<Found>, AuthError> {
        let Some(unverified) = UnverifiedTicket::parse(presented.expose()) else {
            return Ok(None);
        };
        let Some((session, user)) = self.event_log.store.find_session(unverified.session()).await?
        else {
            return Ok(None);
        };
        let kid = &session.refresh_key_id;
        let ring = self.keys.with_refresh_key(kid, &self.event_log.store).await?;
        let key = ring.refresh_key(kid);
        let ticket = key.and_then(|key| unverified.verify(key, &session.seed));
        Ok(ticket.map(|ticket| Found { session, user, presented: ticket.generation() }))
    }

    /// Carries a decision out. `None`: somebody else changed the session meanwhile.
    async fn apply(
        &self,
        decision: Decision,
        found: Found,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<Option<IssuedTokens>, AuthError> {
        match decision {
            Decision::Accept { generation } => {
                let signals = self.assess_risk(&found, client).await?;
                self.accept(generation, found, attempt, client, signals).await
            }
            Decision::AnswerAgain => {
                let mut events = self.assess_risk(&found, client).await?;
                events.push(self.event(EventKind::AnsweredAgain, &found, client));
                self.event_log.note(events).await;
                let successor = successor(found.session.family.generation)?;
                self.issue_tokens(&found.session, found.user, successor).await.map(Some)
            }
            Decision::Duplicate => {
                self.event_log.note(vec![self.event(EventKind::Duplicate, &found, client)]).await;
                Err(AuthError::DuplicateAttempt)
            }
            Decision::Replay => {
                let event = self.event(EventKind::Replayed, &found, client);
                self.end(
                    &found,
                    RevocationReason::Replay,
                    vec![event.because(RevocationReason::Replay)],
                )
                .await?;
                let (presented, accepted) = (found.presented.0, found.session.family.generation.0);
                tracing::info!(target: AUDIT, event = "replay_generations", session = %found.session.id, presented, accepted);
                Err(AuthError::InvalidGrant)
            }
            Decision::Refuse(refusal) => {
                let Found { session, user, .. } = found;
                tracing::info!(event = "refresh_refused", cause = ?refusal, session = %session.id, user = %user.id);
                Err(AuthError::InvalidGrant)
            }
        }
    }

    /// What is unusual about where this comes from, for the record; an error if policy does not let it
    /// pass.
    async fn assess_risk(
        &self,
        found: &Found,
        client: &ClientInfo,
    ) -> Result<Vec<Event>, AuthError> {
        if found.session.step_up_required_at.is_some() {
            return Err(AuthError::StepUpRequired { max_age: 0 });
        }
        let RiskAssessment { signals, action } =
            assess(&found.session, client, self.event_log.now(), self.risk);
        let signals = signals.into_iter().map(|signal| self.event(signal, found, client));
        let mut signals: Vec<Event> = signals.collect();
        match action {
            RiskAction::Off | RiskAction::Log => Ok(signals),
            RiskAction::Confirm => {
                // It sticks, or a thief would try what to say until it fits.
                let want = Change::RequireStepUp(found.session.id, self.event_log.now());
                self.event_log.commit(want, signals).await?;
                Err(AuthError::StepUpRequired { max_age: 0 })
            }
            RiskAction::End => {
                let event = self.event(EventKind::SessionEnded, found, client);
                signals.push(event.because(RevocationReason::Suspicion));
                self.end(found, RevocationReason::Suspicion, signals).await?;
                Err(AuthError::InvalidGrant)
            }
        }
    }

    async fn accept(
        &self,
        generation: Generation,
        found: Found,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
        mut events: Vec<Event>,
    ) -> Result<Option<IssuedTokens>, AuthError> {
        let seen = found.session.family.generation;
        let now = self.event_log.trusted_now()?;
        // It was judged within its limits, and has waited since: a copy may have been refused for them in between, and its
        // client has given the session up. Judge again.
        if self.expires_at(&found.session) <= now {
            return Ok(None);
        }
        let family = found.session.family.accepted(generation, attempt.cloned(), now);
        let recovered = seen.successor() != Some(generation);
        let kind = if recovered { EventKind::Recovered } else { EventKind::Refreshed };
        events.insert(0, self.event(kind, &found, client));
        let accepted = Accepted { seen, family: family.clone(), client: client.clone() };
        let accept = Change::Accept(found.session.id, Box::new(accepted));
        if !self.event_log.commit(accept, events).await?.took_place() {
            return Ok(None);
        }
        let session = Session { family, ..found.session };
        self.issue_tokens(&session, found.user, successor(generation)?).await.map(Some)
    }

    /// Ends the session, unless it has ended already.
    pub(super) async fn end(
        &self,
        found: &Found,
        cause: RevocationReason,
        events: Vec<Event>,
    ) -> Result<(), AuthError> {
        let end = Change::RevokeSession(found.session.id, self.event_log.revocation(cause));
        self.event_log.commit(end, events).await?;
        Ok(())
    }

    pub(super) fn event(&self, kind: EventKind, found: &Found, client: &ClientInfo) -> Event {
        self.event_log.event(kind, Some(found.user.id), client).in_session(found.session.id)
    }
}
