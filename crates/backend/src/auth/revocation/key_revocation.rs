//! Revokes a key that may be compromised, and the sessions whose refresh tokens it authenticates. The key ring's part
//! is [`KeyRing::revoke`].

use shared::RevocationReason;

use super::bulk_revocation::{Progress, revoke_in_parts};
use crate::auth::security_event_log::SecurityEventLog;
use crate::keys::{KeyError, KeyRing, RevokedKey};
use crate::store::{KeyPurpose, PartScope};

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

/// Revokes a key: no token made with it is accepted any more. Then revokes, in parts, the sessions whose refresh
/// tokens it authenticates; of a key that was revoked before, those that a failure left.
///
/// # Errors
/// If there is no such key, it was revoked before and no session is left under it, or storage fails.
pub async fn revoke_key(
    event_log: &SecurityEventLog,
    ring: &KeyRing,
    kid: &str,
    progress: Progress<'_>,
) -> Result<KeyRevocation, KeyError> {
    let revoked = ring.revoke(kid, &event_log.store, event_log.now()).await?;
    let RevokedKey { purpose, in_use, is_new } = revoked;
    let sessions = match purpose {
        KeyPurpose::Access => 0,
        KeyPurpose::Refresh => {
            let (scope, reason) =
                (PartScope::RefreshKey(kid.to_owned()), RevocationReason::Administrator);
            revoke_in_parts(event_log, &scope, reason, progress).await?
        }
    };
    if is_new || sessions > 0 {
        Ok(KeyRevocation { purpose, in_use, sessions })
    } else {
        Err(KeyError::RevokedBefore { kid: kid.to_owned() })
    }
}
