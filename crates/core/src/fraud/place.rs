//! What sends are counted by: the places that a send belongs to.

use std::net::IpAddr;

use super::{Finding, Hit, Rule, Rules};
use crate::keys::TenantKeys;
use crate::phone::Phone;
use crate::region::Region;

/// The digits at a number's end that are no part of its prefix.
const TAIL: usize = 4;
const TAILS: u32 = 10_000;

/// What kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    /// An end user's address.
    Ip,
    /// A value of a key of the caller's own.
    Key,
    /// The numbers of one prefix.
    Prefix,
    /// A country.
    Country,
}

impl PlaceKind {
    /// The letter that the place's name begins with in hot state.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Ip => b'i',
            Self::Key => b'k',
            Self::Prefix => b'p',
            Self::Country => b'c',
        }
    }
}

/// A place, with what the rules say of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its kind.
    pub kind: PlaceKind,
    /// Its name in hot state: the letter, then country, digits or a keyed hash.
    pub name: Vec<u8>,
    /// The most sends within an hour.
    pub per_hour: Option<u32>,
    /// From so many sends on conversion counts; 0 for never.
    pub sends: u32,
    /// The share of verified ones, in percent.
    pub percent: u8,
    /// From so many numbers next to one another on it is a sequence; 0 for never.
    pub run: u8,
    /// The last digits of the number, moved by a secret of the prefix: neighbours stay neighbours, and what is kept names nobody.
    pub tail: u16,
}

impl Place {
    /// What it is called before people.
    #[must_use]
    pub fn about(&self) -> String {
        about(&self.name)
    }

    /// What a hit at this place says.
    #[must_use]
    pub fn finding(&self, hit: &Hit) -> Finding {
        let (threshold, percent) = match hit.rule {
            Rule::Velocity => (self.per_hour, None),
            Rule::Sequence => (Some(self.run.into()), Some(self.percent)),
            _ => (Some(self.sends), Some(self.percent)),
        };
        Finding {
            rule: hit.rule,
            about: self.about(),
            sends: Some(hit.sends),
            verified: Some(hit.verified),
            threshold,
            percent,
            until_ms: (hit.until_ms > 0).then_some(hit.until_ms),
        }
    }
}

/// What a place is called before people, by its name in hot state.
#[must_use]
pub fn about(name: &[u8]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match name.split_first() {
        Some((b'c', region)) => format!("country {}", text(region)),
        Some((b'p', digits)) => format!("prefix {}", text(digits)),
        Some((b'i', _)) => "ip".to_owned(),
        _ => "key".to_owned(),
    }
}

/// The places of a send, in the order in which they are judged.
#[must_use]
pub fn places(
    rules: &Rules,
    keys: &TenantKeys,
    phone: &Phone,
    region: Option<Region>,
    address: Option<IpAddr>,
    key: Option<&str>,
) -> Vec<Place> {
    let mut places = Vec::with_capacity(4);
    let plain = |kind: PlaceKind, name: &[u8], per_hour| Place {
        kind,
        name: [&[kind.letter()], name].concat(),
        per_hour,
        sends: 0,
        percent: 0,
        run: 0,
        tail: 0,
    };
    if let (Some(address), limit @ Some(_)) = (address, rules.per_hour.ip) {
        // Whoever has one IPv6 address has the 2^64 beside it.
        let hash = match address.to_canonical() {
            IpAddr::V4(address) => keys.keyed_hash("fraud ip", &[&address.octets()]),
            IpAddr::V6(address) => keys.keyed_hash("fraud ip", &[&address.octets()[..8]]),
        };
        places.push(plain(PlaceKind::Ip, &hash[..8], limit));
    }
    if let (Some(key), limit @ Some(_)) = (key, rules.per_hour.key) {
        places.push(plain(PlaceKind::Key, &keys.keyed_hash("fraud key", &[key.as_bytes()])[..8], limit));
    }
    let digits = phone.digits();
    let (prefix, tail) = digits.split_at(digits.len().saturating_sub(TAIL));
    let secret = keys.keyed_hash("fraud tail", &[prefix.as_bytes()]);
    let moved = u32::from(u16::from_be_bytes([secret[0], secret[1]])) + tail.parse::<u32>().unwrap_or(0);
    places.push(Place {
        sends: rules.pumping.sends,
        percent: rules.pumping.percent,
        run: rules.pumping.run,
        tail: (moved % TAILS) as u16,
        ..plain(PlaceKind::Prefix, prefix.as_bytes(), rules.per_hour.prefix)
    });
    let name = region.as_ref().map_or("none", Region::as_str);
    places.push(Place {
        sends: rules.conversion.sends,
        percent: rules.conversion.percent,
        ..plain(PlaceKind::Country, name.as_bytes(), rules.per_hour.country)
    });
    places
}

impl PlaceKind {
    /// Whether it matters for the place how many were verified.
    #[must_use]
    pub const fn is_converted(self) -> bool {
        matches!(self, Self::Prefix | Self::Country)
    }
}
