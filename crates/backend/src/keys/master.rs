//! The master key: it seals private keys before they are stored (encryption at rest, AES-256-GCM), and the key of
//! device tokens is derived from it. Where it comes from is in [`MasterKey::find`].

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::error::KeyError;
use super::file;
use super::source::{MASTER_KEY, MASTER_KEY_FILE, MasterKeySource};
use crate::entropy::Entropy;

/// 256 bits, for AES-256-GCM.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// A key in memory only.
    #[must_use]
    pub fn in_memory(entropy: &Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// The key of this source. In a folder a missing key is made, unless `must_exist`: a new one could not open a
    /// ring that was sealed with another.
    ///
    /// # Errors
    /// If a file cannot be read or written, is open to others, or holds no key.
    pub fn find(
        source: &MasterKeySource,
        must_exist: bool,
        entropy: &Entropy,
    ) -> Result<Self, KeyError> {
        match source {
            MasterKeySource::Text(text) => Self::parse(text.expose(), MASTER_KEY),
            MasterKeySource::File(path) => Self::parse_bytes(&file::read(path)?, path),
            MasterKeySource::Folder(folder) => {
                let path = folder.join(MASTER_KEY_FILE);
                if must_exist && !path.exists() {
                    return Err(KeyError::NoMasterKey { path: path.display().to_string() });
                }
                let text = file::read_or_make(folder, MASTER_KEY_FILE, entropy, || {
                    let bytes = Zeroizing::new(entropy.bytes::<32>());
                    Zeroizing::new(format!("{}\n", STANDARD.encode(*bytes)).into_bytes())
                })?;
                Self::parse_bytes(&text, &path)
            }
        }
    }

    /// Whether keys have been sealed with this key, as far as can be known: a configured one may be from before,
    /// one that was made here is new until its first ring is stored.
    #[must_use]
    pub fn is_used(source: &MasterKeySource) -> bool {
        match source {
            MasterKeySource::Text(_) | MasterKeySource::File(_) => true,
            MasterKeySource::Folder(folder) => file::is_used(folder, MASTER_KEY_FILE),
        }
    }

    /// Records that keys have been sealed with it.
    pub(super) fn note_used(source: &MasterKeySource) -> Result<(), KeyError> {
        match source {
            MasterKeySource::Text(_) | MasterKeySource::File(_) => Ok(()),
            MasterKeySource::Folder(folder) => file::note_used(folder, MASTER_KEY_FILE),
        }
    }

    fn parse_bytes(text: &[u8], path: &Path) -> Result<Self, KeyError> {
        let place = path.display().to_string();
        match std::str::from_utf8(text) {
            Ok(text) => Self::parse(text, &place),
            Err(_) => Err(KeyError::NotAMasterKey { place }),
        }
    }

    /// 32 bytes in base64, as `openssl rand -base64 32` prints them.
    fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text.trim_ascii()).map(Zeroizing::new).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        bytes.map(Self).ok_or_else(|| KeyError::NotAMasterKey { place: place.to_owned() })
    }

    /// Seals a private part (AES-256-GCM, RFC 5116): a nonce of 12 random bytes, the ciphertext, a tag of 16 bytes.
    /// It opens only under the name it was sealed under.
    #[must_use]
    pub fn seal(&self, name: &str, private: &[u8]) -> Vec<u8> {
        let mut text = Zeroizing::new(private.to_vec());
        let nonce = self
            .cipher()
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut *text)
            .expect("a short text can be sealed");
        [nonce.as_ref(), text.as_slice()].concat()
    }

    /// Opens what was sealed under this name with this key; `None` for all other input.
    #[must_use]
    pub fn open(&self, name: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = Aad::from(name.as_bytes());
        let length = self.cipher().open_in_place(nonce, aad, &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    /// The key that authenticates device tokens.
    pub(super) fn device_key(&self) -> DeviceKey {
        let mut derived = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        derived.update(b"baton device tokens, version 1");
        DeviceKey(derived.finalize().into_bytes().into())
    }

    fn cipher(&self) -> RandomizedNonceKey {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).expect("a key of 32 bytes")
    }
}

/// Authenticates the tokens of known devices. It is derived from the master key: an attacker with that one can do
/// worse than pass for a known device.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// HMAC-SHA-256 with this key, to be fed (RFC 2104).
    #[must_use]
    pub fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length")
    }
}
