//! Known devices: a token proves that an account has logged in on this device before. It authenticates no login; it
//! separates the login throttle of known devices, so that an attacker elsewhere cannot slow the owner down.
//!
//! ```text
//! token = device id 16 B | issued at 8 B, big-endian | MAC 32 B
//! MAC = HMAC-SHA-256(device key, account tag | version 1 B | device id | issued at)
//! ```
//! A token that is forged, expired or of another account is ignored. A browser keeps its tokens in a [`list`].

pub mod list;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use shared::NumericDate;
use zeroize::Zeroize as _;

use crate::keys::DeviceKey;
use crate::store::AccountTag;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 16 + 8;
const TOKEN_BYTES: usize = HEAD_BYTES + 32;
const SLOT_BYTES: usize = 4;

/// How long a device is known: as long as browsers keep a cookie (RFC 10025, 400 days).
pub const KNOWN_SECONDS: i64 = 400 * 86_400;
/// A token older than this is replaced at the next login.
const FRESH_SECONDS: i64 = 30 * 86_400;

/// The start of an account's tag: it tells the accounts of one browser apart. Two accounts that collide replace each
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot([u8; SLOT_BYTES]);

impl Slot {
    /// The slot of an account.
    #[must_use]
    pub const fn of(account: &AccountTag) -> Self {
        let [a, b, c, d, ..] = account.0;
        Self([a, b, c, d])
    }

    /// Parses only what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let slot = Self(u32::from_str_radix(text, 16).ok()?.to_be_bytes());
        (slot.to_string() == text).then_some(slot)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// A device's token. Not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken {
    slot: Slot,
    bytes: [u8; TOKEN_BYTES],
}

impl DeviceToken {
    /// Decodes a token of an earlier version, in a cookie of its own: `base64url(version | token)`.
    #[must_use]
    pub fn decode(slot: Slot, unverified: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(unverified).ok()?;
        let (version, bytes) = bytes.split_first()?;
        let bytes = bytes.try_into().ok()?;
        (*version == VERSION).then_some(Self { slot, bytes })
    }

    fn device_id(&self) -> &[u8] {
        &self.bytes[..16]
    }

    fn unverified_issued_at(&self) -> NumericDate {
        let bytes = self.bytes[16..HEAD_BYTES].try_into().expect("eight bytes");
        NumericDate(i64::from_be_bytes(bytes))
    }

    fn verified(&self, key: &DeviceKey, account: &AccountTag) -> Option<KnownDevice> {
        let (head, mac) = self.bytes.split_at(HEAD_BYTES);
        let expected = key.mac().chain_update(account.0).chain_update([VERSION]).chain_update(head);
        // In constant time.
        expected.verify_slice(mac).ok()?;
        let id = DeviceId(*head.first_chunk()?);
        Some(KnownDevice { id, issued_at: self.unverified_issued_at() })
    }
}

impl Drop for DeviceToken {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// The id that tells devices of one account apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceId(pub(in crate::auth) [u8; 16]);

/// A device on which an account has logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    /// The device's id.
    pub id: DeviceId,
    issued_at: NumericDate,
}

impl KnownDevice {
    /// A new device.
    #[must_use]
    pub const fn new(id: [u8; 16], now: NumericDate) -> Self {
        Self { id: DeviceId(id), issued_at: now }
    }

