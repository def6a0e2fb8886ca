//! Three scripted providers, ten messages a second, an hour and a half. The best provider dies, comes back, gets slow,
//! and at last says that it delivers and delivers nothing. Ranking and breaker see what a worker sees, and nothing else.
//!
//! The series is drawn into `docs/images/ranking.svg`. `PINFOLD_WRITE=1 cargo test -p pinfold-core --test simulation`
//! draws it again; without that, the test fails when the picture is not what the code does.

mod plot;

use std::collections::VecDeque;

use pinfold_core::breaker::{Breaker, Sign};
use pinfold_core::channel::Channel;
use pinfold_core::id::ConnectionId;
use pinfold_core::price::{Currency, Price};
use pinfold_core::ranking::{Leader, Observation, Rules, Table, rank};
use pinfold_core::route::{Leg, Route, Strategy, pick};

const MINUTES: usize = 90;
const PER_SECOND: u64 = 10;
/// How long a person takes to type the PIN.
const TYPING_MS: u64 = 20_000;
/// Messages younger than that are not counted yet.
const RIPE_MS: u64 = 60_000;
const WINDOW_MS: u64 = 1_800_000;
const REFRESH_MS: u64 = 3_000;
const LEGS: usize = 3;

/// What happens to the best provider, and in which minutes.
const PHASES: [(&str, std::ops::Range<u64>); 3] = [("dies", 8..18), ("gets slow", 26..34), ("delivers nothing", 62..74)];

/// A provider in one moment.
struct Provider {
    is_dead: bool,
    latency_ms: u64,
    /// How many of its messages arrive in time to be typed.
    arrive: f64,
}

fn provider(leg: usize, now_ms: u64) -> Provider {
    let usual = [(300, 0.91), (450, 0.80), (700, 0.70)][leg];
    let phase = PHASES.iter().find(|(_, minutes)| leg == 0 && minutes.contains(&(now_ms / 60_000))).map(|(name, _)| *name);
    let (latency_ms, arrive) = if phase == Some("gets slow") { (7_000, 0.45) } else { usual };
    Provider { is_dead: phase == Some("dies"), latency_ms, arrive: if phase == Some("delivers nothing") { 0.0 } else { arrive } }
}

/// Numbers that look random and are the same everywhere.
struct Chance(u64);

impl Chance {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }
}

/// An attempt, as it is recorded.
struct Attempt {
    leg: usize,
    at_ms: u64,
    latency_ms: u64,
    is_accepted: bool,
    is_verified: bool,
}

/// What the system of record knows.
#[derive(Default)]
struct Recorded {
    /// Too young to be counted.
    young: VecDeque<Attempt>,
    /// Counted by half minutes.
    old: VecDeque<(u64, Observation)>,
}

impl Recorded {
    fn count(&mut self, attempt: &Attempt) {
        let start_ms = attempt.at_ms - attempt.at_ms % 30_000;
        let connection = connection(attempt.leg);
        let place = self.old.iter().rposition(|(at_ms, seen)| *at_ms == start_ms && seen.connection == connection);
        let place = place.unwrap_or_else(|| {
            let none = Observation {
                channel: Channel::Sms,
                connection,
                region: None,
                age_ms: 0,
                sends: 0,
                verified: 0,
                latency_sum_ms: 0.0,
                accepted: 0,
            };
            self.old.push_back((start_ms, none));
            self.old.len() - 1
        });
        let seen = &mut self.old[place].1;
        seen.sends += 1;
        seen.verified += u32::from(attempt.is_verified);
        if attempt.is_accepted {
            seen.accepted += 1;
            seen.latency_sum_ms += attempt.latency_ms as f64;
        }
    }

    fn add(&mut self, attempt: Attempt) {
        if attempt.is_accepted {
            self.young.push_back(attempt);
        } else {
            self.count(&attempt);
        }
    }

    fn table(&mut self, now_ms: u64, rules: &Rules) -> Table {
        while self.young.front().is_some_and(|attempt| attempt.at_ms + RIPE_MS <= now_ms) {
            let Some(ripe) = self.young.pop_front() else { break };
            self.count(&ripe);
        }
        self.old.retain(|(at_ms, _)| at_ms + WINDOW_MS >= now_ms);
        let aged = |(at_ms, seen): &(u64, Observation)| Observation { age_ms: now_ms - at_ms, ..seen.clone() };
        Table::new(&self.old.iter().map(aged).collect::<Vec<_>>(), rules)
    }
}

/// What came of the messages of one minute.
#[derive(Debug, Clone, Copy, Default)]
struct Minute {
    messages: u32,
    verified: u32,
    calls: u32,
    by_leg: [u32; LEGS],
}

impl Minute {
    fn conversion(&self) -> f64 {
        f64::from(self.verified) / f64::from(self.messages.max(1))
    }
}

fn connection(leg: usize) -> ConnectionId {
    ConnectionId::from_bytes([leg as u8 + 1; 16])
}

