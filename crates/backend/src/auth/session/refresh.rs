//! Refresh token rotation, the server's half. A presented refresh token is answered here: load its session, let
//! `rotation` decide, apply the decision. It must not decide by itself what a token means.

use std::sync::Arc;

use rotation::{Attempt, Decision, Generation, Policy, Refusal, decide};
use shared::{EventKind, NumericDate, RevocationReason, Secret};

use super::tickets::{Found, Tickets};
use crate::auth::error::AuthError;
use crate::auth::rate_limit::admission::{Admission, TicketLimits};
use crate::auth::request_context::RequestContext;
use crate::auth::risk::{RiskAction, RiskAssessment, RiskPolicy, assess};
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::token::issue_tokens::{IssuedTokens, TokenIssuer, successor};
use crate::store::{Accepted, AccountTag, Change, Event, Session};
use crate::telemetry::AUDIT;

/// How often a refresh that lost a race retries. The loser reads what the winner wrote, so two rounds are the rule;
/// the bound keeps a fault from becoming a loop.
const ROUNDS: usize = 8;

/// The sessions of this server, by their refresh tokens.
pub struct Sessions {
    /// Stores sessions, and logs each change.
    pub event_log: SecurityEventLog,
    /// Finds the session of a presented ticket.
    pub tickets: Tickets,
    /// Issues the next tokens.
    pub issuer: Arc<TokenIssuer>,
    /// The rate limits.
    pub admission: Admission,
    /// The idle and absolute expiry of sessions.
    pub policy: Policy,
    /// The action for each risk signal.
    pub risk: RiskPolicy,
}

