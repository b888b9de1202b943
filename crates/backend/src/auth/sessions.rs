//! Sessions: begun at login, refreshed, asked, ended. Here a presented refresh token is answered:
//! load, let `rotation` decide, apply. It must not decide anything about a token itself.

use std::sync::Arc;

use rotation::{
    Attempt, Decision, Family, Generation, Policy, Refusal, Standing, Ticket, UnverifiedTicket,
    decide,
};
use shared::{NumericDate, Secret};

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

/// An authentic ticket, with the session it is of.
struct Found {
    session: Session,
    user: User,
    presented: Generation,
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
            let Some(found) = self.load(presented).await? else {
                tracing::info!(event = "refresh.refused", cause = ?Refusal::Unknown);
                return Err(AuthError::InvalidGrant);
            };
            let decision = match found.user.disabled_at {
                Some(_) => Decision::Refuse(Refusal::Revoked),
                None => {
                    let (family, now) = (&found.session.family, self.clock.now());
                    decide(family, found.presented, attempt, now, self.policy)
                }
            };
            if let Some(grant) = self.apply(decision, found, attempt).await? {
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
        if let Some(Found { session, user, .. }) = self.load(presented).await?
            && self.store.revoke(session.id, EndCause::Logout, self.clock.now()).await?
        {
            let cause = EndCause::Logout.as_str();
            tracing::info!(event = "session.ended", cause, session = %session.id, user = %user.id);
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

    /// What an authentic ticket is of. `None` for anything else.
    async fn load(&self, presented: &Secret) -> Result<Option<Found>, AuthError> {
        let Some(unverified) = UnverifiedTicket::parse(presented.expose()) else {
            return Ok(None);
        };
        let Some((session, user)) = self.store.find_session(unverified.session()).await? else {
            return Ok(None);
        };
        let key = self.keys.refresh_key(&session.refresh_key_id);
        let ticket = key.and_then(|key| unverified.verify(key, &session.seed));
        Ok(ticket.map(|ticket| Found { session, user, presented: ticket.generation() }))
    }

    /// Carries a decision out. `None`: somebody else changed the session meanwhile.
    async fn apply(
        &self,
        decision: Decision,
        found: Found,
        attempt: Option<&Attempt>,
    ) -> Result<Option<Grant>, AuthError> {
        match decision {
            Decision::Accept { generation } => self.accept(generation, found, attempt).await,
            Decision::AnswerAgain => {
                found.log("refresh.answered_again");
                let successor = successor(found.session.family.generation)?;
                self.grant(&found.session, found.user, successor).map(Some)
            }
            Decision::Duplicate => {
                found.log("refresh.duplicate");
                Err(AuthError::DuplicateAttempt)
            }
            Decision::Replay => {
                self.store.revoke(found.session.id, EndCause::Replay, self.clock.now()).await?;
                let Found { session, user, presented } = found;
                let (presented, accepted) = (presented.0, session.family.generation.0);
                tracing::warn!(event = "refresh.replay", session = %session.id, user = %user.id, presented, accepted);
                Err(AuthError::InvalidGrant)
            }
            Decision::Refuse(refusal) => {
                let Found { session, user, .. } = found;
                tracing::info!(event = "refresh.refused", cause = ?refusal, session = %session.id, user = %user.id);
                Err(AuthError::InvalidGrant)
            }
        }
    }

    async fn accept(
        &self,
        generation: Generation,
        found: Found,
        attempt: Option<&Attempt>,
    ) -> Result<Option<Grant>, AuthError> {
        let seen = found.session.family.generation;
        let family = found.session.family.accepted(generation, attempt.cloned(), self.clock.now());
        let accepted = Accepted { seen, family: family.clone() };
        if !self.store.accept(found.session.id, &accepted).await? {
            return Ok(None);
        }
        let recovered = seen.successor() != Some(generation);
        found.log(if recovered { "refresh.recovered" } else { "refresh.accepted" });
        let session = Session { family, ..found.session };
        self.grant(&session, found.user, successor(generation)?).map(Some)
    }
}

impl Found {
    fn log(&self, event: &'static str) {
        let Self { session, user, presented } = self;
        tracing::info!(event, session = %session.id, user = %user.id, generation = presented.0);
    }
}

fn successor(generation: Generation) -> Result<Generation, AuthError> {
    // `decide` refuses the generation that has none.
    generation.successor().ok_or(AuthError::InvalidGrant)
}
