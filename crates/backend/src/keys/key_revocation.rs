//! Revokes a key that may be compromised: its tokens are rejected, and the next key takes its place. How a key is
//! made is in [`key_rotation`](super::key_rotation); the sessions whose refresh tokens it authenticates are revoked
//! by `auth/revocation/key_revocation.rs`.

use std::sync::Arc;

use shared::NumericDate;

use super::{KeyError, KeyRing};
use crate::store::{Change, KeyPurpose, Store};

/// The outcome of a key's revocation in the ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedKey {
    /// The purpose of the key.
    pub purpose: KeyPurpose,
    /// The key in use now.
    pub in_use: Option<String>,
    /// Whether this call has revoked it, and no earlier one.
    pub is_new: bool,
}

impl KeyRing {
    /// Revokes a key that may be compromised: no token made with it is accepted any more. A repeated revocation is no
    /// error.
    ///
    /// # Errors
    /// If there is no such key, or storage fails.
    pub async fn revoke(
        &self,
        kid: &str,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<RevokedKey, KeyError> {
        let ring = self.current();
        let key = ring.stored().iter().find(|key| key.kid == kid);
        let key = key.ok_or_else(|| KeyError::Unknown { kid: kid.to_owned() })?;
        let successor = self.plan().replacement(key, ring.stored(), now);
        let successor = successor.map(|successor| Box::new(self.made(key.purpose, successor, now)));
        let revoke = Change::RevokeKey { kid: kid.to_owned(), successor, at: now };
        let is_new = store.commit(revoke, Vec::new()).await?.took_place();
        if is_new {
            tracing::warn!(event = "key.retired", kid, purpose = key.purpose.as_str());
        }
        self.reload(store).await?;
        let in_use = self.used_from_now(key.purpose, store, now).await?;
        Ok(RevokedKey { purpose: key.purpose, in_use, is_new })
    }

    /// The key in use. If it is used before its planned time, that time becomes now.
    async fn used_from_now(
        &self,
        purpose: KeyPurpose,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<Option<String>, KeyError> {
        let ring = self.current();
        let Some(in_use) = ring.in_use(purpose, now) else { return Ok(None) };
        let activate_early = Change::ActivateKeyEarly(in_use.kid.clone(), now);
        if in_use.signs_from > now && store.commit(activate_early, Vec::new()).await?.took_place() {
            self.reload(store).await?;
        }
        Ok(Some(in_use.kid.clone()))
    }
}
