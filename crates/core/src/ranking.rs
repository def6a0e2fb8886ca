//! Which leg of a ranked route does best: by verified PINs per message, price and time, over what happened lately. Pure;
//! the choice comes with everything it was made of.
//!
//! What happened counts half as much after each half-life. A leg that little is known of is taken to be like its
//! connection elsewhere, and that to be like all legs together (a Beta prior), so that neither one lucky nor one unlucky
//! message decides. The leader stays until another is better by a margin and a while has passed; only a leader that broke
//! down is replaced at once. A small share of messages goes to the others, to learn how they do.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::id::ConnectionId;
use crate::region::Region;
use crate::route::{Because, Mix, Route};

/// What was seen of one connection in some span of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The channel.
    pub channel: Channel,
    /// The connection.
    pub connection: ConnectionId,
    /// The country; none for mails, and for numbers of no country.
    pub region: Option<Region>,
    /// How long ago.
    pub age_ms: u64,
    /// Messages handed over long enough ago to have been verified, and those that failed.
    pub sends: u32,
    /// How many of them led to a verified PIN.
    pub verified: u32,
    /// The time that accepted messages took, in milliseconds, all together.
    pub latency_sum_ms: f64,
    /// How many accepted messages that were.
    pub accepted: u32,
}

/// How ranking behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// After that time, what happened counts half.
    pub half_life_ms: u64,
    /// How many messages' worth the assumption about an unknown leg has.
    pub prior: f64,
    /// The share of messages that goes to each of the others.
    pub exploration: f64,
    /// How much better another must be to take the lead.
    pub margin: f64,
    /// How long a leader stays at least.
    pub cooldown_ms: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { half_life_ms: 180_000, prior: 20.0, exploration: 0.05, margin: 0.03, cooldown_ms: 60_000 }
    }
}

/// What is assumed of verified PINs per message when nothing at all is known, with the weight of a few messages.
const ASSUMED: (f64, f64) = (0.7, 5.0);
/// A leader that does not reach that part of the best one broke down.
const BROKEN: f64 = 0.6;
/// One that does not reach that part of the leader is tried more rarely, by this factor.
const HOPELESS: (f64, f64) = (0.5, 0.2);
/// An answer that takes that long is worth half of an immediate one.
const SLOW_MS: f64 = 2_000.0;

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    sends: f64,
    verified: f64,
    latency_sum_ms: f64,
    accepted: f64,
}

impl Tally {
    fn add(&mut self, seen: &Observation, weight: f64) {
        self.sends += weight * f64::from(seen.sends);
        self.verified += weight * f64::from(seen.verified);
        self.latency_sum_ms += weight * seen.latency_sum_ms;
        self.accepted += weight * f64::from(seen.accepted);
    }

    /// Verified per message, drawn towards `assumed` as by `weight` messages.
    fn conversion(&self, assumed: f64, weight: f64) -> f64 {
        (self.verified + assumed * weight) / (self.sends + weight)
    }

    fn latency_ms(&self) -> Option<f64> {
        (self.accepted > 0.5).then(|| self.latency_sum_ms / self.accepted)
    }
}

/// What is known of a tenant's connections.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// By country, and with none for everywhere.
    tallies: HashMap<(Channel, ConnectionId, Option<Region>), Tally>,
}

impl Table {
    /// The table of what was seen.
    #[must_use]
    pub fn new(seen: &[Observation], rules: &Rules) -> Self {
        let mut tallies: HashMap<_, Tally> = HashMap::new();
        for one in seen {
            let weight = 0.5_f64.powf(one.age_ms as f64 / rules.half_life_ms.max(1) as f64);
            tallies.entry((one.channel, one.connection, None)).or_default().add(one, weight);
            if one.region.is_some() {
                tallies.entry((one.channel, one.connection, one.region)).or_default().add(one, weight);
            }
        }
        Self { tallies }
    }

    fn tally(&self, channel: Channel, connection: ConnectionId, region: Option<Region>) -> Tally {
        self.tallies.get(&(channel, connection, region)).copied().unwrap_or_default()
    }

