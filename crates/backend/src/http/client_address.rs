//! The client's network address, behind proxies as well: `X-Forwarded-For` counts only from a configured proxy; from
//! any other peer it is a claim. An address must not be taken for an identity.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::config::Proxies;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The peer of the connection; the listener adds it to every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The proxies whose `X-Forwarded-For` is trusted.
#[derive(Debug, Clone)]
pub struct TrustedProxies(pub Arc<[Proxies]>);

/// The client's address, as far as known.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress
where
    TrustedProxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let TrustedProxies(trusted) = TrustedProxies::from_ref(state);
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip().to_canonical());
        let forwarded: Vec<&[u8]> =
            parts.headers.get_all(FORWARDED_FOR).iter().map(|value| value.as_bytes()).collect();
        Ok(Self(peer.map(|peer| behind_proxies(peer, &forwarded, &trusted))))
    }
}

/// Whether a header says that a proxy stands between. Without one a proxy may be there all the same.
pub(super) fn shows_proxy(headers: &HeaderMap) -> bool {
    headers.keys().map(axum::http::HeaderName::as_str).any(|name| {
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
    })
}

/// Walks from the peer towards the client while the hop before is trusted. Each proxy appends its peer's address, so
/// the rightmost entry is the nearest; entries left of the first untrusted address, or of the first malformed entry,
/// may be forged.
fn behind_proxies(peer: IpAddr, forwarded: &[&[u8]], trusted: &[Proxies]) -> IpAddr {
    let mut client = peer;
    for entry in forwarded.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        if !trusted.iter().any(|proxies| proxies.contain(client)) {
            break;
        }
        match address(entry) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

/// An address, with or without the port that some proxies add.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::behind_proxies;
    use crate::config::Proxies;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<_> =
            trusted.iter().map(|proxies| Proxies::parse(proxies).expect("proxies")).collect();
        let forwarded: Vec<&[u8]> = forwarded.iter().map(|line| line.as_bytes()).collect();
        behind_proxies(peer.parse().expect("an address"), &forwarded, &trusted).to_string()
    }

    #[test]
    fn a_forwarding_header_from_an_untrusted_peer_is_ignored() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &["10.0.0.1"]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_names_the_client_and_entries_further_left_are_ignored() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1"], &["10.0.0.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 198.51.100.1"], &["10.0.0.1"]), "198.51.100.1");
        assert_eq!(
            client("10.0.0.1", &["6.6.6.6, 198.51.100.1", "10.0.0.2"], &["10.0.0.1", "10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(client("10.0.0.1", &["6.6.6.6, garbage"], &["10.0.0.1"]), "10.0.0.1");
    }

    #[test]
    fn proxies_can_be_named_by_their_network() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(client("10.9.9.9", &["198.51.100.1, 2001:db8:7::1"], &trusted), "198.51.100.1");
        assert_eq!(client("11.0.0.1", &["198.51.100.1"], &trusted), "11.0.0.1");
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_walk() {
        let trusted = [Proxies::parse("10.0.0.1").expect("an address")];
        let peer = "10.0.0.1".parse().expect("an address");
        let walk = |lines: &[&[u8]]| behind_proxies(peer, lines, &trusted).to_string();
        assert_eq!(walk(&[b"6.6.6.6", b"\xff, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(walk(&[b"6.6.6.6", b"\xff"]), "10.0.0.1");
        assert_eq!(walk(&[b"6.6.6.6, 198.51.100.1:443"]), "198.51.100.1");
        assert_eq!(walk(&[b"[2001:db8::1]:443"]), "2001:db8::1");
    }
}
