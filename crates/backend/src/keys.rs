//! The key ring: the ES256 key access tokens are signed with, and the key refresh tokens are
//! authenticated with. It must not issue or verify anything. Files are in [`file`]; private parts
//! are never shown or logged.

mod file;

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::EncodingKey;
use rotation::RefreshKey;
use sha2::{Digest as _, Sha256};
use verifier::{KeySet, PublicKey};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::entropy::Entropy;

const SIGNING_KEY_FILE: &str = "access-token-es256.p8";
const REFRESH_KEY_FILE: &str = "refresh-token-hmac.key";

/// The server's keys.
pub struct KeyRing {
    signing: EncodingKey,
    public: PublicKey,
    refresh: RefreshKey,
    refresh_id: String,
    device: DeviceKey,
}

/// Authenticates the tokens that known devices carry. It is derived from the refresh key: whoever holds
/// that one has worse to do than to pass for a known device.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    fn derived_from(refresh_key: &[u8; 32]) -> Self {
        let mut derived = keyed(refresh_key);
        derived.update(b"baton device tokens, version 1");
        Self(derived.finalize().into_bytes().into())
    }

    /// HMAC-SHA-256 with this key, to be fed (RFC 2104).
    #[must_use]
    pub fn mac(&self) -> Hmac<Sha256> {
        keyed(&self.0)
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Why the key ring cannot be used. The text says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder or a file in it cannot be read or written.
    #[error("--keys: {path} cannot be {action}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With which path.
        path: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Others on this machine could read a private key, or put one of their own there.
    #[error("--keys: {path} is open to others (mode {mode:o}): run chmod go-rwx on it")]
    TooOpen {
        /// Which file or folder.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// There is no ring.
    #[error("--keys: {path} holds no key ring yet: `baton serve` makes it on its first start")]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// A file does not hold a key.
    #[error(
        "--keys: {path} holds no {what}: restore it from a backup, or remove it to end all sessions and start anew"
    )]
    Unreadable {
        /// Which file.
        path: String,
        /// What it should hold.
        what: &'static str,
    },
}

impl KeyRing {
    /// Reads the ring in `folder`, making folder and keys if they are missing.
    ///
    /// # Errors
    /// If a file cannot be read or written, is open to others, or holds no key.
    pub fn open(folder: &Path, entropy: &Entropy) -> Result<Self, KeyError> {
        let signing = file::read_or_make(folder, SIGNING_KEY_FILE, entropy, generate_signing_key)?;
        let refresh = file::read_or_make(folder, REFRESH_KEY_FILE, entropy, || {
            entropy.bytes::<32>().to_vec()
        })?;
        Self::from_bytes(&signing, &refresh).map_err(|what| KeyError::Unreadable {
            path: folder
                .join(if what == SIGNING_KEY { SIGNING_KEY_FILE } else { REFRESH_KEY_FILE })
                .display()
                .to_string(),
            what,
        })
    }

    /// Reads the ring in `folder` and makes nothing.
    ///
    /// # Errors
    /// As [`KeyRing::open`], and if there is no ring yet.
    pub fn open_existing(folder: &Path, entropy: &Entropy) -> Result<Self, KeyError> {
        if [SIGNING_KEY_FILE, REFRESH_KEY_FILE].iter().all(|name| folder.join(name).exists()) {
            return Self::open(folder, entropy);
        }
        Err(KeyError::Missing { path: folder.display().to_string() })
    }

    /// A ring that is nowhere on disk.
    #[must_use]
    pub fn in_memory(entropy: &Entropy) -> Self {
        Self::from_bytes(&generate_signing_key(), &entropy.bytes::<32>())
            .expect("keys just generated are keys")
    }

    fn from_bytes(pkcs8: &[u8], refresh: &[u8]) -> Result<Self, &'static str> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| SIGNING_KEY)?;
        let public = PublicKey::from_uncompressed_point(pair.public_key().as_ref())
            .map_err(|_| SIGNING_KEY)?;
        let refresh_bytes: [u8; 32] = refresh.try_into().map_err(|_| REFRESH_KEY)?;
        let refresh_id = URL_SAFE_NO_PAD.encode(&Sha256::digest(refresh_bytes)[..12]);
        Ok(Self {
            signing: EncodingKey::from_ec_der(pkcs8),
            public,
            device: DeviceKey::derived_from(&refresh_bytes),
            refresh: RefreshKey::from_bytes(refresh_bytes),
            refresh_id,
        })
    }

    /// The key to sign with.
    #[must_use]
    pub const fn signing_key(&self) -> &EncodingKey {
        &self.signing
    }

    /// Its id: the RFC 7638 thumbprint of its public part.
    #[must_use]
    pub fn signing_key_id(&self) -> &str {
        self.public.kid()
    }

    /// The public keys, for whoever verifies.
    #[must_use]
    pub fn public_keys(&self) -> KeySet {
        KeySet::default().with(self.public.clone())
    }

    /// The refresh key new sessions are made with, and its id.
    #[must_use]
    pub fn current_refresh_key(&self) -> (&str, &RefreshKey) {
        (&self.refresh_id, &self.refresh)
    }

    /// The key of device tokens.
    #[must_use]
    pub const fn device_key(&self) -> &DeviceKey {
        &self.device
    }

    /// The refresh key with this id, if the ring still holds it.
    #[must_use]
    pub fn refresh_key(&self, id: &str) -> Option<&RefreshKey> {
        (self.refresh_id == id).then_some(&self.refresh)
    }
}

const SIGNING_KEY: &str = "P-256 private key (PKCS #8, DER)";
const REFRESH_KEY: &str = "32-byte key";

fn generate_signing_key() -> Vec<u8> {
    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .expect("the operating system's random source does not fail once it has started")
        .as_ref()
        .to_vec()
}
