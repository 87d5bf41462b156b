//! Networks of IP addresses: where a key may be used from, and which proxies are believed.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Some networks. An IPv4 address written as an IPv6 one, as sockets for both see it, is that IPv4 address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// Bits of `::ffff:0:0/96`, in which IPv4 addresses are written as IPv6 ones.
const MAPPED_PREFIX: u8 = 96;

impl Networks {
    /// Takes networks in CIDR notation, or single addresses.
    ///
    /// # Errors
    /// What each must be.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, &'static str> {
        texts.into_iter().map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an address is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each in CIDR notation.
    #[must_use]
    pub fn to_texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl TryFrom<Vec<String>> for Networks {
    type Error = &'static str;

    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        Self::parse(texts.iter().map(String::as_str))
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    const EXPECTED: &str = "must be networks such as 192.0.2.0/24 or 2001:db8::/32, or single addresses";
    let network: IpNet = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| EXPECTED)?;
    // 192.0.2.1/8 is a slip of the pen: nobody can tell which of the two was meant.
    if network.addr() != network.network() {
        return Err("must be networks without bits outside of the prefix, such as 192.0.2.0/24");
    }
    Ok(match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED_PREFIX)) {
        (IpAddr::V4(address), Some(prefix)) if network.addr().is_ipv6() => {
            Ipv4Net::new(address, prefix).map_err(|_| EXPECTED)?.into()
        }
        _ => network,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contain(networks: &str, address: &str) -> bool {
        let networks = Networks::parse(networks.split(' ')).expect(networks);
        networks.contain(address.parse().expect(address))
    }

    #[test]
    fn contain_what_their_prefixes_say() {
        for (networks, address, expected) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("10.0.0.0/8 2001:db8::/32", "2001:db8:1::1", true),
            ("10.0.0.0/8 2001:db8::/32", "2001:db9::1", false),
            ("0.0.0.0/0", "::1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("::/0", "192.0.2.1", false),
        ] {
            assert_eq!(contain(networks, address), expected, "{address} in {networks}");
        }
    }

    #[test]
    fn ipv4_addresses_are_the_same_however_they_are_written() {
        assert!(contain("192.0.2.0/24", "::ffff:192.0.2.1"));
        assert!(contain("::ffff:192.0.2.0/120", "192.0.2.1"));
        assert!(!contain("::ffff:192.0.2.0/120", "192.0.3.1"));
        assert!(contain("::ffff:192.0.2.1", "192.0.2.1"));
    }

    #[test]
    fn nothing_else_is_taken() {
        for wrong in ["", " ", "x", "192.0.2.0/33", "192.0.2.1/24", "192.0.2", "2001:db8::1/32", "192.0.2.0/24,"] {
            assert!(Networks::parse([wrong]).is_err(), "{wrong}");
        }
        let read = Networks::parse(["192.0.2.0/24", "192.0.2.7"]).expect("networks");
        assert_eq!(read.to_texts(), ["192.0.2.0/24", "192.0.2.7/32"]);
    }
}
