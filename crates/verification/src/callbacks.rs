//! Callbacks that a single request asks for. Their messages wait in the tenant's webhook queue, which they reach through one
//! endpoint of the tenant: the first request in a while sees to it that it is there. Only requests that ask for a callback
//! ever do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pinfold_channels::check_callback;
use pinfold_core::id::TenantId;
use pinfold_core::webhook::WebhookType;
use pinfold_http::clock::stopwatch;
use pinfold_http::{Caller, Problem};
use pinfold_postgres::Snapshot;

use crate::State;
use crate::state::record_problem;

/// How long an endpoint is taken to be there; a tenant that deletes it gets it again.
const TRUSTED: Duration = Duration::from_mins(1);
/// Tenants that are remembered at once.
const MOST: usize = 10_000;
/// The longest address: it stays in memory with the PIN.
const LONGEST: usize = 512;
/// What a session tells.
const TYPES: [WebhookType; 4] =
    [WebhookType::PinVerified, WebhookType::PinExhausted, WebhookType::PinExpired, WebhookType::PinCanceled];

/// When each tenant's endpoint was last seen.
#[derive(Debug, Default)]
pub struct Callbacks(Mutex<HashMap<TenantId, Instant>>);

impl Callbacks {
    fn is_there(&self, tenant: TenantId) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&tenant).is_some_and(|seen| seen.elapsed() < TRUSTED)
    }

    fn note(&self, tenant: TenantId) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(tenant, stopwatch());
    }
}

impl State {
    /// Takes an address that a request wants to be called at: one on the public Internet. Whether it still is one is looked
    /// at again with each call.
    ///
    /// # Errors
    /// 400 naming the `field`; 503 when the first such request of a tenant meets a database that is away.
    pub(crate) async fn check_callback(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        field: &'static str,
        url: &str,
    ) -> Result<(), Problem> {
        if url.len() > LONGEST {
            return Err(Problem::field(field, format!("must have at most {LONGEST} bytes")));
        }
        if let Err(errors) = check_callback(url, self.allow_private_addresses) {
            let words = errors.into_iter().next().map_or_else(|| "must be an https address".into(), |error| error.must);
            return Err(Problem::field(field, words));
        }
        if self.callbacks.is_there(caller.tenant) {
            return Ok(());
        }
        let types = TYPES.iter().map(|known| known.name()).collect();
        let endpoints = self.database.tenant(caller.tenant).webhook_endpoints();
        endpoints.ensure_callbacks(types, &snapshot.keys).await.map_err(record_problem)?;
        self.callbacks.note(caller.tenant);
        Ok(())
    }
}
