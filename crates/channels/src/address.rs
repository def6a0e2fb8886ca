//! Where outgoing connections may go. A tenant names hosts; none of them may lead into the operator's network.
//!
//! A name is resolved once and the very addresses that were checked are connected to, so a name that changes its mind
//! between check and connection gains nothing. Without the permission for private addresses, names whose every
//! address is refused fail before any packet is sent.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::Host;

/// Every address of the name is one that may not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host has no address that may be reached")]
pub struct Refused;

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// Whether private ones may be.
    pub allow_private: bool,
}

impl Addresses {
    /// Whether `ip` may be reached.
    #[must_use]
    pub fn permits(self, ip: IpAddr) -> bool {
        self.allow_private || is_public(ip)
    }

    /// Whether `host` may be asked for at all: not a refused address, and not a name of this machine.
    #[must_use]
    pub fn permits_host(self, host: &Host<&str>) -> bool {
        match host {
            Host::Ipv4(ip) => self.permits(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => self.permits(IpAddr::V6(*ip)),
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                self.allow_private || !(name == "localhost" || name.ends_with(".localhost"))
            }
        }
    }

    /// Whether `port` may be asked for: outside development no system service but those given.
    #[must_use]
    pub fn permits_port(self, port: u16, services: &[u16]) -> bool {
        port != 0 && (self.allow_private || port >= 1024 || services.contains(&port))
    }

    /// The addresses of a host that may be reached.
    ///
    /// # Errors
    /// [`Refused`] inside when there are only others; else what the resolver says.
    pub async fn resolve(self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
        if found.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let permitted: Vec<SocketAddr> = found.into_iter().filter(|address| self.permits(address.ip())).collect();
        if permitted.is_empty() { Err(io::Error::other(Refused)) } else { Ok(permitted) }
    }
}

/// Whether an address is one of the public Internet: not loopback, private, shared, link-local, metadata, multicast,
/// reserved or for documentation, neither plain nor inside a transition address.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    // The host services of one cloud answer at this address, which is public by its number only.
    const WIRE_SERVER: [u8; 4] = [168, 63, 129, 16];
    !matches!(
        ip.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | WIRE_SERVER
    )
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // IPv4 as such, and through NAT64, where a resolver makes it of every IPv4 address.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // Protocol assignments with Teredo, documentation, 6to4, documentation again.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Of the rest only global unicast.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses_are_not_public() {
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().expect(text)), "{text}");
        }
    }

    #[test]
    fn outer_addresses_are_public() {
        for text in
            ["1.1.1.1", "8.8.8.8", "100.63.0.1", "172.32.0.1", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"]
        {
            assert!(is_public(text.parse().expect(text)), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_resolves_to_nothing() {
        let refused = Addresses { allow_private: false }.resolve("localhost", 80).await.expect_err("loopback is private");
        assert!(crate::client::find::<Refused>(&refused).is_some());
        assert!(Addresses { allow_private: true }.resolve("localhost", 80).await.is_ok());
    }
}
