//! The status list: which sessions have ended while an access token of theirs may be alive, for services
//! that ask nobody on each call (draft-ietf-oauth-status-list). It must not know how it is published.
//!
//! A session's place in the list is the end of its id, which is random. So the list is as long for three
//! sessions as for three million, a place tells nothing, and nothing has to be stored for it. What stands
//! in it is cut by expiry: a session whose last token has died is not in it any more, so that the list
//! compresses to next to nothing.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;
use shared::{NumericDate, SessionId, path};
use tokio::sync::Mutex;
use tokio::time::Instant;
use verifier::StatusList;

use super::AuthError;
use super::journal::Journal;
use super::sessions::Sessions;
use crate::store::StoreError;

/// How many places there are: one for each value of the last three bytes of a session id.
pub const PLACES: u64 = 1 << 24;
/// For how long services may keep the list: with [`FRESH`], and the second in which instances hear of
/// each other's ends, less than the five seconds that are promised.
pub const TTL_SECONDS: i64 = 2;
/// How long nothing that the list says may be relied on any more, should it not be renewed.
const LIFE_SECONDS: i64 = 300;
/// For how long one list is given to everybody who asks.
const FRESH: Duration = Duration::from_secs(1);

/// A session's place in the list (Token Status List section 6).
#[must_use]
pub fn place(session: SessionId) -> u64 {
    let [.., a, b, c] = *session.as_bytes();
    u64::from_be_bytes([0, 0, 0, 0, 0, a, b, c])
}

/// The list as it was made last, or that it could not be.
#[derive(Default)]
pub struct StatusLists(Mutex<Option<(Instant, Option<Arc<str>>)>>);

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    iat: NumericDate,
    exp: NumericDate,
    ttl: i64,
    status_list: List,
}

#[derive(Serialize)]
struct List {
    bits: u8,
    lst: String,
}

impl Sessions {
    /// The list as a signed token, at most a second old. Whoever comes while it is made waits for it; whoever
    /// comes after that has failed is told so for a second, and does not wait for another failure.
    ///
    /// # Errors
    /// If it is not known what has ended, because storage fails; or signing fails.
    pub async fn status_list(&self) -> Result<Arc<str>, AuthError> {
        let mut made = self.status_lists.0.lock().await;
        if let Some((_, list)) = made.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return list.clone().ok_or(AuthError::Store(StoreError::TimedOut));
        }
        let begun = Instant::now();
        let list = self.made_status_list().await.map(Arc::<str>::from);
        // A list is as old as the question it answers, a failure as its answer.
        let at = if list.is_ok() { begun } else { Instant::now() };
        *made = Some((at, list.as_ref().ok().cloned()));
        list
    }

    async fn made_status_list(&self) -> Result<String, AuthError> {
        let now = self.journal.now();
        let ended =
            self.journal.ended_lately(now.plus(-self.lifetimes.in_force().access_token)).await?;
        let list = StatusList::of_ended(ended.into_iter().map(place), PLACES)
            .expect("every place is one of them");
        let uri = self.access_tokens.status_list_uri();
        let claims = Claims {
            iss: self.access_tokens.issuer(),
            sub: uri,
            iat: now,
            exp: now.plus(LIFE_SECONDS),
            ttl: TTL_SECONDS,
            status_list: List { bits: list.bits(), lst: list.to_lst() },
        };
        let ring = self.keys.current();
        let key = ring.signing(now)?;
        let mut header = Header::new(Algorithm::ES256);
        // Section 5.1: the type keeps other kinds of JWT from being taken for this one.
        header.typ = Some("statuslist+jwt".to_owned());
        header.kid = Some(key.kid().to_owned());
        jsonwebtoken::encode(&header, &claims, key.private())
            .map_err(|error| AuthError::Cryptography(error.to_string()))
    }
}

impl Journal {
    /// The sessions that have ended since; asked of the store while nothing is heard from it.
    async fn ended_lately(&self, since: NumericDate) -> Result<Vec<SessionId>, AuthError> {
        // Whoever ended it may have had a slow clock.
        let since = since.plus(-SLACK_SECONDS);
        // First: what is missing in the memory while it is not to be trusted may come in between.
        let is_trusted = self.endings.is_trusted();
        let mut ended = self.endings.since(since);
        if !is_trusted {
            let stored = self.store.ended_since(since).await?;
            ended.extend(stored.into_iter().map(|ended| ended.session));
        }
        Ok(ended)
    }

    /// A session id whose place in the list no other session has: of two with one place, neither could end
    /// alone.
    ///
    /// # Errors
    /// [`AuthError::Contended`] if all that were drawn are taken; storage's.
    pub(super) async fn free_session_id(&self) -> Result<SessionId, AuthError> {
        for _ in 0..DRAWS {
            let id = self.entropy.session_id(self.now());
            if !self.store.is_place_taken(id).await? {
                return Ok(id);
            }
        }
        Err(AuthError::Contended)
    }
}

/// By how many seconds the clocks of instances may differ.
const SLACK_SECONDS: i64 = 60;
/// With half of all places taken, one login in four billion fails.
const DRAWS: usize = 32;

/// Where the list is published, as `sub` in it and as `uri` in access tokens.
#[must_use]
pub fn uri(issuer: &str) -> String {
    format!("{issuer}{}", path::STATUS_LIST)
}
