//! Access tokens: short-lived JWTs (RFC 9068). They are issued here; verification is the `verifier` crate's work
//! alone.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;
use shared::{NumericDate, Secret, SessionId, UserId, path};
use verifier::{AccessToken, KeySet, Rejection, Skew, Verifier};

use crate::auth::error::AuthError;
use crate::auth::revocation::status_index::{ListId, ListNumber, index};
use crate::keys::KeyRing;
use crate::keys::ring::TokenType;

/// The `client_id` of Baton's own browser client (RFC 9068 section 2.2). Native clients have ids of their own.
pub const CLIENT_ID: &str = "baton-web";

/// Issues access tokens and verifies them.
#[derive(Clone)]
pub struct AccessTokens {
    keys: Arc<KeyRing>,
    verifier: Arc<Verifier>,
    issuer: String,
    audience: Vec<String>,
}

/// The claims that differ between access tokens.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// The session's client.
    pub client_id: &'a str,
    /// When the user last authenticated.
    pub auth_time: NumericDate,
    /// When it is issued.
    pub iat: NumericDate,
    /// When it expires.
    pub exp: NumericDate,
    /// The token's id.
    pub jti: [u8; 16],
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: UserId,
    aud: Audience<'a>,
    exp: NumericDate,
    iat: NumericDate,
    jti: String,
    client_id: &'a str,
    sid: SessionId,
    auth_time: NumericDate,
    amr: [&'static str; 1],
    status: Status,
}

/// Where a resource server looks up whether the session is revoked (Token Status List section 6.1).
#[derive(Serialize)]
struct Status {
    status_list: Place,
}

#[derive(Serialize)]
struct Place {
    idx: u64,
    uri: String,
}

/// One audience is a string, several are an array (RFC 7519 section 4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Several(&'a [String]),
}

impl AccessTokens {
    /// Issues tokens as `issuer`, for `audience`.
    #[must_use]
    pub fn new(keys: Arc<KeyRing>, issuer: &str, audience: &[String]) -> Self {
        let verifier = Verifier::new(issuer, audience.iter().cloned(), KeySet::default());
        Self {
            keys,
            // The largest clock skew that a verifier tolerates, more than clocks of two serving instances may differ:
            // an instance whose clock is behind must not reject a token that another has just issued.
            verifier: Arc::new(verifier.with_skew(Skew::MAX)),
            issuer: issuer.to_owned(),
            audience: audience.to_vec(),
        }
    }

    /// The claim `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of a status list, which publishes revoked sessions: `sub` in it, and `uri` in access tokens.
    #[must_use]
    pub fn status_list_uri(&self, list: ListId) -> String {
        format!("{}{}", self.issuer, path::status_list(list.number()))
    }

    /// Signs a new access token.
    ///
    /// # Errors
    /// If signing fails.
    pub fn issue(&self, statement: Statement<'_>) -> Result<Secret, AuthError> {
        let ring = self.keys.current();
        let key = ring.signing(statement.iat)?;
        let list = ListId::Numbered(ListNumber::of(statement.sid));
        let claims = Claims {
            iss: &self.issuer,
            sub: statement.sub,
            aud: match self.audience.as_slice() {
                [one] => Audience::One(one),
                several => Audience::Several(several),
            },
            exp: statement.exp,
            iat: statement.iat,
            jti: uuid::Uuid::from_bytes(statement.jti).to_string(),
            client_id: statement.client_id,
            sid: statement.sid,
            auth_time: statement.auth_time,
            // RFC 8176 section 2: the user authenticated with a password.
            amr: ["pwd"],
            status: Status {
                status_list: Place { idx: index(statement.sid), uri: self.status_list_uri(list) },
            },
        };
        Ok(key.sign(TokenType::AccessToken, &claims).map(Secret::new)?)
    }

    /// Verifies a presented access token, without a check whether its session is revoked.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn verify(
        &self,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<AccessToken, Rejection> {
        self.verifier.verify_with(self.keys.current().verifying(), unverified_token, now)
    }

    /// When a token that was verified by `now` is valid for certain: not before, because one of its claims may be a
    /// little ahead.
    #[must_use]
    pub fn validity(&self, token: &AccessToken, now: NumericDate) -> Range<NumericDate> {
        token.iat.max(now)..token.exp.plus(self.verifier.skew().seconds())
    }

    /// Verifies an access token that may have expired: for logout, and to answer a retry.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn verify_expired_or_not(
        &self,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<AccessToken, Rejection> {
        let ring = self.keys.current();
        self.verifier.verify_expired_or_not(ring.verifying(), unverified_token, now)
    }
}
