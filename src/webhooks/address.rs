//! Which addresses may be called: a server that calls what merchants tell it to must not be led into its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use url::{Host, Url};

/// Somewhere that must not be called.
#[derive(Debug, thiserror::Error)]
#[error("the address is not public")]
pub struct UnsafeAddress;

/// Checks that a URL leads to public addresses and nothing else.
///
/// # Errors
/// When it leads elsewhere, or nowhere.
pub async fn check(url: &Url) -> Result<(), UnsafeAddress> {
    let addresses: Vec<IpAddr> = match literal(url) {
        Some(address) => vec![address],
        None => {
            let host = url.host_str().ok_or(UnsafeAddress)?;
            look_up(host).await.map_err(|_| UnsafeAddress)?.iter().map(SocketAddr::ip).collect()
        }
    };
    match !addresses.is_empty() && addresses.into_iter().all(is_public) {
        true => Ok(()),
        false => Err(UnsafeAddress),
    }
}

/// How long finding the addresses of a name may take.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(5);

/// How many names are looked up at once. Each holds a thread, also when nobody waits for it any more.
static LOOK_UPS: Semaphore = Semaphore::const_new(32);

async fn look_up(host: &str) -> std::io::Result<Vec<SocketAddr>> {
    let host = host.to_owned();
    let found = tokio::spawn(async move {
        let _permit = LOOK_UPS.acquire().await;
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    });
    match tokio::time::timeout(LOOK_UP_LIMIT, found).await {
        Ok(found) => found?,
        Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
    }
}

/// The address that a URL has in place of a name.
pub fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Finds the addresses of a name for a call, and none but public ones: what a name led to before says nothing.
pub struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = look_up(name.as_str()).await?;
            if found.is_empty() || !found.iter().all(|address| is_public(address.ip())) {
                return Err(UnsafeAddress.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet: none that is private, of this machine or link (where clouds have
/// their metadata), shared, reserved, for documentation or for many.
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

    #[tokio::test]
    async fn urls_are_checked_by_what_they_lead_to() {
        for wrong in [
            "http://localhost/",
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
            "http://localhost./",
        ] {
            assert!(check(&Url::parse(wrong).expect(wrong)).await.is_err(), "{wrong}");
        }
        assert!(check(&Url::parse("https://1.1.1.1/").expect("a URL")).await.is_ok());
    }
}
