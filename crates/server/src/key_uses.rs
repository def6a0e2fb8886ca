//! Records which API keys were used, now and then and at the end.

use std::sync::Arc;
use std::time::Duration;

use pinfold_gateway::KeyUses;
use pinfold_postgres::Database;
use tokio_util::sync::CancellationToken;

/// How long a use may wait to be recorded.
const EVERY: Duration = Duration::from_secs(10);

/// Records until `stop`, and then the rest.
pub async fn record(uses: Arc<KeyUses>, database: Database, stop: CancellationToken) {
    loop {
        let is_over = stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none();
        let taken = uses.take();
        if !taken.is_empty()
            && let Err(error) = database.note_key_uses(taken.clone()).await
        {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, "uses of API keys could not be recorded yet");
            uses.give_back(taken);
        }
        if is_over {
            return;
        }
    }
}
