//! Whether this process should get requests. *Live* only says that it runs. *Ready* says that a request would be served:
//! Redis answers, its clock and ours agree, what the record needs is there, and nobody asked the process to stop.
//! PostgreSQL may go away later: known tenants are served on, and readiness says that it is degraded.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pinfold_http::clock::{now_ms, stopwatch};
use pinfold_postgres::Database;
use pinfold_redis::Hot;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// How often Redis is asked; with its longest answer time, a loss is known within two seconds.
const REDIS_EVERY: Duration = Duration::from_millis(500);
const POSTGRES_EVERY: Duration = Duration::from_secs(1);
/// How often the settings of the servers are looked at again.
const PROBE_EVERY: Duration = Duration::from_secs(15);
/// An answer older than this says nothing any more, whatever keeps us from asking.
const OLDEST_ANSWER: Duration = Duration::from_secs(2);
/// The furthest our clock may be from Redis', in milliseconds.
pub const MOST_SKEW_MS: u64 = 5_000;

/// What was found out, and when.
#[derive(Debug, Default)]
struct Found {
    redis_at: Option<Instant>,
    redis_error: Option<String>,
    /// What makes Redis unfit, as its settings say; nothing known before the first probe.
    redis_faults: Option<Vec<String>>,
    skew_ms: Option<i64>,
    is_postgres_up: bool,
    /// What makes the record unfit; nothing known before the first contact.
    record_faults: Option<Vec<String>>,
}

/// The health of this process.
pub struct Health {
    found: Mutex<Found>,
    stopping: CancellationToken,
    needs_redis: bool,
    is_strict: bool,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Ok,
    /// Something is missing that can be done without for a while.
    Degraded,
    Failed,
}

/// The answer to `/health/ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub status: &'static str,
    pub degraded: bool,
    pub checks: BTreeMap<&'static str, Check>,
}

impl Report {
    pub fn is_ready(&self) -> bool {
        self.checks.values().all(|check| check.status != Status::Failed)
    }

    /// What is wrong, in words.
    pub fn troubles(&self) -> Vec<String> {
        let told = |(name, check): (&&str, &Check)| check.detail.as_ref().map(|detail| format!("{name}: {detail}"));
        self.checks.iter().filter_map(told).collect()
    }
}

fn ok() -> Check {
    Check { status: Status::Ok, detail: None }
}

fn failed(detail: impl Into<String>) -> Check {
    Check { status: Status::Failed, detail: Some(detail.into()) }
}