    /// How each leg of a route does for a country.
    #[must_use]
    pub fn scores(&self, route: &Route, region: Option<Region>, rules: &Rules) -> Vec<Score> {
        let everywhere: Vec<Tally> = route.legs.iter().map(|leg| self.tally(route.channel, leg.connection, None)).collect();
        let (sends, verified) = everywhere.iter().fold((0.0, 0.0), |sum, leg| (sum.0 + leg.sends, sum.1 + leg.verified));
        let together = (verified + ASSUMED.0 * ASSUMED.1) / (sends + ASSUMED.1);
        let tallies: Vec<(Tally, f64)> = route
            .legs
            .iter()
            .zip(everywhere)
            .map(|(leg, everywhere)| {
                let assumed = everywhere.conversion(together, rules.prior);
                match region {
                    None => (everywhere, assumed),
                    Some(_) => {
                        let here = self.tally(route.channel, leg.connection, region);
                        (here, here.conversion(assumed, rules.prior))
                    }
                }
            })
            .collect();
        let known: Vec<f64> = tallies.iter().filter_map(|(tally, _)| tally.latency_ms()).collect();
        let usual_ms = if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
        let cheapest = route.legs.iter().filter_map(|leg| leg.price.as_ref()).map(|price| price.micros).min();
        let scored = route.legs.iter().zip(tallies).map(|(leg, (tally, conversion))| {
            let latency_ms = tally.latency_ms();
            let quick = SLOW_MS / (SLOW_MS + latency_ms.unwrap_or(usual_ms));
            let cheap = match (leg.price.as_ref(), cheapest) {
                (Some(price), Some(cheapest)) if price.micros > 0 => cheapest as f64 / price.micros as f64,
                _ => 1.0,
            };
            Score { value: weigh(route.mix, conversion, cheap, quick), conversion, sends: tally.sends, latency_ms, cheap }
        });
        scored.collect()
    }
}

fn weigh(mix: Mix, conversion: f64, cheap: f64, quick: f64) -> f64 {
    let weights = [mix.conversion, mix.cost, mix.latency].map(f64::from);
    let whole: f64 = weights.iter().sum();
    if whole <= 0.0 {
        return conversion;
    }
    (weights[0] * conversion + weights[1] * cheap + weights[2] * quick) / whole
}

/// How a leg does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The whole, between 0 and 1.
    pub value: f64,
    /// Verified PINs per message, with what is assumed.
    pub conversion: f64,
    /// How many messages that rests on; older ones count less.
    pub sends: f64,
    /// The time to the provider's answer.
    pub latency_ms: Option<f64>,
    /// The lowest price of the legs in proportion to this one's.
    pub cheap: f64,
}

/// The leg that leads, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// Its connection.
    pub connection: ConnectionId,
    /// Since when it leads.
    pub since_ms: u64,
}

/// A ranked choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    /// The leg.
    pub leg: usize,
    /// Why.
    pub because: Because,
    /// Who leads from now on.
    pub leader: Option<Leader>,
}

/// Chooses among the legs that `is_usable`; `fraction` is in `[0, 1)`.
pub fn rank(
    route: &Route,
    scores: &[Score],
    is_usable: impl Fn(usize) -> bool,
    leader: Option<Leader>,
    now_ms: u64,
    fraction: f64,
    rules: &Rules,
) -> Option<Ranked> {
    let value = |leg: usize| scores[leg].value;
    let best = (0..scores.len()).filter(|leg| is_usable(*leg)).reduce(|a, b| if value(b) > value(a) { b } else { a })?;
    let place = |leader: Leader| route.legs.iter().position(|leg| leg.connection == leader.connection);
    let held = leader.and_then(|leader| Some((leader, place(leader)?)));
    let (leg, because, leader) = match held {
        Some((leader, leg)) if !is_usable(leg) => {
            return Some(Ranked { leg: best, because: Because::LeaderUnavailable, leader: Some(leader) });
        }
        Some((leader, leg)) => {
            let is_settled = now_ms >= leader.since_ms + rules.cooldown_ms;
            let is_better = value(best) > value(leg) + rules.margin && is_settled;
            if is_better || value(leg) < BROKEN * value(best) {
                (best, Because::NewLeader, Leader { connection: route.legs[best].connection, since_ms: now_ms })
            } else {
                (leg, Because::Leader, leader)
            }
        }
        None => (best, Because::NewLeader, Leader { connection: route.legs[best].connection, since_ms: now_ms }),
    };
    let mut upto = 0.0;
    for other in (0..scores.len()).filter(|other| *other != leg && is_usable(*other)) {
        let is_hopeless = value(other) < HOPELESS.0 * value(leg);
        upto += rules.exploration * if is_hopeless { HOPELESS.1 } else { 1.0 };
        if fraction < upto {
            return Some(Ranked { leg: other, because: Because::Exploration, leader: Some(leader) });
        }
    }
    Some(Ranked { leg, because, leader: Some(leader) })
}

#[cfg(test)]
mod tests;
