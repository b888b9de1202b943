//! The one door through which randomness enters. It must not know what the bytes are for, except
//! that ids are made here, from the bytes and the instant.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};
use shared::{NumericDate, SessionId, UserId};
use uuid::Builder;

/// Draws random bytes.
#[derive(Debug, Clone)]
pub struct Entropy(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
}

impl Entropy {
    /// The operating system's random source.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A source that repeats itself: for tests. Never for secrets.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded { seed, drawn: Arc::new(AtomicU64::new(0)) })
    }

    /// `N` random bytes, at most 32.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32, "one block of a seeded source") };
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => fill_from_system(&mut bytes),
            Source::Seeded { seed, drawn } => {
                let block = drawn.fetch_add(1, Ordering::SeqCst);
                let digest = Sha256::new()
                    .chain_update(seed.to_be_bytes())
                    .chain_update(block.to_be_bytes())
                    .finalize();
                bytes.copy_from_slice(&digest[..N]);
            }
        }
        bytes
    }

    /// A new user's id.
    #[must_use]
    pub fn user_id(&self, now: NumericDate) -> UserId {
        UserId::from_bytes(self.uuid_v7(now))
    }

    /// A new session's id.
    #[must_use]
    pub fn session_id(&self, now: NumericDate) -> SessionId {
        SessionId::from_bytes(self.uuid_v7(now))
    }

    /// A UUID version 7 (RFC 9562 section 5.7): sorts by time, 74 bits of it are random.
    #[must_use]
    pub fn uuid_v7(&self, now: NumericDate) -> [u8; 16] {
        let milliseconds = u64::try_from(now.0).unwrap_or(0).saturating_mul(1_000);
        Builder::from_unix_timestamp_millis(milliseconds, &self.bytes()).into_uuid().into_bytes()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn fill_from_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("a machine without a random source can run no part of Baton");
}
