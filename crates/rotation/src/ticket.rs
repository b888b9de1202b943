//! The refresh token itself: a numbered ticket that the server can recompute, so that it never has to store the
//! credential. What a ticket's number means: [`decide`](mod@crate::decide).
//!
//! ```text
//! base64url( version 1 B | session id 16 B | generation 4 B, big-endian | MAC 32 B )   71 characters
//! MAC = HMAC-SHA-256(server refresh key, seed | version | session id | generation)
//! ```
//! Forging one needs both the server's key and the session's seed (RFC 2104, FIPS 180-4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use types::SessionId;
use zeroize::{Zeroize, ZeroizeOnDrop};

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 1 + 16 + 4;
const MAC_BYTES: usize = 32;
const TICKET_BYTES: usize = HEAD_BYTES + MAC_BYTES;
/// The length of an encoded ticket.
pub const TICKET_CHARACTERS: usize = (TICKET_BYTES * 8).div_ceil(6);

/// A position in a family: tickets are numbered 1, 2, 3. Zero means none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

impl Generation {
    /// No ticket of the family is accepted yet.
    pub const NONE: Self = Self(0);
    /// The ticket of a sign-in.
    pub const FIRST: Self = Self(1);

    /// The next position; `None` past the four-billionth rotation.
    #[must_use]
    pub const fn successor(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }
}

/// 32 random bytes of one session that never leave the server.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Takes the bytes, which must come from a cryptographic random source.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the session's row.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The server's refresh key: the half of the secret that a stolen database does not contain.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RefreshKey([u8; 32]);

impl RefreshKey {
    /// Takes the bytes, which must come from a cryptographic random source.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn mac(&self, seed: &Seed, head: &[u8; HEAD_BYTES]) -> [u8; MAC_BYTES] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(&seed.0);
        mac.update(head);
        mac.finalize().into_bytes().into()
    }
}

/// An authentic ticket: either issued here, or verified.
pub struct Ticket {
    session: SessionId,
    generation: Generation,
    mac: [u8; MAC_BYTES],
}

impl Ticket {
    /// Computes the ticket with this number. The same arguments always give the same ticket, so a retry can be
    /// answered without a stored token.
    #[must_use]
    pub fn issue(
        key: &RefreshKey,
        seed: &Seed,
        session: SessionId,
        generation: Generation,
    ) -> Self {
        let mac = key.mac(seed, &head(session, generation));
        Self { session, generation, mac }
    }

    /// Its position in the family.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// The encoded ticket. This text is the credential.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = [0; TICKET_BYTES];
        bytes[..HEAD_BYTES].copy_from_slice(&head(self.session, self.generation));
        bytes[HEAD_BYTES..].copy_from_slice(&self.mac);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        bytes.zeroize();
        text
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.mac.zeroize();
    }
}

/// A presented ticket, parsed and not yet verified; it names the session to load.
pub struct UnverifiedTicket {
    session: SessionId,
    generation: Generation,
    mac: [u8; MAC_BYTES],
}

impl UnverifiedTicket {
    /// Parses `presented`. `None` unless it is a ticket of this version in its one spelling.
    #[must_use]
    pub fn parse(presented: &str) -> Option<Self> {
        if presented.len() != TICKET_CHARACTERS {
            return None;
        }
        // The base64 engine refuses padding and non-zero trailing bits: one ticket, one spelling.
        let bytes: [u8; TICKET_BYTES] = URL_SAFE_NO_PAD.decode(presented).ok()?.try_into().ok()?;
        let (&[VERSION, ref rest @ ..], mac) = bytes.split_first_chunk::<HEAD_BYTES>()? else {
            return None;
        };
        let (session, generation) = rest.split_first_chunk::<16>()?;
        let generation = Generation(u32::from_be_bytes(generation.try_into().ok()?));
        if generation == Generation::NONE {
            return None;
        }
        Some(Self {
            session: SessionId::from_bytes(*session),
            generation,
            mac: mac.try_into().ok()?,
        })
    }

    /// The session it claims to belong to.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// Verifies the MAC in constant time. `None` if it was made with another key or seed.
    #[must_use]
    pub fn verify(&self, key: &RefreshKey, seed: &Seed) -> Option<Ticket> {
        let expected = key.mac(seed, &head(self.session, self.generation));
        bool::from(expected.ct_eq(&self.mac)).then_some(Ticket {
            session: self.session,
            generation: self.generation,
            mac: expected,
        })
    }
}

fn head(session: SessionId, generation: Generation) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[0] = VERSION;
    head[1..17].copy_from_slice(session.as_bytes());
    head[17..].copy_from_slice(&generation.0.to_be_bytes());
    head
}
