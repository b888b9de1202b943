//! Known devices: tokens which say that an account was logged in to from here before. They log nobody in;
//! a guesser elsewhere, who has none, cannot slow the owner down. It must not know how they travel.
//!
//! ```text
//! base64url( version 1 B | device id 16 B | issued at 8 B, big-endian | MAC 32 B )   76 characters
//! MAC = HMAC-SHA-256(device key, account tag | version | device id | issued at)
//! ```
//! A token of another account, a forged or an old one is as good as none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use shared::{NumericDate, Secret};

use crate::keys::DeviceKey;
use crate::store::AccountTag;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 1 + 16 + 8;
const MAC_BYTES: usize = 32;

/// How long a device is known: as long as browsers keep a cookie (RFC 10025, 400 days).
pub const KNOWN_SECONDS: i64 = 400 * 86_400;
/// A token older than this is replaced at the next login.
const FRESH_SECONDS: i64 = 30 * 86_400;

/// A token, as a device keeps it.
#[derive(Clone)]
pub struct DeviceToken {
    /// Which of several accounts it is of, for whoever keeps them apart.
    pub slot: String,
    /// The token itself.
    pub value: Secret,
}

/// Tells devices of one account apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceId(pub(super) [u8; 16]);

/// A device that an account was logged in to from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    /// Which.
    pub id: DeviceId,
    issued_at: NumericDate,
}

impl KnownDevice {
    /// A device that was never seen before.
    #[must_use]
    pub const fn new(id: [u8; 16], now: NumericDate) -> Self {
        Self { id: DeviceId(id), issued_at: now }
    }

    /// The device that one of these tokens speaks of, if one is this account's.
    #[must_use]
    pub fn recognise(
        key: &DeviceKey,
        presented: &[DeviceToken],
        account: &AccountTag,
        now: NumericDate,
    ) -> Option<Self> {
        let slot = slot(account);
        let own = presented.iter().filter(|token| token.slot == slot);
        let mut verified = own.filter_map(|token| verified(key, token.value.expose(), account));
        verified.find(|device| now.since(device.issued_at) < KNOWN_SECONDS)
    }

    /// The token for an account, unless the device has a fresh one already.
    #[must_use]
    pub fn renewed(
        self,
        key: &DeviceKey,
        account: &AccountTag,
        now: NumericDate,
    ) -> Option<DeviceToken> {
        let is_fresh = now.since(self.issued_at) < FRESH_SECONDS;
        (!is_fresh).then(|| Self { issued_at: now, ..self }.token(key, account))
    }

    /// The token for an account.
    #[must_use]
    pub fn token(&self, key: &DeviceKey, account: &AccountTag) -> DeviceToken {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + MAC_BYTES);
        bytes.push(VERSION);
        bytes.extend(self.id.0);
        bytes.extend(self.issued_at.0.to_be_bytes());
        let mac = key.mac().chain_update(account.0).chain_update(&bytes).finalize();
        bytes.extend(mac.into_bytes());
        DeviceToken { slot: slot(account), value: Secret::new(URL_SAFE_NO_PAD.encode(bytes)) }
    }
}

/// Enough to tell the accounts of one browser apart; two that collide forget each other.
fn slot(account: &AccountTag) -> String {
    account.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn verified(key: &DeviceKey, unverified: &str, account: &AccountTag) -> Option<KnownDevice> {
    let bytes = URL_SAFE_NO_PAD.decode(unverified).ok()?;
    let (head, mac) = bytes.split_at_checked(HEAD_BYTES)?;
    let (version, rest) = head.split_first()?;
    let (id, issued_at) = rest.split_first_chunk()?;
    // In constant time, and only for the whole of a MAC.
    key.mac().chain_update(account.0).chain_update(head).verify_slice(mac).ok()?;
    let issued_at = NumericDate(i64::from_be_bytes(issued_at.try_into().ok()?));
    (*version == VERSION).then_some(KnownDevice { id: DeviceId(*id), issued_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::email::Email;
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

    fn recognised(ring: &KeyRing, slot: &str, value: &str, now: NumericDate) -> bool {
        let token = DeviceToken { slot: slot.to_owned(), value: Secret::new(value.to_owned()) };
        KnownDevice::recognise(ring.device_key(), &[token], &account("alice"), now).is_some()
    }

    #[test]
    fn a_token_holds_for_its_account_its_key_and_its_time() {
        let ring = ring_of(1);
        let device = KnownDevice::new([7; 16], NOW);
        let token = device.token(ring.device_key(), &account("alice"));
        let (slot, value) = (token.slot.as_str(), token.value.expose());
        assert_eq!((slot.len(), value.len()), (8, 76));
        assert!(recognised(&ring, slot, value, NOW));
        assert!(recognised(&ring, slot, value, NOW.plus(KNOWN_SECONDS - 1)));
        assert!(!recognised(&ring, slot, value, NOW.plus(KNOWN_SECONDS)));
        assert!(!recognised(&ring, "00000000", value, NOW));
        assert!(!recognised(&ring_of(2), slot, value, NOW));
        let bobs = device.token(ring.device_key(), &account("bob"));
        assert!(!recognised(&ring, slot, bobs.value.expose(), NOW));
    }

    #[test]
    fn changing_any_character_is_noticed() {
        let ring = ring_of(1);
        let token = KnownDevice::new([7; 16], NOW).token(ring.device_key(), &account("alice"));
        let value = token.value.expose();
        for at in 0..value.len() {
            let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
            let forged = format!("{}{other}{}", &value[..at], &value[at + 1..]);
            assert!(!recognised(&ring, &token.slot, &forged, NOW), "{at}");
        }
        for at in 0..value.len() {
            assert!(!recognised(&ring, &token.slot, &value[..at], NOW), "{at}");
        }
        assert!(!recognised(&ring, &token.slot, &format!("{value}A"), NOW));
    }

    #[test]
    fn a_token_is_replaced_once_a_month_and_the_device_stays_the_same() {
        let ring = ring_of(1);
        let (key, alice) = (ring.device_key(), account("alice"));
        let device = KnownDevice::new([7; 16], NOW);
        assert!(device.renewed(key, &alice, NOW.plus(FRESH_SECONDS - 1)).is_none());
        let later = NOW.plus(FRESH_SECONDS);
        let token = device.renewed(key, &alice, later).expect("a token");
        let renewed = KnownDevice::recognise(key, &[token], &alice, later).expect("a device");
        assert_eq!((renewed.id, renewed.issued_at), (device.id, later));
    }
}
