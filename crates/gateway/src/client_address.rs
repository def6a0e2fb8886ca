//! Where a request comes from: the connection's other end, unless that is a trusted proxy. What a proxy says is read
//! from the right, each entry believed only because the one to its right is trusted; what clients write stays left.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{self, HeaderMap, HeaderName};

use crate::settings::{ForwardedHeader, Settings};

/// The address of the client behind `peer`. An IPv4 address written as IPv6 is that IPv4 address.
pub(crate) fn client_address(settings: &Settings, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut address = peer.to_canonical();
    let is_trusted = |address| settings.trusted_proxies.iter().any(|proxy| proxy.contains(address));
    if !is_trusted(address) {
        return address;
    }
    let is_given = headers.contains_key(header::X_FORWARDED_FOR);
    let hops = match settings.forwarded_header {
        ForwardedHeader::XForwardedFor if is_given => hops(headers, &header::X_FORWARDED_FOR, node),
        _ => hops(headers, &header::FORWARDED, forwarded_for),
    };
    for hop in hops.into_iter().rev() {
        // Nobody vouches for what is left of an entry that cannot be read.
        let Some(hop) = hop else { break };
        address = hop;
        if !is_trusted(address) {
            break;
        }
    }
    address
}

type Hops = Vec<Option<IpAddr>>;

/// The entries of a header that may come in several lines, left to right.
fn hops(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<IpAddr>) -> Hops {
    let lines = headers.get_all(name).map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(read).collect()
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    node(value.trim().trim_matches('"'))
}

/// An address with or without a port, IPv6 with or without brackets.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[track_caller]
    fn assert_client(peer: &str, lines: &[(&str, &str)], expected: &str) {
        let settings = |forwarded_header| Settings {
            trusted_proxies: ["10.0.0.0/8", "2001:db8::/32"].map(|proxy| proxy.parse().expect("a network")).to_vec(),
            forwarded_header,
            ..Settings::default()
        };
        let mut request = TestRequest::default();
        for line in lines {
            request = request.append_header(*line);
        }
        let request = request.to_http_request();
        let header = if lines.iter().any(|(name, _)| *name == "x-forwarded-for") {
            ForwardedHeader::XForwardedFor
        } else {
            ForwardedHeader::Forwarded
        };
        let found = client_address(&settings(header), peer.parse().expect("an address"), request.headers());
        assert_eq!(found.to_string(), expected, "{lines:?}");
    }

    #[test]
    fn without_a_trusted_proxy_no_header_changes_anything() {
        let lines = [
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=203.0.113.9"),
            ("x-real-ip", "203.0.113.9"),
            ("true-client-ip", "203.0.113.9"),
            ("cf-connecting-ip", "203.0.113.9"),
        ];
        assert_client("198.51.100.1", &lines, "198.51.100.1");
        assert_client("::ffff:198.51.100.1", &lines, "198.51.100.1");
        assert_client("10.0.0.1", &lines[2..], "10.0.0.1");
    }

    #[test]
    fn entries_are_read_from_the_right() {
        assert_client("10.0.0.1", &[("x-forwarded-for", "203.0.113.9")], "203.0.113.9");
        assert_client("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.0.0.2")], "203.0.113.9");
        assert_client("::ffff:10.0.0.1", &[("x-forwarded-for", "1.1.1.1,::ffff:203.0.113.9")], "203.0.113.9");
        assert_client("10.0.0.1", &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9");
        assert_client("10.0.0.1", &[("x-forwarded-for", "203.0.113.9:4711")], "203.0.113.9");
        assert_client("10.0.0.1", &[("x-forwarded-for", "[2001:db9::1]:80, 2001:db8::7")], "2001:db9::1");
        assert_client("10.0.0.1", &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3");
    }

    #[test]
    fn nobody_vouches_for_what_is_left_of_rubbish() {
        for rubbish in ["1.1.1.1, unknown, 10.0.0.2", "1.1.1.1, , 10.0.0.2", "1.1.1.1, 10.0.0.256, 10.0.0.2"] {
            assert_client("10.0.0.1", &[("x-forwarded-for", rubbish)], "10.0.0.2");
        }
        assert_client("10.0.0.1", &[("x-forwarded-for", "")], "10.0.0.1");
    }

    #[test]
    fn the_standard_header_says_the_same() {
        let line = r#"for=1.1.1.1, For="[2001:db9::7]:4711";proto=https;by=10.0.0.9, for=10.0.0.2"#;
        assert_client("10.0.0.1", &[("forwarded", line)], "2001:db9::7");
        assert_client("10.0.0.1", &[("forwarded", "for=1.1.1.1, for=_hidden")], "10.0.0.1");
        // A quote that the client left open does not swallow what the proxy wrote.
        assert_client("10.0.0.1", &[("forwarded", r#"for="1.1.1.1, for=203.0.113.9"#)], "203.0.113.9");
    }

    #[test]
    fn the_header_that_the_proxy_writes_beats_one_that_it_only_passes_on() {
        let lines = [("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "203.0.113.9")];
        assert_client("10.0.0.1", &lines, "203.0.113.9");
    }
}
