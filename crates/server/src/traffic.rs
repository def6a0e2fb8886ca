//! Keeps the figures of dashboards current: what was accepted lately is summed up every few seconds, what late receipts may still
//! change every hour, and what the record holds beyond that with it, hour by hour. Processes take turns.

use std::time::Duration;

use pinfold_http::clock::now_ms;
use pinfold_postgres::{Database, Error, TrafficTurn};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const SPAN_MS: u64 = 5 * 60_000;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// How long after its acceptance a PIN's figures follow within seconds: no PIN lives longer.
const FRESH_MS: u64 = 20 * 60_000;
/// How long late receipts are looked for.
const LATE_MS: u64 = 2 * DAY_MS;
const LATE_EVERY: Duration = Duration::from_millis(HOUR_MS);
/// From what age on spans are joined into hours: when late receipts are no longer looked for.
const CONDENSED_MS: u64 = LATE_MS + HOUR_MS;
/// How long sums are kept: this month and the twelve before.
const KEPT_MS: u64 = 400 * DAY_MS;
const EVERY: Duration = Duration::from_secs(5);
/// The pause is so many times what the work took, so that it takes a twentieth of PostgreSQL's time at most.
const PAUSE_PER_WORK: u32 = 19;
/// But never longer; and how soon what late receipts change is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How soon somebody else goes on where a process died.
const LEASE: Duration = Duration::from_secs(60);

/// Keeps the sums current until `stop`. After a start other work comes first: there may be messages that waited for it.
pub async fn keep_current(database: Database, stop: CancellationToken) {
    let mut is_failing = false;
    let mut pause = EVERY;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = EVERY;
        match turn(&database, &stop).await {
            Ok(next) => (is_failing, pause) = (false, next),
            Err(error) if !is_failing => {
                is_failing = true;
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "the figures of dashboards cannot be brought up to date");
            }
            Err(_) => {}
        }
    }
}

/// Takes a turn, if it is due, and says when to look again.
async fn turn(database: &Database, stop: &CancellationToken) -> Result<Duration, Error> {
    let Some(turn) = database.take_traffic_turn(LEASE).await? else { return Ok(EVERY) };
    let begin = Instant::now();
    let done = roll_up(database, turn, stop).await;
    let pause = (begin.elapsed() * PAUSE_PER_WORK).clamp(EVERY, LONGEST_PAUSE);
    let late_pause = (turn == TrafficTurn::Late).then_some(if matches!(done, Ok(true)) { LATE_EVERY } else { LONGEST_PAUSE });
    let scheduled = database.schedule_traffic_turn(pause, late_pause).await;
    done.and(scheduled).map(|()| pause)
}

/// Says whether it came to its end.
async fn roll_up(database: &Database, turn: TrafficTurn, stop: &CancellationToken) -> Result<bool, Error> {
    let now = now_ms();
    // No statement holds on to much: a span of what comes in, an hour of what has settled.
    let (from, step) = match turn {
        TrafficTurn::Fresh => (now.saturating_sub(FRESH_MS), SPAN_MS),
        TrafficTurn::Late => (now.saturating_sub(LATE_MS).min(database.traffic_gap_ms().await?), HOUR_MS),
    };
    let mut start = from / step * step;
    while start <= now {
        if stop.is_cancelled() || !database.roll_up_traffic(start, start + step).await? {
            return Ok(false);
        }
        database.schedule_traffic_turn(LEASE, None).await?;
        start += step;
    }
    if turn == TrafficTurn::Late {
        database.condense_traffic(now.saturating_sub(CONDENSED_MS), now.saturating_sub(KEPT_MS)).await?;
    }
    Ok(true)
}