    /// The device of the first valid token of this account.
    #[must_use]
    pub fn recognise<'a>(
        key: &DeviceKey,
        presented: impl Iterator<Item = &'a DeviceToken>,
        account: &AccountTag,
        now: NumericDate,
    ) -> Option<Self> {
        let slot = Slot::of(account);
        let own = presented.filter(|token| token.slot == slot);
        let mut verified = own.filter_map(|token| token.verified(key, account));
        verified.find(|device| now.since(device.issued_at) < KNOWN_SECONDS)
    }

    /// The same device, its token issued again if it is no longer fresh.
    #[must_use]
    pub fn renewed(self, now: NumericDate) -> Self {
        let is_fresh = now.since(self.issued_at) < FRESH_SECONDS;
        if is_fresh { self } else { Self { issued_at: now, ..self } }
    }

    /// The token for an account.
    #[must_use]
    pub fn token(&self, key: &DeviceKey, account: &AccountTag) -> DeviceToken {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..16].copy_from_slice(&self.id.0);
        bytes[16..HEAD_BYTES].copy_from_slice(&self.issued_at.0.to_be_bytes());
        let mac = key.mac().chain_update(account.0).chain_update([VERSION]);
        let mac = mac.chain_update(&bytes[..HEAD_BYTES]).finalize().into_bytes();
        bytes[HEAD_BYTES..].copy_from_slice(&mac);
        DeviceToken { slot: Slot::of(account), bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::account::email::Email;
    use crate::entropy::Entropy;
    use crate::keys::{KeyPlan, KeyRing};

    const NOW: NumericDate = NumericDate(1_800_000_000);

    fn account(name: &str) -> AccountTag {
        AccountTag::of(&Email::parse(&format!("{name}@example.com")).expect("an address"))
    }

    fn ring_of(seed: u64) -> KeyRing {
        let plan = KeyPlan {
            jwks_cache_seconds: 300,
            rotation_seconds: 2_592_000,
            access_token_seconds: 900,
            session_seconds: 2_592_000,
        };
        KeyRing::in_memory(&Entropy::seeded(seed), plan, NOW)
    }

    fn recognised(ring: &KeyRing, token: &DeviceToken, now: NumericDate) -> bool {
        let tokens = [token].into_iter();
        KnownDevice::recognise(ring.device_key(), tokens, &account("alice"), now).is_some()
    }

    #[test]
    fn a_token_holds_for_its_account_its_key_and_its_time() {
        let ring = ring_of(1);
        let device = KnownDevice::new([7; 16], NOW);
        let token = device.token(ring.device_key(), &account("alice"));
        assert!(recognised(&ring, &token, NOW));
        assert!(recognised(&ring, &token, NOW.plus(KNOWN_SECONDS - 1)));
        assert!(!recognised(&ring, &token, NOW.plus(KNOWN_SECONDS)));
        assert!(!recognised(&ring, &DeviceToken { slot: Slot([0; 4]), ..token.clone() }, NOW));
        assert!(!recognised(&ring_of(2), &token, NOW));
        let bobs = device.token(ring.device_key(), &account("bob"));
        assert!(!recognised(&ring, &bobs, NOW));
        assert!(!recognised(&ring, &DeviceToken { slot: token.slot, ..bobs.clone() }, NOW));
    }

    #[test]
    fn changing_any_bit_is_noticed() {
        let ring = ring_of(1);
        let token = KnownDevice::new([7; 16], NOW).token(ring.device_key(), &account("alice"));
        for bit in 0..TOKEN_BYTES * 8 {
            let mut forged = token.clone();
            forged.bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!recognised(&ring, &forged, NOW), "{bit}");
        }
    }

    /// As versions before the list issued them: 76 characters, with today's MAC.
    #[test]
    fn a_token_from_before_is_read_whole_or_not_at_all() {
        let ring = ring_of(1);
        let token = KnownDevice::new([7; 16], NOW).token(ring.device_key(), &account("alice"));
        let value = URL_SAFE_NO_PAD.encode([&[VERSION], &token.bytes[..]].concat());
        assert_eq!(value.len(), 76);
        assert!(recognised(&ring, &DeviceToken::decode(token.slot, &value).expect("one"), NOW));
        for at in 0..value.len() {
            assert!(DeviceToken::decode(token.slot, &value[..at]).is_none(), "{at}");
        }
        for bad in [format!("{value}A"), format!("{value}AAAA"), format!("B{}", &value[1..])] {
            assert!(DeviceToken::decode(token.slot, &bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_slot_is_eight_hexadecimal_digits_and_nothing_else() {
        assert_eq!(Slot::parse("00c0ffee").expect("a slot").to_string(), "00c0ffee");
        for bad in ["", "c0ffee", "00C0FFEE", "+0c0ffee", "00c0ffee0", "00c0ffeg", "00c0 fee"] {
            assert!(Slot::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_token_is_replaced_once_a_month_and_the_device_stays_the_same() {
        let ring = ring_of(1);
        let (key, alice) = (ring.device_key(), account("alice"));
        let device = KnownDevice::new([7; 16], NOW);
        assert_eq!(device.renewed(NOW.plus(FRESH_SECONDS - 1)), device);
        let later = NOW.plus(FRESH_SECONDS);
        let token = device.renewed(later).token(key, &alice);
        let renewed = KnownDevice::recognise(key, [&token].into_iter(), &alice, later);
        let renewed = renewed.expect("a device");
        assert_eq!((renewed.id, renewed.issued_at), (device.id, later));
    }
}
