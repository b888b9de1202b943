//! The origin that browsers see, in the one spelling that they send it in.

use std::sync::Arc;

use url::{Host, Url};

use super::error::ConfigError;

/// A web origin (RFC 6454): scheme, host and, unless it is the scheme's own, port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: Arc<str>,
    is_loopback: bool,
    port: u16,
}

impl Origin {
    /// Parses an origin.
    ///
    /// # Errors
    /// If it is not an origin as browsers send it, or is plain HTTP beyond this machine: browsers keep no `__Host-`
    /// cookie there.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let error =
            |remedy: String| Err(ConfigError::new("--origin", format!("{text:?} {remedy}")));
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host()?))) else {
            return error("is no origin: write it as https://login.example.com".to_owned());
        };
        let sent = url.origin().ascii_serialization();
        if sent != text {
            return error(format!("is not an origin as browsers send it: that would be {sent:?}"));
        }
        if text.contains('*') {
            return error(
                "names no single site: there is one origin, without a wildcard".to_owned(),
            );
        }
        let is_loopback = match host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        if url.scheme() == "http" && !is_loopback {
            return error(
                "must be https: browsers keep the session cookie over plain http only on localhost"
                    .to_owned(),
            );
        }
        let port = url.port_or_known_default().expect("http and https have ports");
        Ok(Self { text: sent.into(), is_loopback, port })
    }

    /// The origin as browsers send it, and as `iss` stands in access tokens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names this machine.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether browsers reach it over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// The port it names, or its scheme's own.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}
