//! Joins receipts with deliveries that were recorded after them, records what they end, and follows what nobody followed
//! when it came.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Intake;
use crate::outage::Outage;

/// How often it is looked for them.
const EVERY: Duration = Duration::from_secs(2);
/// The most that one look tells.
const MOST: u32 = 500;

/// Looks until `stop`.
pub(crate) async fn tell(intake: &Intake, stop: &CancellationToken) {
    let postgres = Outage::new("PostgreSQL");
    loop {
        let told = intake.database.tell_receipts(MOST).await;
        let followed = intake.follow().await;
        let is_more = match told.and_then(|told| followed.map(|()| told)) {
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
