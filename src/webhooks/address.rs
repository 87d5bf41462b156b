//! Which addresses may be called: a server that calls what merchants tell it to must not be led into its own network.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use url::{Host, Url};

use crate::types::is_public;

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

#[cfg(test)]
mod tests {
    use super::*;

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