impl Health {
    /// Of a process that stops when `stopping` is cancelled. A strict one is not ready while Redis is unfit to hold PINs.
    pub fn new(stopping: CancellationToken, needs_redis: bool, is_strict: bool) -> Self {
        Self { found: Mutex::default(), stopping, needs_redis, is_strict }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known now. Asks nobody.
    pub fn report(&self) -> Report {
        let found = self.found();
        let mut checks = BTreeMap::new();
        if self.needs_redis {
            checks.insert("redis", self.redis(&found));
            checks.insert("clock", clock(found.skew_ms));
        }
        let known = found.record_faults.as_deref();
        checks.insert("postgres", postgres(found.is_postgres_up, known.is_some()));
        let faults = known.unwrap_or_default();
        checks.insert("record", if faults.is_empty() { ok() } else { failed(faults.join("; ")) });
        checks.insert("lifecycle", if self.stopping.is_cancelled() { failed("the process is stopping") } else { ok() });
        let degraded = checks.values().any(|check| check.status != Status::Ok);
        let mut report = Report { status: "ready", degraded, checks };
        if !report.is_ready() {
            report.status = "not_ready";
        }
        report
    }

    fn redis(&self, found: &Found) -> Check {
        let is_fresh = found.redis_at.is_some_and(|at| at.elapsed() < OLDEST_ANSWER);
        match (&found.redis_error, &found.redis_faults) {
            (Some(error), _) => failed(error.clone()),
            (None, _) if !is_fresh => failed("Redis has not answered yet"),
            (None, Some(faults)) if !faults.is_empty() => {
                let status = if self.is_strict { Status::Failed } else { Status::Degraded };
                Check { status, detail: Some(faults.join("; ")) }
            }
            (None, None) => failed("Redis has not been looked at yet"),
            (None, Some(_)) => ok(),
        }
    }

    /// Our clock's lead over Redis', in milliseconds.
    pub fn skew_ms(&self) -> Option<i64> {
        self.found().skew_ms
    }

    /// Whether Redis and PostgreSQL answered when they were asked last.
    pub fn peers(&self) -> (bool, bool) {
        let found = self.found();
        (found.redis_at.is_some() && found.redis_error.is_none(), found.is_postgres_up)
    }

    /// Asks again and again until the process stops; logs every change.
    pub async fn watch(&self, hot: &Hot, database: &Database) {
        let changes = async {
            let (mut last, started) = (None, stopwatch());
            loop {
                tokio::time::sleep(REDIS_EVERY / 2).await;
                let report = self.report();
                // A newcomer gets a moment to look around before anybody hears of it.
                let is_worth_saying = report.is_ready() || last.is_some() || started.elapsed() > OLDEST_ANSWER;
                if is_worth_saying && last.as_ref() != Some(&report) {
                    say(&report);
                    last = Some(report);
                }
            }
        };
        tokio::select! {
            () = self.watch_redis(hot), if self.needs_redis => {}
            () = self.watch_postgres(database) => {}
            () = changes => {}
            () = self.stopping.cancelled() => {}
        }
    }

    async fn watch_redis(&self, hot: &Hot) {
        let mut probed: Option<Instant> = None;
        loop {
            let is_due = probed.is_none_or(|at| at.elapsed() > PROBE_EVERY);
            if self.ask_redis(hot).await
                && is_due
                && let Ok(probe) = hot.probe().await
            {
                self.found().redis_faults = Some(probe.faults());
                probed = Some(stopwatch());
            }
            tokio::time::sleep(REDIS_EVERY).await;
        }
    }

    async fn ask_redis(&self, hot: &Hot) -> bool {
        let asked = stopwatch();
        let answer = tokio::time::timeout(OLDEST_ANSWER / 2, hot.now_ms()).await;
        let mut found = self.found();
        match answer {
            Ok(Ok(redis_ms)) => {
                // Half of the way there and back is the best guess for when Redis looked at its clock.
                let ours = now_ms().saturating_sub(asked.elapsed().as_millis() as u64 / 2);
                found.skew_ms = Some(ours.cast_signed() - redis_ms.cast_signed());
                (found.redis_at, found.redis_error) = (Some(stopwatch()), None);
            }
            Ok(Err(error)) => found.redis_error = Some(error.to_string()),
            Err(_) => found.redis_error = Some("Redis takes too long to answer".to_owned()),
        }
        found.redis_error.is_none()
    }

    async fn watch_postgres(&self, database: &Database) {
        loop {
            let is_up = database.ping().await.is_ok();
            // A newcomer's record is looked at until it is fit: somebody may be migrating it just now.
            let is_fit = self.found().record_faults.as_ref().is_some_and(Vec::is_empty);
            let faults = if is_up && !is_fit { record_faults(database, self.is_strict).await.ok() } else { None };
            {
                let mut found = self.found();
                found.is_postgres_up = is_up;
                if faults.is_some() {
                    found.record_faults = faults;
                }
            }
            tokio::time::sleep(POSTGRES_EVERY).await;
        }
    }
}

/// Why the record cannot be used: migrations that are not applied, and for a strict process a role that may too much.
///
/// # Errors
/// When PostgreSQL cannot be asked.
pub async fn record_faults(database: &Database, is_strict: bool) -> Result<Vec<String>, pinfold_postgres::Error> {
    let pending = database.pending_migrations().await?;
    if !pending.is_empty() {
        let count = pending.len();
        return Ok(vec![format!("{count} migrations are pending: run `pinfold migrate`, or `pinfold serve --migrate`")]);
    }
    let faults = if is_strict { database.role_faults().await? } else { Vec::new() };
    Ok(faults.iter().map(ToString::to_string).collect())
}

fn postgres(is_up: bool, is_known: bool) -> Check {
    match (is_up, is_known) {
        (true, true) => ok(),
        // Never wrong rather than ready: a process that knows no tenant cannot serve any.
        (_, false) => failed("PostgreSQL has not been reached since this process started"),
        (false, true) => {
            let detail = Some("PostgreSQL is away; known tenants are served from memory".to_owned());
            Check { status: Status::Degraded, detail }
        }
    }
}

fn clock(skew_ms: Option<i64>) -> Check {
    match skew_ms {
        Some(skew) if skew.unsigned_abs() > MOST_SKEW_MS => {
            let (seconds, direction) = (skew.unsigned_abs() / 1_000, if skew > 0 { "ahead of" } else { "behind" });
            failed(format!("this machine's clock is {seconds} s {direction} that of Redis; set it with NTP"))
        }
        Some(_) | None => ok(),
    }
}

fn say(report: &Report) {
    let troubles = report.troubles().join(", ");
    match (report.is_ready(), report.degraded) {
        (true, false) => tracing::info!("ready"),
        (true, true) => tracing::warn!(checks = troubles, "ready, but degraded"),
        (false, _) => tracing::warn!(checks = troubles, "not ready"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health() -> Health {
        let health = Health::new(CancellationToken::new(), true, true);
        *health.found() = Found {
            redis_at: Some(stopwatch()),
            redis_error: None,
            redis_faults: Some(Vec::new()),
            skew_ms: Some(0),
            is_postgres_up: true,
            record_faults: Some(Vec::new()),
        };
        health
    }

    fn after(change: impl FnOnce(&mut Found)) -> (bool, bool) {
        let health = health();
        change(&mut health.found());
        let report = health.report();
        (report.is_ready(), report.degraded)
    }

    #[test]
    fn ready_needs_redis_a_true_clock_and_a_known_record_but_postgres_only_once() {
        assert_eq!(after(|_| {}), (true, false));
        assert_eq!(after(|found| found.is_postgres_up = false), (true, true));
        assert_eq!(after(|found| (found.is_postgres_up, found.record_faults) = (false, None)), (false, true));
        assert_eq!(after(|found| found.record_faults = Some(vec!["pending".into()])), (false, true));
        assert_eq!(after(|found| found.redis_error = Some("away".into())), (false, true));
        assert_eq!(after(|found| found.redis_at = stopwatch().checked_sub(OLDEST_ANSWER)), (false, true));
        assert_eq!(after(|found| found.redis_faults = Some(vec!["evicts".into()])), (false, true));
        assert_eq!(after(|found| found.skew_ms = Some(-5_001)), (false, true));
        assert_eq!(after(|found| found.skew_ms = Some(5_000)), (true, false));
    }

    #[test]
    fn a_process_that_stops_is_not_ready_at_once() {
        let health = health();
        health.stopping.cancel();
        assert_eq!(health.report().status, "not_ready");
    }
}
