//! The opened keys of the ring, read-only. Which one is in use is decided in [`plan`].

use std::collections::HashMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use rotation::RefreshKey;
use sha2::{Digest as _, Sha256};
use shared::NumericDate;
use verifier::{KeySet, PublicKey};
use zeroize::Zeroizing;

use super::plan::{self, KeyPlan, KeyState, Successor};
use super::{KeyError, MasterKey};
use crate::entropy::Entropy;
use crate::store::{KeyPurpose, StoredKey};

/// The ring as it was read last.
#[derive(Default)]
pub struct Ring {
    version: u64,
    stored: Vec<StoredKey>,
    signing: HashMap<String, SigningKey>,
    refresh: HashMap<String, RefreshKey>,
    verifying: KeySet,
}

/// A key that signs access tokens.
pub struct SigningKey {
    private: EncodingKey,
    public: PublicKey,
}

impl SigningKey {
    /// The private part, to sign with.
    #[must_use]
    pub const fn private(&self) -> &EncodingKey {
        &self.private
    }

    /// Its `kid`: the RFC 7638 thumbprint of its public part.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
        let public = PublicKey::from_uncompressed_point(pair.public_key().as_ref()).ok()?;
        Some(Self { private: EncodingKey::from_ec_der(pkcs8), public })
    }
}

impl Ring {
    /// Opens every key that is not revoked; one that does not open is left out. Only what was sealed with the
    /// master key is trusted: an attacker who can write into the database cannot add a key. Each ring of a process has
    /// another `version`.
    #[must_use]
    pub fn open(mut stored: Vec<StoredKey>, master: &MasterKey, version: u64) -> Self {
        let mut ring = Self { version, ..Self::default() };
        stored.retain(|key| key.revoked_at.is_some() || ring.add(key, master).is_some());
        Self { stored, ..ring }
    }

    fn add(&mut self, key: &StoredKey, master: &MasterKey) -> Option<()> {
        let private = master.open(&name(key.purpose, &key.kid), &key.sealed)?;
        let kid = match key.purpose {
            KeyPurpose::Access => self.add_signing(&private)?,
            KeyPurpose::Refresh => self.add_refresh(&private)?,
        };
        (kid == key.kid).then_some(())
    }

    fn add_signing(&mut self, pkcs8: &[u8]) -> Option<String> {
        let key = SigningKey::from_pkcs8(pkcs8)?;
        let kid = key.kid().to_owned();
        self.verifying = std::mem::take(&mut self.verifying).with(key.public.clone());
        self.signing.insert(kid.clone(), key);
        Some(kid)
    }

    fn add_refresh(&mut self, bytes: &[u8]) -> Option<String> {
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        let kid = refresh_key_id(&bytes);
        self.refresh.insert(kid.clone(), RefreshKey::from_bytes(bytes));
        Some(kid)
    }

    /// The key to sign with now.
    ///
    /// # Errors
    /// If all have been revoked, and no other one was made yet.
    pub fn signing(&self, now: NumericDate) -> Result<&SigningKey, KeyError> {
        let key = self.in_use(KeyPurpose::Access, now);
        key.and_then(|key| self.signing.get(&key.kid)).ok_or(KeyError::NoneInUse)
    }

    /// The id of the refresh key that new sessions are made with.
    ///
    /// # Errors
    /// As [`Ring::signing`].
    pub fn current_refresh_key(&self, now: NumericDate) -> Result<&str, KeyError> {
        let key = self.in_use(KeyPurpose::Refresh, now).ok_or(KeyError::NoneInUse)?;
        Ok(&key.kid)
    }

    /// The key of this purpose that is in use.
    #[must_use]
    pub fn in_use(&self, purpose: KeyPurpose, now: NumericDate) -> Option<&StoredKey> {
        plan::in_use(purpose, &self.stored, now)
    }

    /// The refresh key with this id, unless it is revoked.
    #[must_use]
    pub fn refresh_key(&self, kid: &str) -> Option<&RefreshKey> {
        self.refresh.get(kid)
    }

    /// All public keys whose signatures are accepted.
    #[must_use]
    pub const fn verifying(&self) -> &KeySet {
        &self.verifying
    }

    /// The public keys (JWKS) that verifiers need: those of tokens that are alive, and those that will sign.
    #[must_use]
    pub fn published(&self, plan: &KeyPlan, now: NumericDate) -> KeySet {
        let states = plan.states(&self.stored, now).into_iter();
        let alive = states.filter(|(_, state)| {
            matches!(state, KeyState::Pending | KeyState::Active | KeyState::VerifyOnly)
        });
        let signing = alive.filter_map(|(key, _)| self.signing.get(&key.kid));
        signing.fold(KeySet::default(), |set, key| set.with(key.public.clone()))
    }

    /// Another number for each ring that this process has read: what was verified with a key of one ring may not be
    /// with those of the next.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The stored rows.
    #[must_use]
    pub fn stored(&self) -> &[StoredKey] {
        &self.stored
    }
}

/// A new key, sealed, to be stored.
pub(super) fn generate(
    purpose: KeyPurpose,
    successor: Successor,
    master: &MasterKey,
    entropy: &Entropy,
    now: NumericDate,
) -> StoredKey {
    let (kid, private) = match purpose {
        KeyPurpose::Access => generate_signing_key(),
        KeyPurpose::Refresh => {
            let bytes = Zeroizing::new(entropy.bytes::<32>());
            (refresh_key_id(&bytes), Zeroizing::new(bytes.to_vec()))
        }
    };
    StoredKey {
        sealed: master.seal(&name(purpose, &kid), &private),
        kid,
        purpose,
        predecessor: successor.predecessor,
        published_at: now,
        signs_from: successor.signs_from,
        revoked_at: None,
    }
}

fn generate_signing_key() -> (String, Zeroizing<Vec<u8>>) {
    let pkcs8 =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .expect("the operating system's random source does not fail once it has started");
    let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
    let key = SigningKey::from_pkcs8(&pkcs8).expect("a key just generated is a key");
    (key.kid().to_owned(), pkcs8)
}

fn refresh_key_id(bytes: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..12])
}

/// What a key is sealed under, so that it opens as no other key.
fn name(purpose: KeyPurpose, kid: &str) -> String {
    format!("baton {} key {kid}", purpose.as_str())
}
