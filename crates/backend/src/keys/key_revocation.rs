//! Revokes a key that may be compromised: its tokens are rejected, the next key takes its place, and the sessions
//! whose refresh tokens it authenticates are revoked. How a key is made is in
//! [`key_rotation`](super::key_rotation).

use std::sync::Arc;

use shared::{NumericDate, RevocationReason};

use super::{KeyError, KeyRing};
use crate::auth::revocation::bulk_revocation::Progress;
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{Change, KeyPurpose, Store};

/// The outcome of a key's revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRevocation {
    /// The purpose of the key.
    pub purpose: KeyPurpose,
    /// The key in use now.
    pub in_use: Option<String>,
    /// How many sessions were revoked with it.
    pub sessions: u64,
}

impl KeyRing {
    /// Revokes a key that may be compromised: no token made with it is accepted any more. Then revokes, in parts,
    /// the sessions whose refresh tokens it authenticates; of a key that was revoked before, those that a failure
    /// left.
    ///
    /// # Errors
    /// If there is no such key, it was revoked before and no session is left under it, or storage fails.
    pub async fn revoke(
        &self,
        kid: &str,
        event_log: &SecurityEventLog,
        progress: Progress<'_>,
    ) -> Result<KeyRevocation, KeyError> {
        let (ring, now) = (self.current(), event_log.now());
        let key = ring.stored().iter().find(|key| key.kid == kid);
        let key = key.ok_or_else(|| KeyError::Unknown { kid: kid.to_owned() })?;
        let successor = self.plan().replacement(key, ring.stored(), now);
        let successor = successor.map(|successor| Box::new(self.made(key.purpose, successor, now)));
        let revoke = Change::RevokeKey { kid: kid.to_owned(), successor, at: now };
        let counted = event_log.commit(revoke, Vec::new()).await?.took_place();
        if counted {
            tracing::warn!(event = "key.retired", kid, purpose = key.purpose.as_str());
        }
        self.reload(&event_log.store).await?;
        let in_use = self.used_from_now(key.purpose, &event_log.store, now).await?;
        let sessions = match key.purpose {
            KeyPurpose::Access => 0,
            KeyPurpose::Refresh => {
                let cause = RevocationReason::Administrator;
                event_log.revoke_in_parts(Some(kid), cause, progress).await?
            }
        };
        if counted || sessions > 0 {
            Ok(KeyRevocation { purpose: key.purpose, in_use, sessions })
        } else {
            Err(KeyError::RevokedBefore { kid: kid.to_owned() })
        }
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
