//! Asks providers that do not tell by themselves what became of their messages of the last hour. The system of record hands
//! each message to one asker, and again after ever longer waits until its end is known.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use pinfold_postgres::Poll;
use tokio_util::sync::CancellationToken;

use super::Intake;
use crate::outage::Outage;
use crate::worker::Worker;

/// The kinds of providers that have to be asked.
const KINDS: [&str; 1] = ["iprog"];
/// How often it is looked for messages.
const EVERY: Duration = Duration::from_secs(5);
/// The most messages that one look takes, and the most questions that are open at once.
const MOST: u32 = 128;
const AT_ONCE: usize = 8;

/// Asks until `stop`.
pub(crate) async fn poll(worker: &Worker, intake: &Intake, stop: &CancellationToken) {
    let postgres = Outage::new("PostgreSQL");
    loop {
        let mut wait = EVERY;
        match intake.database.take_polls(&KINDS, MOST).await {
            Ok(polls) => {
                postgres.end();
                if polls.len() == MOST as usize {
                    wait = Duration::ZERO;
                }
                if stop.run_until_cancelled(ask_all(worker, intake, polls)).await.is_none() {
                    return;
                }
            }
            Err(error) => postgres.begin(&error),
        }
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}

async fn ask_all(worker: &Worker, intake: &Intake, polls: Vec<Poll>) {
    let mut open = FuturesUnordered::new();
    for poll in polls {
        if open.len() == AT_ONCE {
            open.next().await;
        }
        open.push(ask(worker, intake, poll));
    }
    while open.next().await.is_some() {}
}

/// Asks for one message. What is not answered is asked again later.
async fn ask(worker: &Worker, intake: &Intake, poll: Poll) {
    let Ok(Some(snapshot)) = worker.snapshots.tenant(poll.tenant).await else { return };
    let Some(connection) = snapshot.connections.get(&poll.connection).filter(|it| it.provider.is_polled()) else { return };
    let Ok(connector) = worker.connectors.get(connection) else { return };
    match connector.ask(&poll.provider_id).await {
        Ok(receipt) => {
            let kind = connection.provider.kind();
            if let Err(error) = intake.keep(poll.tenant, poll.connection, kind, &[receipt]).await {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::debug!(error, "an answer about a message is not stored; it is asked for again");
            }
        }
        Err(outcome) => {
            tracing::debug!(
                tenant.id = %poll.tenant, connection.id = %poll.connection, reason = outcome.reason(),
                "a provider does not say what became of a message"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::connection::Provider;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_kinds_that_are_asked_have_to_be() {
        for kind in KINDS {
            let provider: Provider = serde_json::from_value(json!({ "kind": kind, "api_token": "t" })).expect("a provider");
            assert!(provider.is_polled() && provider.kind() == kind);
        }
    }
}
