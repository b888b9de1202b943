//! Trusted proxies, by address or by network. `X-Forwarded-For` is read in `http/client_address.rs`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::error::ConfigError;

/// One proxy, or all machines of one network (RFC 4632 section 3.1, RFC 4291 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proxies(IpNet);

impl Proxies {
    /// Parses an address, or a network in CIDR notation.
    ///
    /// # Errors
    /// If it is neither, or if the network's address has bits beyond its prefix: then one of the two is mistyped.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::network(text.trim()).ok_or_else(|| {
            let remedy = "is neither an IP address nor a network: write 10.0.0.7 or 10.0.0.0/8, several separated by commas";
            ConfigError::new("--trusted-proxies", format!("{text:?} {remedy}"))
        })
    }

    /// The address is parsed by the standard library, which refuses leading zeros; ipnet's parser takes
    /// `010.0.0.0/8`.
    fn network(text: &str) -> Option<Self> {
        let Some((address, prefix)) = text.split_once('/') else {
            let address: IpAddr = text.parse().ok()?;
            return Some(Self(address.to_canonical().into()));
        };
        let address: IpAddr = address.parse().ok()?;
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|_| digits)?;
        let network = IpNet::new(address, prefix).ok()?;
        // Addresses are compared in their canonical form, where IPv4 is never written as IPv6.
        let is_canonical = address == address.to_canonical();
        (is_canonical && network == network.trunc()).then_some(Self(network))
    }

    /// Whether this machine is one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
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
    fn a_network_holds_its_own_addresses_and_no_other() {
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
            "010.0.0.0/8",
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
