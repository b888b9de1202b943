//! The origin that browsers see, in the one spelling that they send it in.

use std::sync::Arc;

use url::{Host, Position, Url};

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

    /// Whether a `Host` is this server's by another loopback name, or by the unspecified address: then pages may not
    /// call. Its port is this origin's. A proxy may write its upstream's address there while the browser is at this
    /// origin, so this alone does not say where the browser is.
    #[must_use]
    pub fn has_other_name(&self, host: &str) -> bool {
        let (_, own) = self.text.split_once("://").expect("an origin has a scheme");
        if !self.is_loopback || host == own {
            return false;
        }
        let Ok(url) = Url::parse(&format!("http://{host}")) else { return false };
        let is_local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
            None => false,
        };
        let canonical = &url[Position::BeforeHost..Position::AfterPort];
        is_local && url.port_or_known_default() == Some(self.port) && canonical != own
    }

    /// The port it names, or its scheme's own.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    fn has_other_name(origin: &str, host: &str) -> bool {
        Origin::parse(origin).expect("an origin").has_other_name(host)
    }

    #[test]
    fn other_loopback_names_at_its_port_are_this_servers() {
        for host in ["127.0.0.1:3000", "127.1:3000", "127.8.0.1:3000", "[::1]:3000", "0.0.0.0:3000"]
        {
            assert!(has_other_name("http://localhost:3000", host), "{host}");
        }
        for host in ["localhost:3000", "LOCALHOST:3000", "[::1]:3000"] {
            assert!(has_other_name("http://127.0.0.1:3000", host), "{host}");
        }
        assert!(has_other_name("https://localhost:3443", "127.0.0.1:3443"));
        assert!(has_other_name("http://localhost", "127.0.0.1"));
    }

    #[test]
    fn its_own_name_in_any_spelling_is_no_other() {
        for host in ["localhost:3000", "LocalHost:3000"] {
            assert!(!has_other_name("http://localhost:3000", host), "{host}");
        }
        assert!(!has_other_name("http://127.0.0.1:3000", "127.1:3000"));
        assert!(!has_other_name("http://[::1]:3000", "[0:0::1]:3000"));
        assert!(!has_other_name("http://localhost", "localhost:80"));
    }

    /// A proxy may write its upstream's address, and other names may be of other sites.
    #[test]
    fn other_ports_and_names_of_the_network_are_not_this_servers() {
        for host in [
            "127.0.0.1:3001",
            "127.0.0.1",
            "localhost",
            "app.localhost:3000",
            "baton:3000",
            "10.0.0.1:3000",
            "127.0.0.1.evil.example:3000",
            "evil.example:3000",
            "evil.example#@127.0.0.1:3000",
            "",
            ":3000",
            "[::1:3000",
        ] {
            assert!(!has_other_name("http://localhost:3000", host), "{host}");
        }
        assert!(!has_other_name("https://localhost", "127.0.0.1"), "TLS ends in front");
        assert!(!has_other_name("https://login.example.com", "127.0.0.1:443"));
    }
}
