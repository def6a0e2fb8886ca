//! Which connection a message takes: of its route's legs one that can be used now, chosen as the route says, with the
//! reasons. Where there is one leg there is nothing to choose, and nothing is written down.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::connection::Connection;
use pinfold_core::decision::Decision;
use pinfold_core::entropy;
use pinfold_core::recipient::Recipient;
use pinfold_core::region::Region;
use pinfold_core::route::{Because, Block, Leg, MOST_LEGS, Route, Strategy, pick};
use pinfold_postgres::Snapshot;
use pinfold_redis::{Job, Pace};

use crate::lines::Call;
use crate::route::{self, SANDBOX};
use crate::worker::Worker;

/// How long a message waits when Redis cannot be asked for its turn.
const UNPACED: Duration = Duration::from_secs(1);

/// A way for a message.
pub(crate) struct Way<'a> {
    pub(crate) connection: &'a Arc<Connection>,
    /// None for the platform's own simulator.
    pub(crate) taken: Option<Taken<'a>>,
    /// Whether Redis was waited for meanwhile.
    pub(crate) has_waited: bool,
}

/// The tenant's leg that was taken.
pub(crate) struct Taken<'a> {
    pub(crate) route: &'a Route,
    pub(crate) leg: &'a Leg,
    pub(crate) call: Call,
    pub(crate) decision: Option<Decision>,
}

/// Why there is no way.
#[derive(Debug)]
pub(crate) enum NoWay {
    /// The configuration has none.
    Never(&'static str),
    /// There is none now.
    Yet { wait: Duration, reason: &'static str },
}

/// What else there is beside a leg that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Other {
    /// Another leg that can be used at once.
    Now,
    /// Another one, but not now.
    Later,
    /// None.
    None,
}

/// Chooses. Waits only for a turn at a connection whose rate is limited.
pub(crate) async fn choose<'a>(
    worker: &Worker,
    snapshot: &'a Snapshot,
    job: &Job,
    is_sandbox: bool,
    recipient: &Recipient,
    region: Option<Region>,
    now_ms: u64,
) -> Result<Way<'a>, NoWay> {
    if is_sandbox {
        return Ok(Way { connection: &SANDBOX, taken: None, has_waited: false });
    }
    let route = snapshot.route(job.channel, recipient, region).ok_or(NoWay::Never("no_route"))?;
    let mut legs = Legs::look(worker, snapshot, route, job, now_ms);
    let scores = match route.strategy {
        Strategy::Ranked if route.legs.len() > 1 => worker.ranks.scores(job.tenant, route, region, now_ms),
        _ => Vec::new(),
    };
    let (mut turn, mut has_waited) = (None, false);
    loop {
        let is_usable = |leg: usize| legs.blocked[leg].is_none();
        let fraction = || if job.tried.is_empty() { entropy::fraction() } else { 1.0 };
        let picked = match route.strategy {
            _ if scores.is_empty() => {
                pick(route, is_usable, if route.strategy == Strategy::Weighted { entropy::fraction() } else { 0.0 })
            }
            _ => {
                let ranked = worker.ranks.choose((job.tenant, region), route, &scores, is_usable, now_ms, fraction());
                ranked.map(|ranked| (ranked.leg, ranked.because))
            }
        };
        let Some((leg, because)) = picked else {
            if legs.forgive(worker, snapshot, job, now_ms) {
                continue;
            }
            return Err(legs.no_way(worker, snapshot, job, turn, now_ms));
        };
        let connection = legs.connection(snapshot, leg);
        if let Some(per_second) = connection.traffic.max_per_second {
            has_waited = true;
            let step = Box::pin(worker.hot.step(job.tenant, Pace::connection(connection.id, per_second))).await;
            if let Some(wait) = step.unwrap_or(Some(UNPACED)) {
                legs.blocked[leg] = Some(Block::OverRate);
                turn = Some(turn.map_or(wait, |turn: Duration| turn.min(wait)));
                continue;
            }
        }
        let line = worker.lines.of(job.tenant, connection.id, now_ms);
        let Some(call) = line.enter(connection.traffic.max_concurrency, now_ms) else {
            // Another message was quicker.
            legs.blocked[leg] = line.block(connection.traffic.max_concurrency, now_ms).or(Some(Block::Busy));
            continue;
        };
        let because = if job.tried.is_empty() { because } else { Because::FailOver };
        let decision = (route.legs.len() > 1).then(|| Decision::new(route, legs.blocked(), &scores, Some(because)));
        return Ok(Way { connection, has_waited, taken: Some(Taken { route, leg: &route.legs[leg], call, decision }) });
    }
}

