//! Tells the owners and admins of tenants of alerts, by mail. Alerts are raised by whoever records what happened, in any process;
//! their mails are written here, because only this role seals and sends them. An alert and its mails change in one transaction, so
//! no mail is lost and none comes twice.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::keys::MasterKey;
use pinfold_postgres::Database;
use tokio_util::sync::CancellationToken;

use crate::letters;
use crate::mailer::{Mailer, content};

/// How long nobody looks for alerts.
const LOOK: Duration = Duration::from_secs(5);
/// How many are taken at once.
const BATCH: i32 = 20;
/// Alerts of one tenant that are mailed within an hour; one mail more says that there were more.
const MOST_PER_HOUR: i32 = 20;

/// Writes the mails of alerts, until `stop`. `console` is where the console is, without a slash at its end.
pub async fn mail_alerts(mailer: Mailer, database: Database, master: Arc<MasterKey>, console: String, stop: CancellationToken) {
    if mailer.check().is_err() {
        return stop.cancelled().await;
    }
    let console: Arc<str> = console.into();
    loop {
        let base = Arc::clone(&console);
        let told = database.people().mails().tell_alerts(BATCH, MOST_PER_HOUR, Arc::clone(&master), move |alert, person| {
            content(&person.email, letters::alert(&base, &person.name, alert))
        });
        match told.await {
            Ok(0) => {}
            Ok(count) => {
                tracing::debug!(count, "mails of alerts were written");
                mailer.wake();
                if !stop.is_cancelled() {
                    continue;
                }
            }
            Err(error) => tracing::debug!(%error, "alerts cannot be looked for"),
        }
        if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
    }
}
