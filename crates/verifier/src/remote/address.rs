//! The allowed addresses: https to any host, http only on loopback, since plain http would let an attacker replace
//! the keys. Next: `fetch.rs`, which takes only an [`Address`].

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;

use super::failure::IssuerError;

/// An allowed address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address(Uri);

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, IssuerError> {
        // The parser drops a fragment silently. RFC 8414 section 2: an issuer has neither query nor fragment; no
        // other address here needs them.
        if text.contains(['?', '#', '@']) {
            return Err(IssuerError::NotAUrl);
        }
        let uri: Uri = text.parse().map_err(|_| IssuerError::NotAUrl)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(IssuerError::NotAUrl)?;
        match uri.scheme_str() {
            Some("https") => Ok(Self(uri)),
            Some("http") if is_loopback(host) => Ok(Self(uri)),
            Some("http") => Err(IssuerError::Insecure),
            _ => Err(IssuerError::NotAUrl),
        }
    }

    /// An address that this one refers to: https if this one is.
    pub(super) fn parse_linked(&self, text: &str) -> Result<Self, IssuerError> {
        let linked = Self::parse(text)?;
        if self.is_https() && !linked.is_https() {
            return Err(IssuerError::Insecure);
        }
        Ok(linked)
    }

    /// The issuer's metadata document. RFC 8414 section 3.1: the well-known part comes between host and path, without
    /// a slash at the end of the path.
    pub(super) fn metadata(&self) -> Result<Self, IssuerError> {
        let (scheme, authority) = (self.scheme(), self.0.authority().map_or("", |it| it.as_str()));
        let path = self.0.path().trim_end_matches('/');
        Self::parse(&format!("{scheme}://{authority}/.well-known/oauth-authorization-server{path}"))
    }

    fn scheme(&self) -> &str {
        self.0.scheme_str().unwrap_or_default()
    }

    fn is_https(&self) -> bool {
        self.scheme() == "https"
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }
}

/// 127.0.0.0/8, ::1 in brackets, or `localhost` (RFC 6761 section 6.3).
fn is_loopback(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|it: Ipv4Addr| it.is_loopback())
        || v6.is_some_and(|v6| v6.parse().is_ok_and(|it: Ipv6Addr| it.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    #[test]
    fn https_anywhere_and_http_on_this_machine_may_be_asked() {
        for text in [
            "https://baton.example",
            "https://baton.example:8443/tenant/",
            "https://192.0.2.1",
            "http://localhost:3000",
            "http://LOCALHOST",
            "http://127.0.0.1:3000",
            "http://127.255.0.9",
            "http://[::1]:3000",
        ] {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn http_to_anywhere_else_is_insecure() {
        for text in [
            "http://baton.example",
            "http://192.0.2.1",
            "http://0.0.0.0:3000",
            "http://128.0.0.1",
            "http://127.1",
            "http://2130706433",
            "http://[::]",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.example",
            "http://127.0.0.1.example",
        ] {
            assert_eq!(Address::parse(text), Err(IssuerError::Insecure), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_address() {
        for text in [
            "",
            "baton.example",
            "/path",
            "ftp://localhost",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "https://user@baton.example",
            "http://localhost:80@evil.example",
            "https://baton.example?a=b",
            "https://baton.example#a",
            "https://baton.example\\@localhost",
            "https://baton example",
            "https://baton.example\r\nX: y",
        ] {
            assert_eq!(Address::parse(text), Err(IssuerError::NotAUrl), "{text:?}");
        }
    }

    #[test]
    fn what_an_https_address_names_is_https() {
        let https = address("https://baton.example");
        let insecure = https.parse_linked("http://127.0.0.1/jwks");
        assert_eq!(insecure, Err(IssuerError::Insecure));
        assert!(https.parse_linked("https://keys.example/jwks").is_ok());
        assert!(address("http://localhost").parse_linked("http://127.0.0.1/jwks").is_ok());
    }

    #[test]
    fn metadata_lies_between_host_and_path() {
        for (issuer, metadata) in [
            ("https://a.example", "https://a.example/.well-known/oauth-authorization-server"),
            ("https://a.example/", "https://a.example/.well-known/oauth-authorization-server"),
            (
                "https://a.example:1/b",
                "https://a.example:1/.well-known/oauth-authorization-server/b",
            ),
            ("https://a.example/b/", "https://a.example/.well-known/oauth-authorization-server/b"),
        ] {
            assert_eq!(address(issuer).metadata(), Ok(address(metadata)), "{issuer}");
        }
    }
}
