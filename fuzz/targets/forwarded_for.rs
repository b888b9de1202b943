//! Fuzz target: `X-Forwarded-For`. It counts only from a trusted proxy, and what stands left of the client's address
//! never does.

use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts as _;
use axum::http::{HeaderValue, Request};
use backend::config::Proxies;
use backend::http::client_address::{ClientAddress, Peer, TrustedProxies};
use futures_util::FutureExt as _;

const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

/// Each line of `input` is one header line.
pub(crate) fn check(input: &[u8]) {
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    assert_eq!(client(STRANGER, &lines), STRANGER, "a stranger's header counts");
    let client_address = client(PROXY, &lines);
    assert_eq!(client_address, client_address.to_canonical(), "two spellings of one address");
    // What stands left of a malformed entry never counts, even if every entry right of it is a proxy.
    let malformed = [&[&b"192.0.2.66, unknown"[..]], &lines[..]].concat();
    assert_eq!(client(PROXY, &malformed), client_address, "the walk passes a malformed entry");
    if !trusted().iter().any(|proxies| proxies.contain(client_address)) {
        let forged = [&[&b"192.0.2.66"[..]], &lines[..]].concat();
        assert_eq!(client(PROXY, &forged), client_address, "a forged entry counts");
    }
}

fn client(peer: IpAddr, lines: &[&[u8]]) -> IpAddr {
    let mut request = Request::new(());
    request.extensions_mut().insert(Peer(SocketAddr::new(peer, 443)));
    for line in lines {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            request.headers_mut().append("x-forwarded-for", value);
        }
    }
    let (mut parts, ()) = request.into_parts();
    let trusted = TrustedProxies(trusted().into());
    let address = ClientAddress::from_request_parts(&mut parts, &trusted).now_or_never();
    let Some(Ok(ClientAddress(Some(address)))) = address else { panic!("no address") };
    address
}

fn trusted() -> Vec<Proxies> {
    let networks = ["10.0.0.0/8", "2001:db8::/32"];
    networks.iter().map(|network| Proxies::parse(network).expect("a network")).collect()
}
