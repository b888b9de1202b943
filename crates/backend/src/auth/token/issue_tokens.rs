//! Issues tokens: creates a session, and signs the access token and refresh token of each step. The meaning of a
//! presented token is [`refresh`](crate::auth::session::refresh)'s decision.

use std::sync::Arc;

use rotation::{Family, Generation, Policy, Seed, Ticket};
use shared::{Secret, SessionId};

use super::access_token::{AccessTokens, CLIENT_ID, Statement};
use super::session_ids::SessionIds;
use crate::auth::error::AuthError;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::keys::KeyRing;
use crate::lifetimes::Lifetimes;
use crate::store::{ClientInfo, Session, Store, User};

/// The tokens that a successful register, login or refresh issues.
pub struct IssuedTokens {
    /// The access token, for the body.
    pub access_token: Secret,
    /// Seconds from now until the access token expires.
    pub expires_in: i64,
    /// The refresh token: for its cookie alone, or for a native client.
    pub refresh_token: Secret,
    /// Seconds from now until the session expires unless it is refreshed before.
    pub session_seconds: i64,
    /// The session.
    pub session_id: SessionId,
    /// The session's user.
    pub user: User,
}

/// Issues the tokens of sessions.
pub struct TokenIssuer {
    /// Holds the lifetimes.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Clock,
    /// The source of token ids and seeds.
    pub entropy: Entropy,
    /// Draws the ids of new sessions.
    pub session_ids: SessionIds,
    /// The server's keys.
    pub keys: Arc<KeyRing>,
    /// Signs access tokens.
    pub access_tokens: AccessTokens,
    /// The lifetime of access tokens, and the lifetimes that the database holds.
    pub lifetimes: Arc<Lifetimes>,
    /// The idle and absolute expiry of sessions.
    pub policy: Policy,
}

impl TokenIssuer {
    /// A new session of `user` in a browser, not stored yet: ticket 1 is to be issued next.
    ///
    /// # Errors
    /// If the key ring has no refresh key, or storage fails.
    pub async fn begin(&self, user: &User, client: &ClientInfo) -> Result<Session, AuthError> {
        // Not when the request arrived: verifying the password has waited.
        let now = self.clock.trusted_now()?;
        let id = self.session_ids.draw(now).await?;
        let ring = self.keys.current();
        let refresh_key_id = ring.current_refresh_key(now)?;
        Ok(Session {
            id,
            user: user.id,
            seed: Seed::from_bytes(self.entropy.bytes()),
            refresh_key_id: refresh_key_id.to_owned(),
            family: Family::begun(now),
            authenticated_at: now,
            step_up_required_at: None,
            client: client.clone(),
            client_id: None,
        })
    }

    /// Issues an access token, and ticket `generation` of the session as refresh token.
    ///
    /// # Errors
    /// If the session's refresh key has left the ring, signing fails, or storage does: a token is issued only with a
    /// lifetime that the database holds.
    pub async fn issue(
        &self,
        session: &Session,
        user: User,
        generation: Generation,
    ) -> Result<IssuedTokens, AuthError> {
        let ring = self.keys.current();
        let key = ring.refresh_key(&session.refresh_key_id).ok_or(AuthError::InvalidGrant)?;
        // Later than the request: its change may have waited, and the lease must last now.
        let now = self.clock.trusted_now()?;
        self.lifetimes.hold(&self.store, now).await?;
        let now = self.clock.shared_now();
        // Cap `exp` at the session's expiry: resource servers may verify offline.
        let over = self.policy.expires_at(&session.family);
        let exp = now.plus(self.lifetimes.configured().access_token).min(over);
        let access_token = self.access_tokens.issue(Statement {
            sub: user.id,
            sid: session.id,
            client_id: session.client_id.as_deref().unwrap_or(CLIENT_ID),
            auth_time: session.authenticated_at,
            iat: now,
            exp,
            jti: self.entropy.uuid_v7(now),
        })?;
        Ok(IssuedTokens {
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
}

pub(in crate::auth) fn successor(generation: Generation) -> Result<Generation, AuthError> {
    // `decide` refuses the generation without a successor.
    generation.successor().ok_or(AuthError::InvalidGrant)
}
