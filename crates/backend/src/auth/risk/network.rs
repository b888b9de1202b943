//! The network of an address, by which addresses are compared and counted.

use std::net::IpAddr;

/// The network by which addresses are compared: an IPv4 address as it is; of an IPv6 address the /64, because a
/// machine changes the rest of it by itself (RFC 8981).
#[must_use]
pub fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    address.map(|address| match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & (u128::MAX << 64);
            std::net::Ipv6Addr::from(prefix).into()
        }
    })
}
