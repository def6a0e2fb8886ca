//! Keeps the figures of dashboards current: what was accepted lately is summed up every few seconds, what late receipts may still
//! change every hour, and what the record holds beyond that with it, hour by hour. Processes take turns.

use std::time::Duration;

use pinfold_http::clock::now_ms;
use pinfold_postgres::{Database, Error, TrafficTurn};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

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
/// The pause is at least so many times what the work took, so that it never takes more than a twentieth of PostgreSQL's time.
const PAUSE_PER_WORK: u32 = 19;
/// How soon somebody else goes on where a process died or PostgreSQL was away.
const LEASE: Duration = Duration::from_secs(60);

/// Keeps the sums current until `stop`. After a start other work comes first: there may be messages that waited for it.
pub async fn keep_current(database: Database, stop: CancellationToken) {
    let mut is_failing = false;
    let mut pause = EVERY;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = EVERY;
        match turn(&database).await {
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
async fn turn(database: &Database) -> Result<Duration, Error> {
    let Some(turn) = database.take_traffic_turn(LEASE).await? else { return Ok(EVERY) };
    let begin = Instant::now();
    roll_up(database, turn).await?;
    let pause = EVERY.max(begin.elapsed() * PAUSE_PER_WORK);
    database.end_traffic_turn(pause, (turn == TrafficTurn::Late).then_some(LATE_EVERY)).await?;
    Ok(pause)
}

async fn roll_up(database: &Database, turn: TrafficTurn) -> Result<(), Error> {
    let now = now_ms();
    let from = match turn {
        TrafficTurn::Fresh => now.saturating_sub(FRESH_MS),
        TrafficTurn::Late => now.saturating_sub(LATE_MS).min(database.traffic_gap_ms().await?),
    };
    // Hour by hour, so that no statement holds on to much.
    let mut hour = from / HOUR_MS * HOUR_MS;
    while hour <= now {
        if !database.roll_up_traffic(hour, hour + HOUR_MS).await? {
            return Ok(());
        }
        hour += HOUR_MS;
    }
    if turn == TrafficTurn::Late {
        database.condense_traffic(now.saturating_sub(CONDENSED_MS), now.saturating_sub(KEPT_MS)).await?;
    }
    Ok(())
}
