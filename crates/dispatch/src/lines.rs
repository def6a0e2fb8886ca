//! What this process knows of each provider connection: its breaker, how many messages are on their way, how it did
//! lately. Other processes find out for themselves; everybody else is told.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pinfold_channels::{Fault, Outcome};
use pinfold_core::breaker::{Breaker, Pass, Phase, Sign};
use pinfold_core::health::{Health, Outcomes};
use pinfold_core::id::{ConnectionId, IdMap, TenantId};
use pinfold_core::route::Block;

/// A connection that nobody used for that long is forgotten.
const FORGOTTEN_MS: u64 = 15 * 60 * 1_000;
/// How much the last answer's time counts.
const LATEST: f64 = 0.2;
/// The words of providers that have had enough for the moment.
const LIMITED: [&str; 2] = ["http_429", "rate_limited"];
/// The pause after such a word that names none.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a message waits at least for a place at a busy connection, and at most.
const BUSY_MS: (f64, f64) = (100.0, 2_000.0);

/// The connections that this process has used.
#[derive(Default)]
pub(crate) struct Lines(Mutex<IdMap<ConnectionId, Arc<Line>>>);

/// One of them.
pub(crate) struct Line {
    connection: ConnectionId,
    tenant: TenantId,
    on_their_way: AtomicU32,
    state: Mutex<State>,
}

struct State {
    breaker: Breaker,
    outcomes: Outcomes,
    last_failure: Option<(Cow<'static, str>, u64)>,
    latency_ms: Option<f64>,
    used_ms: u64,
    /// What was told last, and when.
    told: Option<(Phase, u64)>,
}

/// A message on its way over a connection.
pub(crate) struct Call {
    line: Arc<Line>,
    pass: Pass,
}

impl Lines {
    fn all(&self) -> MutexGuard<'_, IdMap<ConnectionId, Arc<Line>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection's line.
    pub(crate) fn of(&self, tenant: TenantId, connection: ConnectionId, now_ms: u64) -> Arc<Line> {
        let mut all = self.all();
        let line = all.entry(connection).or_insert_with(|| Arc::new(Line::new(tenant, connection, now_ms)));
        Arc::clone(line)
    }

