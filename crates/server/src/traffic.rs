//! Keeps the figures of dashboards current: what was accepted lately is summed up every few seconds, what late receipts may still
//! change every hour, and what the record holds beyond that once, hour by hour, after a start.

use std::time::Duration;

use pinfold_http::clock::now_ms;
use pinfold_postgres::{Database, Error};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// How long after its acceptance a PIN's figures follow within seconds: no PIN lives longer.
const FRESH_MS: u64 = 20 * 60_000;
/// How long late receipts are looked for.
const LATE_MS: u64 = 2 * DAY_MS;
const LATE_EVERY_MS: u64 = HOUR_MS;
/// From what age on spans are joined into hours: when late receipts are no longer looked for.
const CONDENSED_MS: u64 = LATE_MS + HOUR_MS;
/// How long sums are kept: this month and the twelve before.
const KEPT_MS: u64 = 400 * DAY_MS;
const EVERY: Duration = Duration::from_secs(5);
/// The pause is at least so many times what the work took, so that it never takes more than a twentieth of PostgreSQL's time.
const PAUSE_PER_WORK: u32 = 19;

/// Keeps the sums current until `stop`. After a start other work comes first: there may be messages that waited for it.
pub async fn keep_current(database: Database, stop: CancellationToken) {
    let mut late_due_ms = 0;
    let mut is_failing = false;
    let mut pause = EVERY;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        let begin = Instant::now();
        match turn(&database, &mut late_due_ms).await {
            Ok(()) => is_failing = false,
            Err(error) if !is_failing => {
                is_failing = true;
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "the figures of dashboards cannot be brought up to date");
            }
            Err(_) => {}
        }
        pause = EVERY.max(begin.elapsed() * PAUSE_PER_WORK);
    }
}

async fn turn(database: &Database, late_due_ms: &mut u64) -> Result<(), Error> {
    let now = now_ms();
    let (mut from, is_late) = (now.saturating_sub(FRESH_MS), *late_due_ms <= now);
    if is_late {
        from = now.saturating_sub(LATE_MS).min(database.traffic_gap_ms().await?);
    }
    // Hour by hour, so that no statement holds on to much.
    let mut hour = from / HOUR_MS * HOUR_MS;
    while hour <= now {
        if !database.roll_up_traffic(hour, hour + HOUR_MS).await? {
            return Ok(());
        }
        hour += HOUR_MS;
    }
    if is_late {
        database.condense_traffic(now.saturating_sub(CONDENSED_MS), now.saturating_sub(KEPT_MS)).await?;
        *late_due_ms = now + LATE_EVERY_MS;
    }
    Ok(())
}
