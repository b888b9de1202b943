//! The context of a request, beside its own input: when it was admitted, its client, and the tokens that its browser
//! presents.

use shared::{NumericDate, Secret};

use super::login::known_device::list::PresentedDevices;
use crate::store::ClientInfo;

/// When a request was admitted, and where it comes from. Taken once, at admission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// When it was admitted, by a trusted clock. A check that must hold after the request has waited reads the clock
    /// again.
    pub now: NumericDate,
    /// Its address and device.
    pub client: ClientInfo,
    /// The native client that it was identified as ([`NativeClients`](super::native_clients::NativeClients)). `None`:
    /// the site's own client, in a browser. Sessions that it begins belong to this client, and it refreshes no other.
    pub client_id: Option<String>,
}

/// The context of a call without an access token.
pub struct SignInContext {
    /// The request.
    pub request: RequestContext,
    /// The device tokens that its browser presents. Not verified.
    pub devices: PresentedDevices,
    /// The refresh tokens that its browser presents. Not verified, and usable only to revoke their sessions.
    pub refresh_tokens: Vec<Secret>,
}

impl SignInContext {
    /// Without a browser's tokens: of a native client.
    #[must_use]
    pub fn without_cookies(request: RequestContext) -> Self {
        Self { request, devices: PresentedDevices::default(), refresh_tokens: Vec::new() }
    }
}
