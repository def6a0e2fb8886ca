//! Reads `--name value` pairs, so that four small programs need no argument parser.

use std::{env, str::FromStr};

use crate::Failure;

/// The pairs of the command line, in order.
pub struct Flags(Vec<(String, String)>);

impl Flags {
    /// Those of this process; a value without a name, or a name without a value, is refused.
    pub fn read() -> Result<Self, Failure> {
        let mut pairs = Vec::new();
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or_else(|| format!("expected --name, found {word}"))?;
            let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
            pairs.push((name.to_owned(), value));
        }
        Ok(Self(pairs))
    }

    /// Every value given under a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a flag that may be absent.
    pub fn maybe<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.all(name).last() else { return Ok(None) };
        let value = text.parse().map_err(|_| format!("--{name}: cannot read {text}"))?;
        Ok(Some(value))
    }

    /// The value of a flag that must be there.
    pub fn must<T: FromStr>(&self, name: &str) -> Result<T, Failure> {
        Ok(self.maybe(name)?.ok_or_else(|| format!("--{name} is missing"))?)
    }

    /// The value of a flag, or what stands in for it.
    pub fn or<T: FromStr>(&self, name: &str, default: T) -> Result<T, Failure> {
        Ok(self.maybe(name)?.unwrap_or(default))
    }
}
