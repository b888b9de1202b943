//! Trusted proxies, by address or by network.

use std::net::IpAddr;

use super::error::ConfigError;

/// One proxy, or all machines of one network (RFC 4632 section 3.1, RFC 4291 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proxies {
    address: IpAddr,
    /// How many leading bits of an address have to be the same.
    prefix: u32,
}

impl Proxies {
    /// Parses an address, or a network in CIDR notation.
    ///
    /// # Errors
    /// If it is neither, or if the network's address has bits beyond its prefix: then one of the two is mistyped.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let error = || {
            let remedy = "is neither an IP address nor a network: write 10.0.0.7 or 10.0.0.0/8, several separated by commas";
            ConfigError::new("--trusted-proxies", format!("{text:?} {remedy}"))
        };
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| error())?;
        let Some(prefix) = prefix else {
            let address = address.to_canonical();
            return Ok(Self { address, prefix: width(address) });
        };
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|prefix| digits && *prefix <= width(address));
        let network = Self { address, prefix: prefix.ok_or_else(error)? };
        // Addresses are compared in their canonical form, where IPv4 is never written as IPv6.
        let is_canonical = address == address.to_canonical();
        if is_canonical && network.leading(address) == bits(address) {
            Ok(network)
        } else {
            Err(error())
        }
    }

    /// Whether this machine is one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
            && self.leading(address) == self.leading(self.address)
    }

    fn leading(&self, address: IpAddr) -> u128 {
        let rest = width(address) - self.prefix;
        bits(address).checked_shr(rest).and_then(|leading| leading.checked_shl(rest)).unwrap_or(0)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => u32::BITS,
        IpAddr::V6(_) => u128::BITS,
    }
}

#[cfg(test)]
mod tests {
    use super::Proxies;

    fn contains(proxies: &str, address: &str) -> bool {
        let proxies = Proxies::parse(proxies).expect("proxies");
        proxies.contain(address.parse().expect("an address"))
    }

    #[test]
    fn a_network_holds_its_machines_and_nobody_else() {
        assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("10.0.0.4/30", "10.0.0.7") && !contains("10.0.0.4/30", "10.0.0.8"));
        assert!(contains("10.0.0.7", "10.0.0.7") && !contains("10.0.0.7", "10.0.0.6"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("::ffff:10.0.0.7", "10.0.0.7"));
    }

    #[test]
    fn all_of_one_kind_of_address_are_none_of_the_other() {
        assert!(contains("0.0.0.0/0", "203.0.113.9") && !contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1") && !contains("::/0", "203.0.113.9"));
    }

    #[test]
    fn what_is_mistyped_is_refused() {
        for bad in [
            "",
            "proxy",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.7/8",
            "10.0.0.0/8/8",
            "2001:db8::/129",
            "2001:db8::1/64",
            "::ffff:10.0.0.0/104",
            "/8",
        ] {
            assert!(Proxies::parse(bad).is_err(), "{bad:?}");
        }
    }
}
