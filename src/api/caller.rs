//! Where a request comes from: the address at the other end of its connection, or the one that a trusted proxy tells.

use std::net::{IpAddr, SocketAddr};

use axum::http::request::Parts;

use crate::types::Networks;

/// The address at the other end of the connection that a request came on; an extension of every request that came on
/// one.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub IpAddr);

/// The header that proxies add to: each the address that it was called from, at the right end.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the caller: the nearest one that is no trusted proxy. What others say of it is not believed. `None`
/// when it cannot be known: the request came on no connection, or a trusted proxy tells something that is no address.
#[must_use]
pub fn address(parts: &Parts, trusted_proxies: &Networks) -> Option<IpAddr> {
    let PeerAddress(peer) = parts.extensions.get().copied()?;
    let mut address = peer.to_canonical();
    let told = parts.headers.get_all(FORWARDED_FOR).iter().rev();
    // A header that is no text tells nothing that could be believed.
    for told in told.flat_map(|value| value.to_str().unwrap_or("unknown").rsplit(',')) {
        if !trusted_proxies.contain(address) {
            break;
        }
        address = told_address(told.trim())?;
    }
    Some(address)
}

/// An address as proxies write it: some add the port.
fn told_address(text: &str) -> Option<IpAddr> {
    let address = text.parse().or_else(|_| text.parse().map(|told: SocketAddr| told.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn seen(proxies: &[&str], peer: &str, headers: &[&str]) -> Option<String> {
        let mut request = Request::builder();
        for header in headers {
            request = request.header(FORWARDED_FOR, *header);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        parts.extensions.insert(PeerAddress(peer.parse().expect(peer)));
        let proxies = Networks::parse(proxies.iter().copied()).expect("networks");
        address(&parts, &proxies).map(|address| address.to_string())
    }

    #[test]
    fn nobody_is_believed_but_trusted_proxies() {
        assert_eq!(seen(&[], "192.0.2.1", &["198.51.100.7"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(seen(&["10.0.0.0/8"], "192.0.2.1", &["198.51.100.7"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &[]).as_deref(), Some("10.0.0.1"));
        assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &["198.51.100.7"]).as_deref(), Some("198.51.100.7"));
    }

    #[test]
    fn the_nearest_that_is_no_trusted_proxy_counts() {
        let proxies = ["10.0.0.0/8", "2001:db8::/32"];
        // What the caller itself wrote stands further left.
        let header = ["203.0.113.1, 198.51.100.7 ,10.0.0.2"];
        assert_eq!(seen(&proxies, "::ffff:10.0.0.1", &header).as_deref(), Some("198.51.100.7"));
        let headers = ["203.0.113.1", "198.51.100.7, 10.0.0.2", "2001:db8::5"];
        assert_eq!(seen(&proxies, "10.0.0.1", &headers).as_deref(), Some("198.51.100.7"));
        assert_eq!(seen(&proxies, "10.0.0.1", &["10.0.0.9,10.0.0.2"]).as_deref(), Some("10.0.0.9"));
        assert_eq!(seen(&proxies, "10.0.0.1", &["198.51.100.7:4711"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(seen(&proxies, "10.0.0.1", &["::ffff:198.51.100.7"]).as_deref(), Some("198.51.100.7"));
    }

    #[test]
    fn what_is_no_address_is_nobody() {
        for header in ["", "unknown", "198.51.100.7, _hidden", "198.51.100.7,", "198.51.100.7:x", "a\u{e9}"] {
            assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &[header]), None, "{header}");
        }
        let (parts, ()) = Request::new(()).into_parts();
        assert_eq!(address(&parts, &Networks::default()), None);
    }
}
