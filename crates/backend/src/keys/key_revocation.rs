//! Retiring a key that somebody else may have: it counts no more, the next one takes its place, and the sessions whose
//! refresh tokens it authenticates end. It must not know how a key is made; that is [`key_rotation`](super::key_rotation).

use std::sync::Arc;

use shared::{NumericDate, RevocationReason};

use super::{KeyError, KeyRing};
use crate::auth::bulk_revocation::Progress;
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{Change, KeyPurpose, Store};

/// What came of a request to retire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRevocation {
    /// What the key was for.
    pub purpose: KeyPurpose,
    /// The key in use now.
    pub in_use: Option<String>,
    /// How many sessions ended with it.
    pub sessions: u64,
}

impl KeyRing {
    /// From now on a key counts no more: nothing that was made with it is accepted. For a key that somebody
    /// else may have. Then the sessions whose refresh tokens it authenticates end, in parts; of a key that was
    /// retired before, those that a failure left.
    ///
    /// # Errors
    /// If there is no such key, it was retired before and no session is left under it, or storage fails.
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

    /// The key in use; if it is so before its time, its time is now.
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