/// What there is beside `failed`, for a message that was tried over some legs already.
pub(crate) fn others(worker: &Worker, snapshot: &Snapshot, route: &Route, job: &Job, failed: &Connection, now_ms: u64) -> Other {
    if route.legs.len() == 1 {
        return Other::None;
    }
    let legs = Legs::look(worker, snapshot, route, job, now_ms);
    let blocks = route.legs.iter().zip(legs.blocked()).filter(|(leg, _)| leg.connection != failed.id);
    let mut other = Other::None;
    for (_, block) in blocks {
        match block {
            None => return Other::Now,
            Some(block) if block.passes() => other = Other::Later,
            Some(_) => {}
        }
    }
    other
}

/// The legs of a route, and why each cannot be used, if it cannot.
struct Legs<'r> {
    route: &'r Route,
    blocked: [Option<Block>; MOST_LEGS],
}

impl<'r> Legs<'r> {
    fn look(worker: &Worker, snapshot: &Snapshot, route: &'r Route, job: &Job, now_ms: u64) -> Self {
        let mut blocked = [None; MOST_LEGS];
        for (leg, blocked) in route.legs.iter().zip(&mut blocked) {
            *blocked = if job.was_tried(leg.connection) { Some(Block::Tried) } else { block(worker, snapshot, leg, job, now_ms) };
        }
        Self { route, blocked }
    }

    fn blocked(&self) -> &[Option<Block>] {
        &self.blocked[..self.route.legs.len()]
    }

    fn connection<'a>(&self, snapshot: &'a Snapshot, leg: usize) -> &'a Arc<Connection> {
        snapshot.connections.get(&self.route.legs[leg].connection).expect("a leg without a connection is blocked")
    }

    /// When nothing else is left to wait for, what was tried before may be tried again; says whether there was any.
    fn forgive(&mut self, worker: &Worker, snapshot: &Snapshot, job: &Job, now_ms: u64) -> bool {
        if self.blocked().iter().flatten().any(|block| block.passes()) {
            return false;
        }
        let mut is_any = false;
        for (leg, blocked) in self.route.legs.iter().zip(&mut self.blocked) {
            if *blocked == Some(Block::Tried) {
                *blocked = block(worker, snapshot, leg, job, now_ms);
                is_any = true;
            }
        }
        is_any
    }

    fn no_way(&self, worker: &Worker, snapshot: &Snapshot, job: &Job, turn: Option<Duration>, now_ms: u64) -> NoWay {
        let mut soonest: Option<(Duration, Block)> = None;
        for (leg, block) in self.blocked().iter().enumerate() {
            let wait = match block {
                Some(Block::OverRate) => turn.unwrap_or(UNPACED),
                Some(block) if block.passes() => {
                    let line = worker.lines.of(job.tenant, self.connection(snapshot, leg).id, now_ms);
                    line.wait(*block, now_ms, entropy::fraction())
                }
                _ => continue,
            };
            if let Some(block) = *block
                && soonest.is_none_or(|(before, _)| wait < before)
            {
                soonest = Some((wait, block));
            }
        }
        match soonest {
            Some((wait, block)) => NoWay::Yet { wait, reason: block.reason() },
            None => NoWay::Never(self.blocked().iter().flatten().next().map_or("no_route", |block| block.reason())),
        }
    }
}

fn block(worker: &Worker, snapshot: &Snapshot, leg: &Leg, job: &Job, now_ms: u64) -> Option<Block> {
    let Some(connection) = snapshot.connections.get(&leg.connection) else { return Some(Block::Missing) };
    route::block(connection, job.channel, worker.settings.allow_live_simulator)
        .or_else(|| worker.lines.of(job.tenant, connection.id, now_ms).block(connection.traffic.max_concurrency, now_ms))
}
