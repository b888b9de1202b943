//! Sessions. A presented refresh token is answered here: load its session, let `rotation` decide, apply the decision.
//! It must not decide by itself what a token means.

use std::sync::Arc;

use rotation::{Attempt, Decision, Generation, Policy, Refusal, UnverifiedTicket, decide};
use shared::{EventKind, NumericDate, RevocationReason, Secret};

use crate::auth::error::AuthError;
use crate::auth::idempotency::IdempotencyKeys;
use crate::auth::rate_limit::RateLimits;
use crate::auth::risk::{RiskAction, RiskAssessment, RiskPolicy, assess};
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::token::access_token::AccessTokens;
use crate::auth::token::issue_tokens::IssuedTokens;
use crate::auth::token::issue_tokens::successor;
use crate::auth::token::status_list::StatusLists;
use crate::keys::KeyRing;
use crate::lifetimes::Lifetimes;
use crate::store::{Accepted, Change, ClientInfo, Event, Session, User};
use crate::telemetry::AUDIT;

/// How often a refresh that lost a race retries. The loser reads what the winner wrote, so two rounds are the rule;
/// the bound keeps a fault from becoming a loop.
const ROUNDS: usize = 8;

/// The sessions of this server.
pub struct Sessions {
    /// Stores sessions, and logs each change.
    pub event_log: SecurityEventLog,
    /// Stores idempotency keys with the changes of sessions.
    pub idempotency: IdempotencyKeys,
    /// The server's keys.
    pub keys: Arc<KeyRing>,
    /// The idle and absolute expiry of sessions.
    pub policy: Policy,
    /// Issues and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// The lifetime of access tokens, and the lifetimes that the database holds.
    pub lifetimes: Arc<Lifetimes>,
    /// The greatest age of the last authentication, for calls that want a recent login.
    pub recent_login_seconds: i64,
    /// The action for each risk signal.
    pub risk: RiskPolicy,
    /// The rate limits.
    pub limits: RateLimits,
    /// The status list of revoked sessions, for services.
    pub status_lists: StatusLists,
}

/// An authentic ticket's session and user.
pub(in crate::auth) struct Found {
    pub(in crate::auth) session: Session,
    pub(in crate::auth) user: User,
    presented: Generation,
}

impl Found {
    /// The session of a genuine access token, as if by the ticket that was accepted last.
    pub(in crate::auth) const fn by_access_token(session: Session, user: User) -> Self {
        let presented = session.family.generation;
        Self { session, user, presented }
    }
}

impl Sessions {
    /// Answers a presented refresh token (RFC 6749 section 6).
    ///
    /// # Errors
    /// [`AuthError::InvalidGrant`] for every refusal, [`AuthError::DuplicateAttempt`] for a late copy,
    /// [`AuthError::StepUpRequired`] if policy demands it, [`AuthError::RateLimited`]; any other is transient. Of
    /// these, only a replay and the actions of policy change state.
    pub async fn refresh(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<IssuedTokens, AuthError> {
        let judged = self.judge_within_limits(presented, attempt, client).await?;
        self.answer(judged, presented, attempt, client).await
    }

    /// Answers a ticket that was admitted and judged.
    pub(in crate::auth) async fn answer(
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

    /// Loads an authentic ticket, and decides what it means.
    pub(in crate::auth) async fn judge(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
    ) -> Result<(Decision, Found), AuthError> {
        // Taken before the row is read: while this waits, a retry may be accepted elsewhere, and by a later clock the
        // stale row could seem expired.
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
            // The client gives up its session at this answer, so the clock must be settled.
            self.event_log.clock.settled_now()?;
        }
        Ok((decision, found))
    }

    /// When a session expires unless it is refreshed before.
    #[must_use]
    pub fn expires_at(&self, session: &Session) -> NumericDate {
        self.policy.expires_at(&session.family)
    }

    pub(in crate::auth) fn stands(&self, session: &Session) -> bool {
        session.revoked_because.is_none() && self.expires_at(session) > self.event_log.now()
    }

    /// Whether this is a refresh token of a session here, active or not.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn knows(&self, presented: &Secret) -> Result<bool, AuthError> {
        Ok(self.load(presented).await?.is_some())
    }

    /// Loads the session of an authentic ticket. `None` for any other token.
    pub(in crate::auth) async fn load(
        &self,
        presented: &Secret,
    ) -> Result<Option<Found>, AuthError> {
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

    /// Applies a decision. `None`: a concurrent call has changed the session.
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

    /// Assesses the risk of this client, for the log; an error if policy demands step-up or revocation.
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
                // Stored, or a thief could try clients until one passes.
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
        // The call has waited since it was judged: in between, the session may have expired, a retry may have been
        // refused for that, and its client has given the session up. Judge again.
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

    /// Revokes the session, unless it is revoked already.
    pub(in crate::auth) async fn end(
        &self,
        found: &Found,
        cause: RevocationReason,
        events: Vec<Event>,
    ) -> Result<(), AuthError> {
        let end = Change::RevokeSession(found.session.id, self.event_log.revocation(cause));
        self.event_log.commit(end, events).await?;
        Ok(())
    }

    pub(in crate::auth) fn event(
        &self,
        kind: EventKind,
        found: &Found,
        client: &ClientInfo,
    ) -> Event {
        self.event_log.event(kind, Some(found.user.id), client).in_session(found.session.id)
    }
}
