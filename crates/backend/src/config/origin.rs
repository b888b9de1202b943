//! The origin browsers see, in the one spelling they send it in. It must not know what it is used
//! for.

use std::net::IpAddr;

use super::ConfigError;

/// A web origin (RFC 6454): scheme, host and, unless it is the scheme's own, port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin.
    ///
    /// # Errors
    /// If it is anything but an origin as browsers send it, or plain HTTP beyond this machine:
    /// browsers keep no `__Host-` cookie there.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let error = |remedy: &str| {
            Err(ConfigError::new("--origin / BATON_ORIGIN", format!("{text:?} {remedy}")))
        };
        let Some((scheme, authority)) = text.split_once("://") else {
            return error("has no scheme: write it as https://login.example.com");
        };
        if authority.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
            return error(
                "must be scheme, host and port alone, without a path or a slash at the end",
            );
        }
        if text.chars().any(|c| c.is_ascii_uppercase()) {
            return error("must be in lower case, as browsers send it");
        }
        let port =
            authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return error("has a port that is no number");
        }
        let origin = Self(text.to_owned());
        match (scheme, port) {
            ("https", Some("443")) | ("http", Some("80")) => {
                error("names its scheme's own port, which browsers leave out: leave it out too")
            }
            ("http", _) if !origin.is_loopback() => error(
                "must be https: browsers keep the session cookie over plain http only on localhost",
            ),
            ("http" | "https", _) => Ok(origin),
            _ => error("must begin with https:// (or http:// on localhost)"),
        }
    }

    /// The origin as browsers send it, and as `iss` stands in access tokens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host.ends_with(".localhost")
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Whether browsers reach it over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The port it names, or its scheme's own.
    #[must_use]
    pub fn port(&self) -> u16 {
        let named = self.0.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        named.unwrap_or(if self.is_tls() { 443 } else { 80 })
    }

    fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }
}
