//! What the operator decides about reaching providers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::received::ReceiptSink;

/// No attempt takes longer, whatever the settings say: a person waits, and a worker's lease runs.
pub const LONGEST_DEADLINE: Duration = Duration::from_secs(10);

/// Settings of all connectors.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long one attempt may take in all, at most [`LONGEST_DEADLINE`].
    pub deadline: Duration,
    /// Whether connections may reach loopback, private and link-local addresses, and go unencrypted: for development.
    pub allow_private_addresses: bool,
    /// The simulated phone, where there is one.
    pub simulator: Option<SimulatorEndpoint>,
    /// The wall clock, in Unix milliseconds: tokens for providers bear its time. The default stands still.
    pub clock: fn() -> u64,
    /// Who takes receipts that come in over connections of our own; without it none are asked for.
    pub receipts: Option<ReceiptSink>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(8), allow_private_addresses: false, simulator: None, clock: || 0, receipts: None }
    }
}

/// Where the simulated phone takes messages. The operator names it, so it may be at a private address.
#[derive(Clone)]
pub struct SimulatorEndpoint {
    /// Its base; messages go to `api/messages` below it.
    pub url: Url,
    /// Gives the bearer token for one request.
    pub token: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for SimulatorEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorEndpoint").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}
