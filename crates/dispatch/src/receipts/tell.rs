//! Joins receipts with deliveries that were recorded after them, and records what they end.

use std::time::Duration;

use pinfold_postgres::Database;
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;

/// How often it is looked for them.
const EVERY: Duration = Duration::from_secs(2);
/// The most that one look tells.
const MOST: u32 = 500;

/// Looks until `stop`.
pub(crate) async fn tell(database: &Database, stop: &CancellationToken) {
    let postgres = Outage::new("PostgreSQL");
    loop {
        let is_more = match database.tell_receipts(MOST).await {
            Ok(told) => {
                postgres.end();
                told >= u64::from(MOST)
            }
            Err(error) => {
                postgres.begin(&error);
                false
            }
        };
        let wait = if is_more { Duration::ZERO } else { EVERY };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}
