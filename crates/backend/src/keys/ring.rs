//! The opened keys of the ring, read-only. Which one is in use is decided in [`plan`].

use std::collections::HashMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use rotation::RefreshKey;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::NumericDate;
use verifier::{KeySet, PublicKey};
use zeroize::Zeroizing;

use super::plan::{self, KeyPlan, KeyState, Successor};
use super::{KeyError, MasterKey};
use crate::entropy::Entropy;
use crate::store::{KeyPurpose, StoredKey};

/// The length of an ES256 signature.
const SIGNATURE_BYTES: usize = 64;

/// The ring as it was read last.
#[derive(Default)]
pub struct Ring {
    version: u64,
    stored: Vec<StoredKey>,
    signing: HashMap<String, SigningKey>,
    refresh: HashMap<String, RefreshKey>,
    verifying: KeySet,
}

/// A key that signs access tokens and status lists.
///
/// Opened once: `jsonwebtoken::encode` checks the private key again for each token, which costs more than the signature.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
    access_token_header: String,
    status_list_header: String,
}

/// The types of the JWTs that are signed here. They keep one kind from being taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// `at+jwt` (RFC 9068 section 2.1).
    AccessToken,
    /// `statuslist+jwt` (Token Status List section 5.1).
    StatusList,
}

impl SigningKey {
    /// Signs claims as a JWT in the compact serialization (RFC 7515 section 7.1).
    ///
    /// # Errors
    /// If the claims are no JSON, or signing fails.
    pub fn sign(&self, typ: TokenType, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = match typ {
            TokenType::AccessToken => &self.access_token_header,
            TokenType::StatusList => &self.status_list_header,
        };
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Unsigned)?;
        let mut token =
            String::with_capacity(header.len() + 2 * claims.len() + 2 * SIGNATURE_BYTES);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The ES256 signature of any bytes (RFC 7518 section 3.4).
    ///
    /// # Errors
    /// If signing fails.
    pub fn signature(&self, input: &[u8]) -> Result<[u8; SIGNATURE_BYTES], KeyError> {
        let signature = self.pair.sign(&SystemRandom::new(), input).ok();
        signature.and_then(|it| it.as_ref().try_into().ok()).ok_or(KeyError::Unsigned)
    }

    /// Its `kid`: the RFC 7638 thumbprint of its public part.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
        let public = PublicKey::from_uncompressed_point(pair.public_key().as_ref()).ok()?;
        let access_token_header = header("at+jwt", public.kid())?;
        let status_list_header = header("statuslist+jwt", public.kid())?;
        Some(Self { pair, public, access_token_header, status_list_header })
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

/// A header in base64url.
fn header(typ: &str, kid: &str) -> Option<String> {
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some(typ.to_owned());
    header.kid = Some(kid.to_owned());
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).ok()?))
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
