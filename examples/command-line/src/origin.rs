//! The origin of a Baton: https, or http on this machine, as browsers keep `__Host-` cookies. Over plain http in a
//! network, passwords and tokens would be readable.

use http::Uri;

/// A web origin (RFC 6454), without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// The text is no origin that may get a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not an origin: write https://login.example.com, or http://localhost:3000 on this machine"
)]
pub struct NotAnOrigin(String);

impl Origin {
    /// Parses an origin.
    ///
    /// # Errors
    /// If it is none, or plain http to another machine.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        let refused = || NotAnOrigin(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| refused())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refused());
        };
        let is_loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&authority.host());
        let is_private = scheme == "https" || scheme == "http" && is_loopback;
        let is_bare = uri.path() == "/" && uri.query().is_none();
        if !is_private || !is_bare || authority.as_str().contains('@') {
            return Err(refused());
        }
        Ok(Self(format!("{scheme}://{authority}")))
    }

    /// The origin as text, before a path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
