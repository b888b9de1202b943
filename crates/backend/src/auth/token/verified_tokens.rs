//! A bounded cache of verified access tokens: the signature of a token that comes with each call is verified once.
//!
//! It knows what the token says, not whether that still counts: the session's status is asked at each call
//! ([`Callers`](crate::auth::session::callers::Callers)), and a disabled user's sessions are revoked. A token is found
//! until it expires, and only under the ring of keys that verified it. Full, the cache evicts tokens that came once
//! before those that come again (S3-FIFO), so a flood of distinct tokens evicts none that is in use.

use std::ops::Range;

use hmac::{Hmac, KeyInit as _, Mac as _};
use quick_cache::sync::Cache;
use sha2::Sha256;
use shared::{NumericDate, SessionId, UserId};
use verifier::AccessToken;

use crate::auth::caller::Caller;
use crate::entropy::Entropy;

/// How many tokens are kept. Each takes about 200 bytes.
pub const MOST_TOKENS: usize = 16_384;

/// The tokens, by a hash under a key of this process: no caller can choose which ones collide.
pub struct VerifiedTokens {
    key: Hmac<Sha256>,
    tokens: Cache<[u8; 32], Verified>,
}

/// The hash of a presented token.
#[derive(Clone, Copy)]
pub(in crate::auth) struct Presented([u8; 32]);

/// What a verified token says, and when that holds.
#[derive(Clone, Copy)]
struct Verified {
    user: UserId,
    session: SessionId,
    authenticated_at: NumericDate,
    /// From when on, and until when, it is valid.
    validity: (NumericDate, NumericDate),
    /// The version of the ring with which it was verified.
    ring: u64,
}

impl VerifiedTokens {
    /// An empty cache.
    #[must_use]
    pub fn new(entropy: &Entropy) -> Self {
        let key = Hmac::new_from_slice(&entropy.bytes::<32>()).expect("a key of any length");
        Self { key, tokens: Cache::new(MOST_TOKENS) }
    }

    /// The hash of a presented token.
    pub(in crate::auth) fn presented(&self, token: &str) -> Presented {
        Presented(self.key.clone().chain_update(token).finalize().into_bytes().into())
    }

    /// The caller, if the token was verified with this version of the ring and is valid now.
    pub(in crate::auth) fn caller(
        &self,
        presented: Presented,
        ring: u64,
        now: NumericDate,
    ) -> Option<Caller> {
        let verified = self.tokens.get(&presented.0)?;
        let (since, until) = verified.validity;
        let holds = verified.ring == ring && (since..until).contains(&now);
        holds.then(|| Caller::new(verified.user, verified.session, verified.authenticated_at))
    }

    /// Adds a token that was verified with this version of the ring or a later one.
    pub(in crate::auth) fn add(
        &self,
        presented: Presented,
        token: &AccessToken,
        ring: u64,
        validity: Range<NumericDate>,
    ) {
        let verified = Verified {
            user: token.sub,
            session: token.sid,
            authenticated_at: token.auth_time,
            validity: (validity.start, validity.end),
            ring,
        };
        self.tokens.insert(presented.0, verified);
    }

    /// How many tokens are kept.
    #[must_use]
    pub fn count(&self) -> usize {
        self.tokens.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate(1_800_000_000);
    const RING: u64 = 1;

    fn token(number: usize) -> AccessToken {
        AccessToken {
            iss: "https://a.example".to_owned(),
            sub: UserId::from_bytes([1; 16]),
            aud: Vec::new(),
            exp: NOW.plus(900),
            iat: NOW,
            jti: number.to_string(),
            client_id: String::new(),
            sid: SessionId::from_bytes((number as u128).to_be_bytes()),
            auth_time: NOW,
            amr: Vec::new(),
            scope: None,
            status: None,
        }
    }

    fn add(cache: &VerifiedTokens, number: usize) {
        let presented = cache.presented(&number.to_string());
        cache.add(presented, &token(number), RING, NOW..NOW.plus(900));
    }

    fn find(cache: &VerifiedTokens, number: usize) -> Option<Caller> {
        cache.caller(cache.presented(&number.to_string()), RING, NOW)
    }

    #[test]
    fn a_token_is_found_while_it_is_valid_under_the_ring_that_verified_it() {
        let cache = VerifiedTokens::new(&Entropy::seeded(1));
        add(&cache, 7);
        let at = |ring, now| cache.caller(cache.presented("7"), ring, now);
        assert_eq!(find(&cache, 7), Some(Caller::of(&token(7))));
        assert!(at(RING, NOW.plus(899)).is_some());
        for (ring, now) in
            [(RING, NOW.plus(900)), (RING, NOW.plus(-1)), (RING + 1, NOW), (RING - 1, NOW)]
        {
            assert_eq!(at(ring, now), None, "{ring} {now:?}");
        }
        assert_eq!(find(&cache, 8), None);
    }

    /// An account may have 200 sessions, and as many tokens as it refreshes.
    #[test]
    fn a_flood_of_distinct_tokens_evicts_none_that_is_in_use() {
        let cache = VerifiedTokens::new(&Entropy::seeded(1));
        let in_use = 0..MOST_TOKENS / 2;
        for _ in 0..2 {
            for number in in_use.clone() {
                if find(&cache, number).is_none() {
                    add(&cache, number);
                }
            }
        }
        for number in in_use.end..in_use.end + 20 * MOST_TOKENS {
            assert_eq!(find(&cache, number), None);
            add(&cache, number);
        }
        let lost = in_use.filter(|number| find(&cache, *number).is_none()).count();
        assert_eq!(lost, 0);
        assert!(cache.count() <= MOST_TOKENS);
    }
}
