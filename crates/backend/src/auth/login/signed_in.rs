//! The result of a login, a registration or a step-up. The tokens themselves know no device.

use super::known_device::list::KeptDevices;
use crate::auth::token::issue_tokens::IssuedTokens;

/// A session's tokens, and the browser's known devices.
pub struct SignedIn {
    /// The issued tokens.
    pub tokens: IssuedTokens,
    /// The browser's new list of known devices, if it changes.
    pub devices: Option<KeptDevices>,
    /// Whether the browser presented a refresh token of no session of this server. Not looked at by a step-up.
    pub is_anothers: bool,
}