/// An authentic ticket, and what it means.
pub(in crate::auth) struct Judged {
    pub(in crate::auth) decision: Decision,
    pub(in crate::auth) found: Found,
    /// The instant of the judgement, by which its risk is assessed, too.
    pub(super) now: NumericDate,
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
        context: &RequestContext,
    ) -> Result<IssuedTokens, AuthError> {
        let judge = self.judge_at_once(presented, attempt, context);
        let judged = self.within_limits(judge, presented, context).await?;
        self.answer(judged, presented, attempt, context).await
    }

    /// Answers a ticket that was admitted and judged.
    pub(in crate::auth) async fn answer(
        &self,
        mut judged: Judged,
        presented: &Secret,
        attempt: Option<&Attempt>,
        context: &RequestContext,
    ) -> Result<IssuedTokens, AuthError> {
        for _ in 0..ROUNDS {
            if let Some(tokens) = self.apply(judged, attempt, context).await? {
                return Ok(tokens);
            }
            judged = self.judge(presented, attempt, context).await?;
        }
        Err(AuthError::Contended)
    }

    /// Judges a ticket within the rate limit of its network until it is known to be authentic, then of its session
    /// and account.
    pub(in crate::auth) async fn within_limits(
        &self,
        judge: impl Future<Output = Result<Judged, AuthError>>,
        presented: &Secret,
        context: &RequestContext,
    ) -> Result<Judged, AuthError> {
        let ticket = AccountTag::of_ticket(presented);
        self.admission.admit_ticket(ticket, &context.client).await?;
        let judged = judge.await?;
        let limits = match judged.decision {
            // A replay must revoke the session, however many calls its holder or a thief has made before.
            Decision::Replay => TicketLimits::None,
            // A revoked or expired session must not use up the limit that active sessions of its account share.
            Decision::Refuse(_) => TicketLimits::Session,
            _ => TicketLimits::SessionAndAccount,
        };
        let (session, user) = (judged.found.session.id, judged.found.user.id);
        self.admission.admit_authentic(ticket, session, user, limits, &context.client).await?;
        Ok(judged)
    }

    /// Loads an authentic ticket, and decides what it means. The clock is read right before the row: while this waits,
    /// a retry may be accepted elsewhere, and by a later clock the stale row could seem expired. The time of admission
    /// is too early: a body may arrive for seconds, in which a clock that was wrong is set right.
    pub(in crate::auth) async fn judge(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        context: &RequestContext,
    ) -> Result<Judged, AuthError> {
        let now = self.event_log.trusted_now()?;
        let Some(found) = self.tickets.find_own(presented, context).await? else {
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
        Ok(Judged { decision, found, now })
    }

    /// Applies a decision. `None`: a concurrent call has changed the session.
    async fn apply(
        &self,
        Judged { decision, found, now }: Judged,
        attempt: Option<&Attempt>,
        context: &RequestContext,
    ) -> Result<Option<IssuedTokens>, AuthError> {
        match decision {
            Decision::Accept { generation } => {
                let signals = match found.remembered {
                    // What is unusual is judged by the row itself.
                    Some(_) if self.is_unusual(&found, now, context) => return Ok(None),
                    Some(_) => Vec::new(),
                    None => self.assess_risk(&found, now, context).await?,
                };
                self.accept(generation, found, attempt, context, signals).await
            }
            Decision::AnswerAgain => {
                let mut events = self.assess_risk(&found, now, context).await?;
                events.push(self.event(EventKind::AnsweredAgain, &found, context));
                self.event_log.note(events).await;
                let successor = successor(found.session.family.generation)?;
                self.issuer.issue(&found.session, found.user, successor).await.map(Some)
            }
            Decision::Duplicate => {
                self.event_log.note(vec![self.event(EventKind::Duplicate, &found, context)]).await;
                Err(AuthError::DuplicateAttempt)
            }
            Decision::Replay => {
                let event = self.event(EventKind::Replayed, &found, context);
                self.revoke(
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
        now: NumericDate,
        context: &RequestContext,
    ) -> Result<Vec<Event>, AuthError> {
        if found.session.step_up_required_at.is_some() {
            return Err(AuthError::StepUpRequired { max_age: 0 });
        }
        let RiskAssessment { signals, action } =
            assess(&found.session, &context.client, now, self.risk);
        let signals = signals.into_iter().map(|signal| self.event(signal.into(), found, context));
        let mut signals: Vec<Event> = signals.collect();
        match action {
            RiskAction::Off | RiskAction::Log => Ok(signals),
            RiskAction::Confirm => {
                // Stored, or a thief could try clients until one passes.
                let want = Change::RequireStepUp(found.session.id, now);
                self.event_log.commit(want, signals).await?;
                Err(AuthError::StepUpRequired { max_age: 0 })
            }
            RiskAction::Revoke => {
                let event = self.event(EventKind::SessionEnded, found, context);
                signals.push(event.because(RevocationReason::Suspicion));
                self.revoke(found, RevocationReason::Suspicion, signals).await?;
                Err(AuthError::InvalidGrant)
            }
        }
    }

    /// Accepts a rotation. The session's row counts it and has its date: an event and a line for each would be most
    /// of the database and of the log. What is unusual about it is an event.
    async fn accept(
        &self,
        generation: Generation,
        found: Found,
        attempt: Option<&Attempt>,
        context: &RequestContext,
        mut events: Vec<Event>,
    ) -> Result<Option<IssuedTokens>, AuthError> {
        let seen = found.session.family.generation;
        let now = self.event_log.trusted_now()?;
        // The call has waited since it was judged: in between, the session may have expired, a retry may have been
        // refused for that, and its client has given the session up. Judge again.
        if self.policy.expires_at(&found.session.family) <= now {
            return Ok(None);
        }
        let family = found.session.family.accepted(generation, attempt.cloned(), now);
        let recovered = seen.successor() != Some(generation);
        if recovered {
            events.insert(0, self.event(EventKind::Recovered, &found, context));
        }
        let (id, client) = (found.session.id, context.client.clone());
        let accepted = Accepted { seen, family: family.clone(), client };
        let took_place = match found.remembered {
            Some(version) => self.event_log.store.accept_unchanged(id, &accepted, version).await?,
            None => {
                let accept = Change::Accept(id, Box::new(accepted));
                self.event_log.commit(accept, events).await?.took_place()
            }
        };
        if !took_place {
            return Ok(None);
        }
        if !recovered {
            let (user, session, client) = (found.user.id, found.session.id, &context.client);
            let network = client.address.map(tracing::field::display);
            tracing::debug!(target: AUDIT, event = "refreshed", %user, %session, network, device = %client.device);
        }
        let session = Session { family, ..found.session };
        self.issuer.issue(&session, found.user, successor(generation)?).await.map(Some)
    }

    /// Revokes the session, unless it is revoked already.
    async fn revoke(
        &self,
        found: &Found,
        reason: RevocationReason,
        events: Vec<Event>,
    ) -> Result<(), AuthError> {
        let revoke = Change::RevokeSession(found.session.id, self.event_log.revocation(reason));
        self.event_log.commit(revoke, events).await?;
        Ok(())
    }

    fn event(&self, kind: EventKind, found: &Found, context: &RequestContext) -> Event {
        self.event_log
            .event(kind, Some(found.user.id), &context.client)
            .in_session(found.session.id)
    }
}
