//! Days of the record: made ahead, and dropped when they are older than the operator keeps them.

use std::time::Duration;

use pinfold_http::clock::now_ms;
use pinfold_postgres::{Database, Error};
use tokio_util::sync::CancellationToken;

use crate::background::repeat;

const EVERY: Duration = Duration::from_secs(3_600);
const DAYS_AHEAD: u32 = 7;
/// How many days of usage are kept: those of this month and of the twelve before.
const USAGE_DAYS: u32 = 400;
/// Days that decisions of the fraud guard and alerts are kept.
const DECISION_DAYS: u32 = 90;
/// The most receipts of a tenant that are forgotten at once.
const PRUNED: u32 = 5_000;

/// Keeps the days current until `stop`.
pub async fn keep_current(database: Database, keep_days: u32, stop: CancellationToken) {
    let turn = || async {
        match turn(&database, keep_days).await {
            Ok((made, dropped)) => {
                if made + dropped > 0 {
                    tracing::info!(made, dropped, "days of the record were made and dropped");
                }
                true
            }
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "days of the record cannot be made or dropped");
                false
            }
        }
    };
    repeat(EVERY, stop, turn).await;
}

async fn turn(database: &Database, keep_days: u32) -> Result<(u32, u32), Error> {
    let made = database.create_partitions(now_ms(), DAYS_AHEAD).await?;
    let dropped = database.drop_partitions(now_ms(), keep_days).await?;
    while database.prune_receipts(now_ms(), keep_days, PRUNED).await? >= PRUNED.into() {}
    while database.purge_recipients(now_ms(), PRUNED).await? >= PRUNED.into() {}
    database.prune_usage(now_ms(), USAGE_DAYS).await?;
    database.prune_decisions(now_ms(), DECISION_DAYS).await?;
    Ok((made, dropped))
}
