//! What a request is made with, beside its own input: the client, and the tokens that its browser presents.

use shared::Secret;

use super::login::known_device::list::PresentedDevices;
use crate::store::ClientInfo;

/// The client of a call without an access token.
pub struct SignInContext {
    /// Its address and device.
    pub client: ClientInfo,
    /// The device tokens that its browser presents. Not verified.
    pub devices: PresentedDevices,
    /// The refresh tokens that its browser presents. Not verified, and usable only to revoke their sessions.
    pub refresh_tokens: Vec<Secret>,
}