fn route(strategy: Strategy) -> Route {
    let price = |micros| Some(Price { micros, currency: Currency::EUR });
    let legs = [60_000, 55_000, 50_000].into_iter().enumerate();
    let legs = legs.map(|(leg, micros)| Leg { price: price(micros), ..Leg::to(connection(leg)) }).collect();
    Route { strategy, legs, ..Route::single(Channel::Sms, connection(0)) }
}

fn simulate(strategy: Strategy, seed: u64) -> Vec<Minute> {
    let (route, rules, mut chance) = (route(strategy), Rules::default(), Chance(seed));
    let mut breakers: Vec<Breaker> = (0..LEGS).map(|_| Breaker::new(0)).collect();
    let (mut recorded, mut leader, mut known) = (Recorded::default(), None::<Leader>, Table::default());
    let mut minutes = vec![Minute::default(); MINUTES];
    let mut now_ms = 0;
    while now_ms < MINUTES as u64 * 60_000 {
        if now_ms.is_multiple_of(REFRESH_MS) {
            known = recorded.table(now_ms, &rules);
        }
        let minute = &mut minutes[(now_ms / 60_000) as usize];
        minute.messages += 1;
        let mut tried = [false; LEGS];
        loop {
            let is_usable = |leg: usize| !tried[leg] && breakers[leg].is_open_for(now_ms);
            let leg = if strategy == Strategy::Ranked {
                let scores = known.scores(&route, None, &rules);
                let fraction = if tried.contains(&true) { 1.0 } else { chance.fraction() };
                let chosen = rank(&route, &scores, is_usable, leader, now_ms, fraction, &rules);
                chosen.map(|ranked| {
                    leader = ranked.leader;
                    ranked.leg
                })
            } else {
                pick(&route, is_usable, 0.0).map(|(leg, _)| leg)
            };
            let Some(leg) = leg else { break };
            tried[leg] = true;
            minute.calls += 1;
            let pass = breakers[leg].enter(now_ms).expect("it can be used");
            let Provider { is_dead, latency_ms, arrive } = provider(leg, now_ms);
            breakers[leg].leave(pass, if is_dead { Sign::Bad } else { Sign::Good }, now_ms);
            let is_verified = !is_dead && chance.fraction() < arrive;
            recorded.add(Attempt { leg, at_ms: now_ms, latency_ms, is_accepted: !is_dead, is_verified });
            if !is_dead {
                minute.by_leg[leg] += 1;
                minute.verified += u32::from(is_verified);
                break;
            }
        }
        now_ms += 1_000 / PER_SECOND;
    }
    const { assert!(TYPING_MS < RIPE_MS, "a PIN is verified before its message is counted") };
    minutes
}

fn mean(minutes: &[Minute]) -> f64 {
    minutes.iter().map(Minute::conversion).sum::<f64>() / minutes.len() as f64
}

#[test]
fn conversion_recovers_whatever_the_best_provider_does() {
    let (ranked, ordered) = (simulate(Strategy::Ranked, 7), simulate(Strategy::Ordered, 7));
    // What the second best gives is what one may hope for.
    for (name, minutes) in &PHASES {
        let (start, end) = (minutes.start as usize, minutes.end as usize);
        let settled = mean(&ranked[start + 5..end]);
        assert!(settled > 0.73, "the best one {name}: {settled}");
    }
    assert!(mean(&ranked[..8]) > 0.82, "the best one leads in peace: {}", mean(&ranked[..8]));
    assert!(mean(&ranked[52..62]) > 0.85, "and again when it is well: {}", mean(&ranked[52..62]));
    let silent = 66..74;
    assert!(mean(&ordered[silent.clone()]) < 0.01, "an order never notices silence");
    assert!(mean(&ranked[silent]) > 0.70);
}

#[test]
fn a_dead_provider_costs_few_calls() {
    for minute in &simulate(Strategy::Ranked, 7)[8..18] {
        assert_eq!(minute.by_leg.iter().sum::<u32>(), minute.messages, "every message finds a way");
        assert!(f64::from(minute.calls) <= 1.2 * f64::from(minute.messages), "{minute:?}");
    }
}

#[test]
fn it_holds_for_any_chance() {
    for seed in 1..6 {
        let ranked = simulate(Strategy::Ranked, seed);
        assert!(mean(&ranked) > 0.77, "seed {seed}: {}", mean(&ranked));
    }
}

#[test]
fn the_picture_in_the_documents_is_what_the_code_does() {
    let (ranked, ordered) = (simulate(Strategy::Ranked, 7), simulate(Strategy::Ordered, 7));
    let drawn = plot::draw(&ranked, &ordered);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/images/ranking.svg");
    if std::env::var_os("PINFOLD_WRITE").is_some() {
        std::fs::write(path, &drawn).expect("the picture can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == drawn, "PINFOLD_WRITE=1 cargo test -p pinfold-core --test simulation draws it again");
}
