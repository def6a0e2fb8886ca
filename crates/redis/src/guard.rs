//! The fraud guard's side of the hot state: the places that a send is counted by, as the scripts read them; verified ones; blocks.

use pinfold_core::fraud::{Hit, Mode, Place, Rule, about};
use pinfold_core::id::TenantId;
use pinfold_core::span::DAY_MS;

use crate::function::Packed;
use crate::keys::TenantKeyNames;
use crate::late_events::Count;
use crate::record::time;
use crate::{Error, Hot};

/// The bit that says that the last key and the last argument before the caps are the guard's.
pub(crate) const BIT: u8 = 64;
/// The length of a hit in an answer.
const HIT: usize = 16;

/// What the guard judges a send by.
#[derive(Debug, Clone, Copy)]
pub struct Guarded<'a> {
    /// Whether it records or blocks.
    pub mode: Mode,
    /// The places of the send, at most a few.
    pub places: &'a [Place],
}

/// What the guard found: the place in the order given, and why.
pub type Found = Option<(usize, Hit)>;

/// A place that is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its name in hot state.
    pub name: Vec<u8>,
    /// Since when, in milliseconds.
    pub since_ms: u64,
    /// Until when.
    pub until_ms: u64,
    /// How often it was blocked in a row.
    pub strikes: u8,
    /// Why.
    pub hit: Hit,
}

impl Block {
    /// What it is called before people.
    #[must_use]
    pub fn about(&self) -> String {
        about(&self.name)
    }

    fn read(name: Vec<u8>, value: &[u8]) -> Option<Self> {
        let (until_ms, since_ms) = (time(value)?, time(value.get(6..)?)?);
        let [strikes, rule, figures @ ..] = value.get(12..)? else { return None };
        let hit = Hit { rule: rule_of(*rule)?, sends: count(figures)?, verified: count(figures.get(4..)?)?, until_ms };
        Some(Self { name, since_ms, until_ms, strikes: *strikes, hit })
    }
}

/// The key without its day, and the argument; nothing where nothing is counted.
pub(crate) fn given(names: &TenantKeyNames, guarded: &Guarded<'_>) -> Option<(String, Vec<u8>)> {
    let mode = match guarded.mode {
        Mode::Off => return None,
        Mode::Record => 1,
        Mode::Block => 2,
    };
    if guarded.places.is_empty() {
        return None;
    }
    let mut given = Vec::with_capacity(1 + 40 * guarded.places.len());
    given.push(mode);
    for place in guarded.places {
        let (limit, run) = (place.per_hour.unwrap_or(0), if place.sends > 0 { place.run } else { 0 });
        let rules = Packed::default().u8(run).u32(limit).u32(place.sends).u8(place.percent);
        given.extend(mark(rules.bytes()).to_be_bytes());
        given.extend(place.tail.to_be_bytes());
        given.extend(rules.bytes());
        given.push(place.name.len() as u8);
        given.extend(&place.name);
    }
    Some((names.guard(), given))
}

/// What tells rules from others (FNV-1a): what the script knows of a place by other rules does not count. It takes 27 bits beside the minute.
fn mark(rules: &[u8]) -> u32 {
    rules.iter().fold(0x811c_9dc5_u32, |mark, byte| (mark ^ u32::from(*byte)).wrapping_mul(0x0100_0193)) >> 5
}

/// Reads a hit at the end of an answer; nothing of it is no hit.
pub(crate) fn hit(answer: &[u8]) -> Result<Found, Error> {
    if answer.is_empty() {
        return Ok(None);
    }
    let read = || {
        let bytes: &[u8; HIT] = answer.first_chunk()?;
        let hit = Hit {
            rule: rule_of(bytes[0])?,
            sends: count(&bytes[2..])?,
            verified: count(&bytes[6..])?,
            until_ms: time(&bytes[10..])?,
        };
        Some((usize::from(bytes[1]), hit))
    };
    read().map(Some).ok_or(Error::Foreign)
}

fn rule_of(code: u8) -> Option<Rule> {
    Rule::ALL.get(usize::from(code)).copied()
}

fn count(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

impl Hot {
    /// Counts a PIN that was verified at `now_ms` for these places, soon: it goes with the events of guesses.
    pub fn count_verified<'a>(&self, tenant: TenantId, places: impl IntoIterator<Item = &'a [u8]>, now_ms: u64) {
        let names = self.names(tenant);
        let key = format!("{}{}", names.guard(), now_ms / DAY_MS);
        let fields = places.into_iter().map(|place| [b"v", place].concat()).collect();
        self.count_later(names.partition, Count { key, fields });
    }

    /// The places of a tenant that are blocked now, those that end last first.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn blocks(&self, tenant: TenantId) -> Result<Vec<Block>, Error> {
        let key = format!("{}blocks", self.names(tenant).guard());
        let all: Vec<(Vec<u8>, Vec<u8>)> = redis::cmd("HGETALL").arg(&key).query_async(&mut self.link()).await?;
        let now_ms = self.guard_clock().await?;
        let mut over = Vec::new();
        let mut blocks = Vec::new();
        for (name, value) in all {
            match Block::read(name.clone(), &value) {
                Some(block) if block.until_ms > now_ms => blocks.push(block),
                _ => over.push(name),
            }
        }
        if !over.is_empty() {
            redis::cmd("HDEL").arg(&key).arg(over).query_async::<()>(&mut self.link()).await?;
        }
        blocks.sort_by(|one, other| other.until_ms.cmp(&one.until_ms).then_with(|| one.name.cmp(&other.name)));
        Ok(blocks)
    }

    /// Ends the block of a place and forgets what led to it; `false` when it is not blocked.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn unblock(&self, tenant: TenantId, name: &[u8]) -> Result<bool, Error> {
        let prefix = self.names(tenant).guard();
        let day = self.guard_clock().await? / DAY_MS;
        let mut pipeline = redis::pipe();
        pipeline.atomic().cmd("HDEL").arg(format!("{prefix}blocks")).arg(name);
        for day in [day, day.saturating_sub(1)] {
            pipeline.cmd("HDEL").arg(format!("{prefix}{day}")).arg(name).ignore();
        }
        let (removed,): (u64,) = pipeline.query_async(&mut self.link()).await?;
        Ok(removed > 0)
    }

    /// The time: given by tests, else Redis' own.
    async fn guard_clock(&self) -> Result<u64, Error> {
        if self.clock_ms > 0 { Ok(self.clock_ms) } else { self.now_ms().await }
    }
}
