//! Tags that login throttling counts by: hashes, so that the table of failures is no list of addresses.

use sha2::{Digest as _, Sha256};
use shared::{Secret, SessionId};

use super::account::email::Email;
use super::login::known_device::DeviceId;
use crate::store::AccountTag;

impl AccountTag {
    /// The tag of an account, whether or not it exists.
    #[must_use]
    pub fn of(email: &Email) -> Self {
        hashed(b"account", &[email.as_str().as_bytes()])
    }

    /// The tag of a login without a valid address.
    pub(super) fn of_no_address(typed: &str) -> Self {
        hashed(b"no address", &[typed.as_bytes()])
    }

    /// The tag of a device on which this account is known.
    pub(super) fn of_device(self, device: DeviceId) -> Self {
        hashed(b"device", &[&self.0, &device.0])
    }

    /// The tag of a service.
    pub(super) fn of_service(id: &str) -> Self {
        hashed(b"service", &[id.as_bytes()])
    }

    /// The tag of a refresh token, authentic or not.
    pub(super) fn of_ticket(presented: &Secret) -> Self {
        hashed(b"ticket", &[presented.expose().as_bytes()])
    }

    /// The tag of a session.
    pub(super) fn of_session(session: SessionId) -> Self {
        hashed(b"session", &[session.as_bytes()])
    }
}

/// All parts but the last must have a fixed length.
fn hashed(kind: &[u8], parts: &[&[u8]]) -> AccountTag {
    let mut hash = Sha256::new().chain_update(b"baton ").chain_update(kind).chain_update([0]);
    for part in parts {
        hash.update(part);
    }
    AccountTag(hash.finalize().into())
}
