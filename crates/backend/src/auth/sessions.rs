//! Sessions: begun at login, refreshed, asked, ended. Here a presented refresh token is answered:
//! load, let `rotation` decide, apply. It must not decide anything about a token itself.

use std::sync::Arc;

use rotation::{
    Attempt, Decision, Family, Generation, Policy, Refusal, Standing, Ticket, UnverifiedTicket,
    decide,
};
use shared::{NumericDate, Secret, SessionId};

use super::access_token::{AccessTokens, Statement};
use super::{AuthError, Grant};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::keys::KeyRing;
use crate::store::{Accepted, EndCause, Session, Store, User};

/// How often a refresh that lost a race reads again and decides again. A loser finds what the winner
/// wrote, so two rounds are the rule; a bound keeps a fault from becoming a loop.
const ROUNDS: usize = 8;

/// The sessions of this server.
pub struct Sessions {
    /// Where they are stored.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Clock,
    /// Where ids and seeds come from.
    pub entropy: Entropy,
    /// The server's keys.
    pub keys: Arc<KeyRing>,
    /// How long sessions live.
    pub policy: Policy,
    /// Issues and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// How long those live.
    pub access_token_seconds: i64,
}

/// Whom a call speaks for: its access token holds and its session stands.
#[derive(Clone)]
pub struct Authenticated {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
}

impl Sessions {
    /// A new session of `user`, not stored yet, as login leaves it: ticket 1 is about to be issued.
    #[must_use]
    pub fn begin(&self, user: &User) -> Session {
        let now = self.clock.now();
        Session {
            id: self.entropy.session_id(now),
            user: user.id,
            seed: rotation::Seed::from_bytes(self.entropy.bytes()),
            refresh_key_id: self.keys.current_refresh_key().0.to_owned(),
            family: Family::begun(now),
        }
    }

    /// The tokens for a session whose ticket `generation` is to be given out.
    ///
    /// # Errors
    /// If the session's refresh key has left the ring, or signing fails.
    pub fn grant(
        &self,
        session: &Session,
        user: User,
        generation: Generation,
    ) -> Result<Grant, AuthError> {
        let key = self.keys.refresh_key(&session.refresh_key_id).ok_or(AuthError::InvalidGrant)?;
        let now = self.clock.now();
        // No token outlives its session's absolute limit.
        let over = session.family.created_at.plus(self.policy.absolute_seconds);
        let exp = now.plus(self.access_token_seconds).min(over);
        let access_token = self.access_tokens.issue(Statement {
            sub: user.id,
            sid: session.id,
            auth_time: session.family.created_at,
            iat: now,
            exp,
            jti: self.entropy.uuid_v7(now),
        })?;
        Ok(Grant {
            access_token,
            expires_in: exp.since(now),
            refresh_token: Secret::new(
                Ticket::issue(key, &session.seed, session.id, generation).encode(),
            ),
            session_seconds: self.policy.expires_at(&session.family).since(now),
            session_id: session.id,
            user,
        })
    }

    /// Answers a presented refresh token (RFC 6749 section 6).
    ///
    /// # Errors
    /// [`AuthError::InvalidGrant`] for every refusal, [`AuthError::DuplicateAttempt`] for a late
    /// copy; anything else is transient and nothing was decided.
    pub async fn refresh(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
    ) -> Result<Grant, AuthError> {
        for _ in 0..ROUNDS {
            let Some((session, user, generation)) = self.load(presented).await? else {
                tracing::info!(event = "refresh.refused", cause = ?Refusal::Unknown);
                return Err(AuthError::InvalidGrant);
            };
            let decision = match user.disabled_at {
                Some(_) => Decision::Refuse(Refusal::Revoked),
                None => decide(&session.family, generation, attempt, self.clock.now(), self.policy),
            };
            if let Some(grant) = self.apply(decision, session, user, attempt).await? {
                return Ok(grant);
            }
        }
        Err(AuthError::Contended)
    }

    /// Ends the session a refresh token belongs to, whichever of its generations it is: whoever
    /// holds a ticket may give the session up. An unknown token ends nothing and is no error.
    ///
    /// # Errors
    /// If storage fails: then nothing is known to have ended.
    pub async fn logout(&self, presented: &Secret) -> Result<(), AuthError> {
        if let Some((session, user, _)) = self.load(presented).await?
            && self.store.revoke(session.id, EndCause::Logout, self.clock.now()).await?
        {
            tracing::info!(event = "session.ended", cause = EndCause::Logout.as_str(), session = %session.id, user = %user.id);
        }
        Ok(())
    }

