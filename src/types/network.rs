//! Networks of IP addresses: where a key may be used from, which proxies are believed, and what is of the public
//! internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

    /// Whether each of them lies in one of others.
    #[must_use]
    pub fn lie_in(&self, others: &Self) -> bool {
        self.0.iter().all(|network| others.0.iter().any(|other| other.contains(network)))
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

/// Whether an address is one of the public internet: none that is private, of this machine or link (where clouds have
/// their metadata), shared, reserved, for documentation or for many.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, private ones, and this machine.
        (0 | 10 | 127, ..) | (192, 168, _) | (172, 16..=31, _) => true,
        // Links, and what carriers share.
        (169, 254, _) | (100, 64..=127, _) => true,
        // Protocols, the old 6to4 relays, documentation and benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Many at once, and reserved.
        (224.., ..) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([one, two], [three, four]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(one, two, three, four))
    };
    match (a, b) {
        // Addresses of the other kind, written like this one: mapped, translated and 6to4.
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => embedded(g, h),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => embedded(g, h),
        (0x2002, _) => embedded(b, c),
        // Protocols with Teredo, documentation.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) => false,
        // What is given out is in here, and nothing else.
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
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
    fn lie_in_others_when_each_does() {
        for (networks, others, expected) in [
            ("192.0.2.0/25 198.51.100.7", "192.0.2.0/24 198.51.100.0/24", true),
            ("192.0.2.0/24", "192.0.2.0/24", true),
            ("192.0.2.0/23", "192.0.2.0/24", false),
            ("192.0.2.0/25 203.0.113.1", "192.0.2.0/24", false),
            ("::ffff:192.0.2.1", "192.0.2.0/24", true),
            ("192.0.2.1", "::/0", false),
        ] {
            let [one, other] = [networks, others].map(|texts| Networks::parse(texts.split(' ')).expect(texts));
            assert_eq!(one.lie_in(&other), expected, "{networks} in {others}");
        }
    }

    #[test]
    fn nothing_else_is_taken() {
        for wrong in ["", " ", "x", "192.0.2.0/33", "192.0.2.1/24", "192.0.2", "2001:db8::1/32", "192.0.2.0/24,"] {
            assert!(Networks::parse([wrong]).is_err(), "{wrong}");
        }
        let read = Networks::parse(["192.0.2.0/24", "192.0.2.7"]).expect("networks");
        assert_eq!(read.to_texts(), ["192.0.2.0/24", "192.0.2.7/32"]);
    }

    #[test]
    fn knows_public_addresses() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.167.1.1",
            "223.255.255.1",
            "198.20.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(special.parse().expect(special)), "{special}");
        }
    }
}
