//! What a tenant allows and blocks by name: numbers, prefixes of numbers, networks of end users.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::Facts;
use crate::access::Network;

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Nothing that is inferred holds it up.
    Allow,
    /// It is refused in every mode.
    Block,
}

impl Side {
    /// The name on the wire and in the system of record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
        }
    }

    /// The list of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Allow, Self::Block].into_iter().find(|side| side.name() == name)
    }
}

/// The digits that numbers begin with, from the country's code on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Prefix(String);

/// The text is no prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 15 digits, such as 4179")]
pub struct InvalidPrefix;

impl FromStr for Prefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPrefix> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_prefix = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_prefix && !digits.starts_with('0') { Ok(Self(digits.to_owned())) } else { Err(InvalidPrefix) }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an entry matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// A number, by its keyed hash.
    Number([u8; 16]),
    /// Numbers that begin so.
    Prefix(Prefix),
    /// End users of this network.
    Network(Network),
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which list.
    pub side: Side,
    /// What it matches.
    pub matcher: Matcher,
}

/// One list, ready to be asked.
#[derive(Debug, Clone, Default)]
struct List {
    numbers: HashSet<[u8; 16]>,
    prefixes: HashSet<String>,
    networks: Vec<Network>,
}

/// A tenant's lists.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    allow: List,
    block: List,
}

impl Lists {
    /// Whether nothing is on them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_empty = |list: &List| list.numbers.is_empty() && list.prefixes.is_empty() && list.networks.is_empty();
        is_empty(&self.allow) && is_empty(&self.block)
    }

    /// What an entry of this list matches of a send, as people read it.
    #[must_use]
    pub fn find(&self, side: Side, facts: &Facts<'_>) -> Option<String> {
        let list = match side {
            Side::Allow => &self.allow,
            Side::Block => &self.block,
        };
        if list.numbers.contains(facts.number) {
            return Some("number".to_owned());
        }
        if !list.prefixes.is_empty() {
            let digits = facts.phone.digits();
            let found = (1..=digits.len()).find(|length| list.prefixes.contains(&digits[..*length]));
            if let Some(length) = found {
                return Some(format!("prefix {}", &digits[..length]));
            }
        }
        let address = facts.address?;
        list.networks.iter().any(|network| network.contains(address)).then(|| "ip".to_owned())
    }
}

impl FromIterator<Entry> for Lists {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut lists = Self::default();
        for entry in entries {
            let list = match entry.side {
                Side::Allow => &mut lists.allow,
                Side::Block => &mut lists.block,
            };
            match entry.matcher {
                Matcher::Number(hash) => drop(list.numbers.insert(hash)),
                Matcher::Prefix(prefix) => drop(list.prefixes.insert(prefix.0)),
                Matcher::Network(network) => list.networks.push(network),
            }
        }
        lists
    }
}