    /// Whom an access token speaks for, if it holds and its session still stands.
    ///
    /// # Errors
    /// [`AuthError::InvalidToken`] if either does not; [`AuthError::Store`] if that is not known.
    pub async fn authenticate(&self, unverified_token: &str) -> Result<Authenticated, AuthError> {
        let now = self.clock.now();
        let token = self.access_tokens.verify(unverified_token, now).map_err(|rejection| {
            tracing::debug!(event = "access_token.refused", %rejection);
            AuthError::InvalidToken
        })?;
        let (session, user) =
            self.store.find_session(token.sid).await?.ok_or(AuthError::InvalidToken)?;
        let stands = session.family.standing == Standing::Live
            && user.disabled_at.is_none()
            && user.id == token.sub
            && now < self.expires_at(&session);
        if stands { Ok(Authenticated { session, user }) } else { Err(AuthError::InvalidToken) }
    }

    /// When a session is over unless it is refreshed before.
    #[must_use]
    pub fn expires_at(&self, session: &Session) -> NumericDate {
        self.policy.expires_at(&session.family)
    }

    /// The session, its user and the generation of an authentic ticket. `None` for anything else.
    async fn load(
        &self,
        presented: &Secret,
    ) -> Result<Option<(Session, User, Generation)>, AuthError> {
        let Some(unverified) = UnverifiedTicket::parse(presented.expose()) else {
            return Ok(None);
        };
        let Some((session, user)) = self.store.find_session(unverified.session()).await? else {
            return Ok(None);
        };
        let ticket = self
            .keys
            .refresh_key(&session.refresh_key_id)
            .and_then(|key| unverified.verify(key, &session.seed));
        Ok(ticket.map(|ticket| (session, user, ticket.generation())))
    }

    /// Carries a decision out. `None`: somebody else changed the session meanwhile.
    async fn apply(
        &self,
        decision: Decision,
        session: Session,
        user: User,
        attempt: Option<&Attempt>,
    ) -> Result<Option<Grant>, AuthError> {
        match decision {
            Decision::Accept { generation } => {
                self.accept(generation, session, user, attempt).await
            }
            Decision::AnswerAgain => {
                log(session.id, &user, "refresh.answered_again", session.family.generation);
                let successor = successor(session.family.generation)?;
                self.grant(&session, user, successor).map(Some)
            }
            Decision::Duplicate => {
                log(session.id, &user, "refresh.duplicate", session.family.generation);
                Err(AuthError::DuplicateAttempt)
            }
            Decision::Replay => {
                self.store.revoke(session.id, EndCause::Replay, self.clock.now()).await?;
                tracing::warn!(event = "refresh.replay", session = %session.id, user = %user.id, generation = session.family.generation.0);
                Err(AuthError::InvalidGrant)
            }
            Decision::Refuse(refusal) => {
                tracing::info!(event = "refresh.refused", cause = ?refusal, session = %session.id, user = %user.id);
                Err(AuthError::InvalidGrant)
            }
        }
    }

    async fn accept(
        &self,
        generation: Generation,
        session: Session,
        user: User,
        attempt: Option<&Attempt>,
    ) -> Result<Option<Grant>, AuthError> {
        let seen = session.family.generation;
        let family = session.family.accepted(generation, attempt.cloned(), self.clock.now());
        let accepted = Accepted { seen, family: family.clone() };
        if !self.store.accept(session.id, &accepted).await? {
            return Ok(None);
        }
        let recovered = seen.successor() != Some(generation);
        let event = if recovered { "refresh.recovered" } else { "refresh.accepted" };
        log(session.id, &user, event, generation);
        self.grant(&Session { family, ..session }, user, successor(generation)?).map(Some)
    }
}

fn successor(generation: Generation) -> Result<Generation, AuthError> {
    // `decide` refuses the generation that has none.
    generation.successor().ok_or(AuthError::InvalidGrant)
}

fn log(session: SessionId, user: &User, event: &'static str, generation: Generation) {
    tracing::info!(event, %session, user = %user.id, generation = generation.0);
}