    /// What is to be told now, by tenant: everything of a tenant, when one of its breakers changed or the last time was a
    /// while ago. Forgets what nobody uses; gives the connections that were forgotten.
    pub(crate) fn to_tell(&self, now_ms: u64, every_ms: u64) -> (HashMap<TenantId, Vec<Health>>, Vec<ConnectionId>) {
        let mut all = self.all();
        let mut forgotten = Vec::new();
        all.retain(|connection, line| {
            let is_used = line.state().used_ms + FORGOTTEN_MS > now_ms || line.on_their_way.load(Ordering::Relaxed) > 0;
            if !is_used {
                forgotten.push(*connection);
            }
            is_used
        });
        let lines: Vec<Arc<Line>> = all.values().cloned().collect();
        drop(all);
        let mut tenants: HashMap<TenantId, Vec<Health>> = HashMap::new();
        for line in &lines {
            if line.is_to_be_told(now_ms, every_ms) {
                tenants.entry(line.tenant).or_default();
            }
        }
        for line in &lines {
            if let Some(told) = tenants.get_mut(&line.tenant) {
                told.push(line.health(now_ms));
            }
        }
        (tenants, forgotten)
    }
}

impl Line {
    fn new(tenant: TenantId, connection: ConnectionId, now_ms: u64) -> Self {
        let state = State {
            breaker: Breaker::new(now_ms),
            outcomes: Outcomes::default(),
            last_failure: None,
            latency_ms: None,
            used_ms: now_ms,
            told: None,
        };
        Self { connection, tenant, on_their_way: AtomicU32::new(0), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why no message may take it now; `most` may be on their way at once.
    pub(crate) fn block(&self, most: Option<u32>, now_ms: u64) -> Option<Block> {
        if most.is_some_and(|most| self.on_their_way.load(Ordering::Relaxed) >= most) {
            return Some(Block::Busy);
        }
        let state = self.state();
        if state.breaker.is_open_for(now_ms) {
            return None;
        }
        Some(if state.breaker.phase(now_ms).0 == Phase::Paused { Block::Paused } else { Block::BreakerOpen })
    }

    /// Takes a message, if it may.
    pub(crate) fn enter(self: &Arc<Self>, most: Option<u32>, now_ms: u64) -> Option<Call> {
        let is_free = |on_their_way: u32| most.is_none_or(|most| on_their_way < most).then_some(on_their_way + 1);
        self.on_their_way.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_free).ok()?;
        let mut state = self.state();
        state.used_ms = now_ms;
        match state.breaker.enter(now_ms) {
            Some(pass) => Some(Call { line: Arc::clone(self), pass }),
            None => {
                self.on_their_way.fetch_sub(1, Ordering::Relaxed);
                None
            }
        }
    }

    /// How long a message waits that is blocked by breaker or pause, or by too many others.
    pub(crate) fn wait(&self, block: Block, now_ms: u64, fraction: f64) -> Duration {
        let mut state = self.state();
        state.used_ms = now_ms;
        if block == Block::Busy {
            let usual_ms = state.latency_ms.unwrap_or(0.0).clamp(BUSY_MS.0, BUSY_MS.1);
            return Duration::from_millis((usual_ms * (1.0 + fraction)) as u64);
        }
        Duration::from_millis(state.breaker.book(now_ms))
    }

    fn is_to_be_told(&self, now_ms: u64, every_ms: u64) -> bool {
        let state = self.state();
        let phase = state.breaker.phase(now_ms).0;
        state.told.is_none_or(|(told, at_ms)| told != phase || at_ms + every_ms <= now_ms)
    }

    fn health(&self, now_ms: u64) -> Health {
        let mut state = self.state();
        let (phase, since_ms) = state.breaker.phase(now_ms);
        state.told = Some((phase, now_ms));
        Health {
            connection: self.connection,
            phase,
            since_ms,
            on_their_way: self.on_their_way.load(Ordering::Relaxed),
            outcomes: state.outcomes,
            last_failure: state.last_failure.as_ref().map(|(reason, _)| reason.clone().into_owned()),
            last_failure_ms: state.last_failure.as_ref().map(|(_, at_ms)| *at_ms),
            latency_ms: state.latency_ms.map(|ms| ms.round() as u32),
        }
    }
}

impl Call {
    /// Ends it with its outcome.
    pub(crate) fn end(self, outcome: &Outcome, took: Duration, now_ms: u64) {
        let mut state = self.line.state();
        state.breaker.leave(self.pass, sign(outcome), now_ms);
        if let Some(pause) = pause(outcome) {
            state.breaker.pause(now_ms, pause.as_millis() as u64);
        }
        match outcome {
            Outcome::Accepted { .. } => {
                state.outcomes.accepted += 1;
                let (took_ms, before) = (took.as_secs_f64() * 1_000.0, state.latency_ms);
                state.latency_ms = Some(before.map_or(took_ms, |before| before + LATEST * (took_ms - before)));
                return;
            }
            Outcome::Temporary { .. } => state.outcomes.temporary += 1,
            Outcome::Permanent { .. } => state.outcomes.permanent += 1,
            Outcome::Unknown { .. } => state.outcomes.unknown += 1,
        }
        state.last_failure = outcome.reason().map(|reason| (Cow::Owned(reason.to_owned()), now_ms));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.line.on_their_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What an outcome says about the connection.
fn sign(outcome: &Outcome) -> Sign {
    match (outcome, outcome.fault()) {
        (Outcome::Accepted { .. }, _) | (_, Some(Fault::Recipient | Fault::Message)) => Sign::Good,
        // A provider that limits us works.
        (Outcome::Temporary { reason, .. }, _) if LIMITED.contains(&reason.as_ref()) => Sign::None,
        (_, Some(Fault::Unclear)) => Sign::None,
        (_, Some(Fault::Connection) | None) => Sign::Bad,
    }
}

/// How long a provider asks to be left alone.
fn pause(outcome: &Outcome) -> Option<Duration> {
    match outcome {
        Outcome::Temporary { retry_after: Some(pause), .. } => Some(*pause),
        Outcome::Temporary { reason, .. } if LIMITED.contains(&reason.as_ref()) => Some(PAUSE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Arc<Line> {
        Lines::default().of(TenantId::random(), ConnectionId::random(), 0)
    }

    fn temporary(reason: &'static str, retry_after: Option<u64>) -> Outcome {
        Outcome::Temporary { reason: reason.into(), retry_after: retry_after.map(Duration::from_secs) }
    }

    fn end(line: &Arc<Line>, outcome: &Outcome, now_ms: u64) {
        line.enter(None, now_ms).expect("it takes messages").end(outcome, Duration::from_millis(100), now_ms);
    }

    #[test]
    fn a_connection_takes_so_many_at_once() {
        let line = line();
        let calls = [line.enter(Some(2), 0), line.enter(Some(2), 0)];
        assert!(calls.iter().all(Option::is_some) && line.enter(Some(2), 0).is_none());
        assert_eq!(line.block(Some(2), 0), Some(Block::Busy));
        drop(calls);
        assert_eq!((line.block(Some(2), 0), line.enter(Some(2), 0).is_some()), (None, true));
    }

    #[test]
    fn a_dead_provider_is_left_alone_and_an_invalid_number_blames_nobody() {
        let line = line();
        let refused = Outcome::Permanent { reason: "recipient_invalid".into() };
        (0..50).for_each(|_| end(&line, &refused, 0));
        assert_eq!(line.block(None, 0), None);
        (0..5).for_each(|_| end(&line, &temporary("connect_refused", None), 0));
        assert_eq!(line.block(None, 0), Some(Block::BreakerOpen));
        let health = line.health(0);
        assert_eq!((health.phase, health.last_failure.as_deref()), (Phase::Open, Some("connect_refused")));
        assert_eq!((health.outcomes.permanent, health.outcomes.temporary), (50, 5));
    }

    #[test]
    fn a_pause_that_the_provider_asks_for_holds_for_every_message() {
        let line = line();
        end(&line, &temporary("http_429", Some(3)), 0);
        assert_eq!((line.block(None, 2_999), line.block(None, 3_000)), (Some(Block::Paused), None));
        assert!(line.wait(Block::Paused, 0, 0.0) > Duration::from_secs(3));
        (0..50_u64).for_each(|second| end(&line, &temporary("http_429", None), 10_000 + 2_000 * second));
        assert_eq!(line.health(200_000).phase, Phase::Closed);
    }

    #[test]
    fn bad_credentials_open_it_too() {
        let line = line();
        (0..5).for_each(|_| end(&line, &Outcome::Permanent { reason: "http_401".into() }, 0));
        assert_eq!(line.block(None, 0), Some(Block::BreakerOpen));
    }

    #[test]
    fn health_is_told_on_change_and_now_and_then() {
        let (lines, tenant, connection) = (Lines::default(), TenantId::random(), ConnectionId::random());
        let line = lines.of(tenant, connection, 0);
        let told = |now_ms| lines.to_tell(now_ms, 10_000).0.len();
        assert_eq!((told(0), told(1), told(9_999), told(10_000)), (1, 0, 0, 1));
        (0..5).for_each(|_| end(&line, &temporary("http_500", None), 10_001));
        assert_eq!((told(10_002), told(10_003)), (1, 0));
        let (_, forgotten) = lines.to_tell(10_001 + FORGOTTEN_MS, 10_000);
        assert_eq!(forgotten, [connection]);
    }
}
