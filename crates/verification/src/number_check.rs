//! Whether a number takes a message, before one is sent: by its metadata, and where the tenant has a connection that looks
//! numbers up, by what that says. An answer is believed for a while; a lookup that fails or is late holds nothing up.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pinfold_channels::Connectors;
use pinfold_core::id::{ApplicationId, ConnectionId};
use pinfold_core::lookup::{NumberFacts, NumberLookup, Reach};
use pinfold_core::phone::{Line, Phone};
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::now_ms;
use pinfold_postgres::Snapshot;

use crate::State;

/// How long a connection is left alone after it did not answer, so that few messages wait for one that is away.
const PAUSE_MS: u64 = 5_000;
/// How long the record of a lookup is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is known of a number before a message to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberCheck {
    /// Nobody was asked, and the metadata says nothing against it.
    NotAsked,
    /// Somebody was asked.
    Asked(Reach),
}

impl NumberCheck {
    /// Whether the message has to be kept back.
    pub(crate) fn is_against(self) -> bool {
        self == Self::Asked(Reach::NotReachable)
    }
}

/// Connections that did not answer a lookup lately, and until when they are left alone.
#[derive(Debug, Default)]
pub struct Silent(Mutex<HashMap<ConnectionId, u64>>);

impl Silent {
    fn is_silent(&self, connection: ConnectionId) -> bool {
        let mut silent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        silent.retain(|_, until_ms| *until_ms > now_ms());
        silent.contains_key(&connection)
    }

    fn note(&self, connection: ConnectionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(connection, now_ms() + PAUSE_MS);
    }
}

/// What looks numbers up.
pub struct Lookups {
    /// Ways to the providers that do.
    pub connectors: std::sync::Arc<Connectors>,
    /// Those that did not answer lately.
    pub silent: std::sync::Arc<Silent>,
}

/// Checks the number of a recipient, if it is one.
pub(crate) async fn check(
    state: &State,
    snapshot: &Snapshot,
    application: ApplicationId,
    recipient: &Recipient,
    is_sandbox: bool,
) -> NumberCheck {
    let Recipient::Phone(phone) = recipient else { return NumberCheck::NotAsked };
    // What no SMS reaches anyhow costs nothing.
    if phone.line() != Line::Reachable {
        return NumberCheck::Asked(Reach::NotReachable);
    }
    let Some(lookup) = snapshot.number_lookup.as_ref().filter(|_| !is_sandbox) else { return NumberCheck::NotAsked };
    // Few tenants have a lookup, and the state of every send would have room for one.
    Box::pin(look_up(state, snapshot, application, lookup, recipient, phone)).await
}

/// What a lookup says of a number, now or a while ago.
async fn look_up(
    state: &State,
    snapshot: &Snapshot,
    application: ApplicationId,
    lookup: &NumberLookup,
    recipient: &Recipient,
    phone: &Phone,
) -> NumberCheck {
    let number = snapshot.keys.looked_up(recipient);
    match state.hot.known_facts(snapshot.tenant, &number).await {
        Ok(Some(facts)) => return NumberCheck::Asked(facts.reach_of_sms()),
        Ok(None) => {}
        // The send is about to fail at the same wall; it must not cost a lookup.
        Err(_) => return NumberCheck::Asked(Reach::Unknown),
    }
    let Some(facts) = ask(state, snapshot, application, lookup, phone).await else { return NumberCheck::Asked(Reach::Unknown) };
    if let Err(error) = state.hot.keep_facts(snapshot.tenant, &number, &facts, lookup.cache_seconds).await {
        tracing::debug!(error = &error as &(dyn std::error::Error + 'static), "what a lookup found is not kept");
    }
    NumberCheck::Asked(facts.reach_of_sms())
}

/// Asks the tenant's connection, within its deadline; nothing when it does not say.
async fn ask(
    state: &State,
    snapshot: &Snapshot,
    application: ApplicationId,
    lookup: &NumberLookup,
    phone: &Phone,
) -> Option<NumberFacts> {
    let is_spent = |it: pinfold_core::caps::Capped| it.is_spent() != (false, false);
    let budget = snapshot.budget(application, false);
    if budget.tenant.is_some_and(is_spent) || budget.application.is_some_and(is_spent) {
        return None;
    }
    let connection = snapshot.connections.get(&lookup.connection).filter(|it| it.is_enabled && it.provider.looks_up())?;
    if state.lookups.silent.is_silent(connection.id) {
        return None;
    }
    let connector = state.lookups.connectors.get(connection).ok()?;
    let deadline = Duration::from_millis(lookup.deadline_ms.into());
    let answer = tokio::time::timeout(deadline, connector.look_up(phone)).await;
    let reason = match answer {
        Ok(Ok(facts)) => {
            record(state, snapshot, application, lookup).await;
            return Some(facts);
        }
        Ok(Err(outcome)) => outcome.reason().unwrap_or_default().to_owned(),
        Err(_) => "timeout".to_owned(),
    };
    state.lookups.silent.note(connection.id);
    tracing::info!(tenant.id = %snapshot.tenant, connection.id = %connection.id, reason, "a number was not looked up");
    None
}

/// Adds an answered lookup to what the tenant used.
async fn record(state: &State, snapshot: &Snapshot, application: ApplicationId, lookup: &NumberLookup) {
    let recorded = state.database.tenant(snapshot.tenant).number_lookups().record(application, lookup.price);
    match tokio::time::timeout(PATIENCE, recorded).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, tenant.id = %snapshot.tenant, "the price of a lookup is not recorded");
        }
        Err(_) => tracing::warn!(tenant.id = %snapshot.tenant, "the price of a lookup may not be recorded"),
    }
}
