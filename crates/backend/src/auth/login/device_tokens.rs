//! Recognises known devices, and issues their tokens. The tokens are in [`known_device`](super::known_device).

use std::sync::Arc;

use shared::NumericDate;

use super::known_device::KnownDevice;
use super::known_device::list::{KeptDevices, PresentedDevices};
use crate::entropy::Entropy;
use crate::keys::KeyRing;
use crate::store::AccountTag;

/// Recognises known devices, and issues their tokens.
#[derive(Clone)]
pub struct DeviceTokens {
    /// Holds the key of device tokens.
    pub keys: Arc<KeyRing>,
    /// The source of device ids.
    pub entropy: Entropy,
}

impl DeviceTokens {
    /// The known device, if a presented token proves that this account has logged in there.
    pub(in crate::auth) fn recognise(
        &self,
        presented: &PresentedDevices,
        account: &AccountTag,
        now: NumericDate,
    ) -> Option<KnownDevice> {
        KnownDevice::recognise(self.keys.device_key(), presented.tokens(), account, now)
    }

    /// The browser's new list of known devices, if it changes.
    pub(in crate::auth) fn kept(
        &self,
        presented: &PresentedDevices,
        known: Option<KnownDevice>,
        account: &AccountTag,
        now: NumericDate,
    ) -> Option<KeptDevices> {
        let device = match known {
            Some(device) => device.renewed(now),
            None => KnownDevice::new(self.entropy.bytes(), now),
        };
        presented.keeping(device.token(self.keys.device_key(), account))
    }
}
