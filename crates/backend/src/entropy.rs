//! Entropy: the only source of random bytes. Ids are made here, too, from random bytes and the instant.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use shared::{EventId, NumericDate, SessionId, UserId};
use uuid::Builder;

/// A random source. Clones share its state.
#[derive(Debug, Clone)]
pub struct Entropy {
    source: Source,
    /// The last event id's second and counter.
    event: Arc<Mutex<(i64, u32)>>,
    requests: Arc<Requests>,
}

/// Makes request ids: distinct, for SipHash of numbers under one key hardly ever collides.
#[derive(Debug, Default)]
struct Requests {
    key: RandomState,
    numbers: AtomicU64,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
}

impl Entropy {
    /// The operating system's random source.
    #[must_use]
    pub fn system() -> Self {
        Self { source: Source::System, event: Arc::default(), requests: Arc::default() }
    }

    /// A deterministic source for tests. Never for secrets.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let source = Source::Seeded { seed, drawn: Arc::new(AtomicU64::new(0)) };
        Self { source, event: Arc::default(), requests: Arc::default() }
    }

    /// A new request's id: a count under a key of this process, so that it says nothing and needs no system call.
    #[must_use]
    pub fn request_id(&self) -> [u8; 8] {
        match &self.source {
            Source::System => {
                let number = self.requests.numbers.fetch_add(1, Ordering::Relaxed);
                self.requests.key.hash_one(number).to_be_bytes()
            }
            Source::Seeded { .. } => self.bytes(),
        }
    }

    /// `N` random bytes, at most 32.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32, "one block of a seeded source") };
        let mut bytes = [0; N];
        match &self.source {
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

    /// A new event's id: a UUID version 7 whose random part begins with a counter that grows within a second, by
    /// random steps from a random start (RFC 9562 section 6.2, method 2). So the events of one instance sort in the
    /// order in which they happened.
    #[must_use]
    pub fn event_id(&self, now: NumericDate) -> EventId {
        let [step, start @ ..]: [u8; 4] = self.bytes();
        let number = {
            let mut event = self.event.lock();
            *event = match *event {
                (second, number) if second == now.0 => {
                    (second, (number + 1 + u32::from(step)).min(COUNTER))
                }
                // At most a quarter of the range, so that the counter has room to grow.
                _ => (now.0, u32::from_be_bytes([0, start[0], start[1], start[2]])),
            };
            event.1
        };
        let mut random: [u8; 10] = self.bytes();
        random[..4].copy_from_slice(&counter(number));
        EventId::from_bytes(uuid_v7(now, &random))
    }

    /// A UUID version 7 (RFC 9562 section 5.7): sorts by time; 74 of its bits are random.
    #[must_use]
    pub fn uuid_v7(&self, now: NumericDate) -> [u8; 16] {
        uuid_v7(now, &self.bytes())
    }
}

fn uuid_v7(now: NumericDate, random: &[u8; 10]) -> [u8; 16] {
    Builder::from_unix_timestamp_millis(milliseconds(now), random).into_uuid().into_bytes()
}

/// Higher than all ids made before this instant, lower than all made at it or later: without version and variant it
/// is no UUID itself.
#[must_use]
pub fn first_id_at(now: NumericDate) -> [u8; 16] {
    (u128::from(milliseconds(now)) << 80).to_be_bytes()
}

/// The instant, to the second, at which a UUID of version 7 was made.
#[must_use]
pub fn made_at(id: [u8; 16]) -> NumericDate {
    let milliseconds = u128::from_be_bytes(id) >> 80;
    NumericDate(i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX))
}

fn milliseconds(now: NumericDate) -> u64 {
    u64::try_from(now.0).unwrap_or(0).saturating_mul(1_000)
}

/// 26 bits as the first of a UUID's random ones: 12 before the variant, where the first four of two bytes are the
/// version's, and 14 after it, where the first two of a byte are the variant's.
fn counter(number: u32) -> [u8; 4] {
    let [a, b, c, d] = (number & COUNTER).to_be_bytes();
    [(a << 2) | (b >> 6), (b << 2) | (c >> 6), c & 0x3f, d]
}

/// The largest number that a UUID's first random bits hold.
const COUNTER: u32 = (1 << 26) - 1;

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
fn fill_from_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("a machine without a random source can run no part of Baton");
}
