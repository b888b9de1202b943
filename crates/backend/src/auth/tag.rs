//! What wrong passwords are counted by: hashes, so that the table of failures is no list of addresses. It
//! must not know how they are counted.

use sha2::{Digest as _, Sha256};
use shared::{Secret, SessionId};

use super::email::Email;
use super::known_device::DeviceId;
use crate::store::AccountTag;

impl AccountTag {
    /// An account's, whether or not there is such an account.
    #[must_use]
    pub fn of(email: &Email) -> Self {
        hashed(b"account", &[email.as_str().as_bytes()])
    }

    /// What stands for an account when what was typed is no address at all.
    pub(super) fn of_no_address(typed: &str) -> Self {
        hashed(b"no address", &[typed.as_bytes()])
    }

    /// One device's on which this account is known.
    pub(super) fn of_device(self, device: DeviceId) -> Self {
        hashed(b"device", &[&self.0, &device.0])
    }

    /// A service's.
    pub(super) fn of_service(id: &str) -> Self {
        hashed(b"service", &[id.as_bytes()])
    }

    /// A refresh token's, authentic or not.
    pub(super) fn of_ticket(presented: &Secret) -> Self {
        hashed(b"ticket", &[presented.expose().as_bytes()])
    }

    /// One session's.
    pub(super) fn of_session(session: SessionId) -> Self {
        hashed(b"session", &[session.as_bytes()])
    }
}

/// Of parts all but the last of which have one length.
fn hashed(kind: &[u8], parts: &[&[u8]]) -> AccountTag {
    let mut hash = Sha256::new().chain_update(b"baton ").chain_update(kind).chain_update([0]);
    for part in parts {
        hash.update(part);
    }
    AccountTag(hash.finalize().into())
}
