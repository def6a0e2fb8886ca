//! A connection, made ready to send. Connectors are kept, so that open connections to a provider are used again;
//! one whose settings changed is built anew, and the old one ends with its last message.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use foldhash::fast::RandomState;
use moka::sync::Cache;
use pinfold_core::connection::Connection;
use pinfold_core::id::ConnectionId;
use pinfold_core::lookup::NumberFacts;
use pinfold_core::phone::Phone;
use pinfold_core::receipt::Receipt;
use rustls::ClientConfig;
use tokio_util::task::TaskTracker;

use crate::address::Addresses;
use crate::check::check;
use crate::client::{self, Client};
use crate::kinds::{Parts, kind};
use crate::outcome::Outcome;
use crate::outgoing::Outgoing;
use crate::received::ReceiptSink;
use crate::settings::{LONGEST_DEADLINE, Settings, SimulatorEndpoint};

/// How many connections are kept ready.
const KEPT: u64 = 1024;
/// How long one is kept without use.
const KEPT_IDLE: Duration = Duration::from_secs(15 * 60);

/// A way to a person.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Makes one attempt, within the deadline of the settings. Dropping the future abandons it.
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome;

    /// Asks what is known of a number, within the same deadline. Only some providers answer: see
    /// [`Provider::looks_up`](pinfold_core::connection::Provider::looks_up).
    ///
    /// # Errors
    /// What came of it instead; never accepted.
    async fn look_up(&self, _: &Phone) -> Result<NumberFacts, Outcome> {
        Err(Outcome::permanent("lookup_unsupported"))
    }

    /// Asks what became of a message, within the same deadline. Only for providers that do not tell by themselves: see
    /// [`Provider::is_polled`](pinfold_core::connection::Provider::is_polled).
    ///
    /// # Errors
    /// What came of it instead; never accepted.
    async fn ask(&self, _provider_id: &str) -> Result<Receipt, Outcome> {
        Err(Outcome::permanent("polling_unsupported"))
    }
    /// Ends what runs for it, gently: it is no longer used.
    fn retire(&self) {}
}

/// The connection cannot be used as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidConnection(pub(crate) Cow<'static, str>);

impl InvalidConnection {
    pub(crate) fn new(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// Connectors, ready to send.
pub struct Connectors {
    settings: Settings,
    tls: LazyLock<Arc<ClientConfig>>,
    simulator: OnceLock<Client>,
    ready: Cache<ConnectionId, Arc<Ready>, RandomState>,
    building: Mutex<()>,
    /// What runs for connectors.
    tasks: TaskTracker,
}

struct Ready {
    /// What it was built of, or what is equal to that and was asked for since.
    connection: ArcSwap<Connection>,
    connector: Arc<dyn Connector>,
}

impl Connectors {
    /// Nothing is ready yet.
    #[must_use]
    pub fn new(mut settings: Settings) -> Self {
        settings.deadline = settings.deadline.min(LONGEST_DEADLINE);
        Self {
            settings,
            tls: LazyLock::new(|| Arc::new(client::tls())),
            simulator: OnceLock::new(),
            ready: Cache::builder()
                .max_capacity(KEPT)
                .time_to_idle(KEPT_IDLE)
                .eviction_listener(|_, ready: Arc<Ready>, _| ready.connector.retire())
                .build_with_hasher(RandomState::default()),
            building: Mutex::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// The connector of a connection, whether that is enabled or not.
    ///
    /// # Errors
    /// [`InvalidConnection`] when its settings cannot be used.
    pub fn get(&self, connection: &Arc<Connection>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        if let Some(connector) = self.known(connection) {
            return Ok(connector);
        }
        // One after another: two of one connection would bind twice.
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connector) = self.known(connection) {
            return Ok(connector);
        }
        let connector = self.build(connection)?;
        let ready = Ready { connection: ArcSwap::from(Arc::clone(connection)), connector: Arc::clone(&connector) };
        self.ready.insert(connection.id, Arc::new(ready));
        Ok(connector)
    }

    /// The connector of a connection, if it is ready and nothing has changed.
    fn known(&self, connection: &Arc<Connection>) -> Option<Arc<dyn Connector>> {
        let ready = self.ready.get(&connection.id)?;
        let of = ready.connection.load();
        if !Arc::ptr_eq(&of, connection) {
            let is_same = of.provider == connection.provider
                && of.name == connection.name
                && self.deadline(&of) == self.deadline(connection);
            if !is_same {
                return None;
            }
            // The next ones come from the same snapshot, and need no comparison.
            ready.connection.store(Arc::clone(connection));
        }
        Some(Arc::clone(&ready.connector))
    }

    /// How long one attempt over a connection may take: its own deadline, or else the operator's.
    #[must_use]
    pub fn deadline(&self, connection: &Connection) -> Duration {
        let own = connection.traffic.deadline_ms.map(|ms| Duration::from_millis(ms.into()));
        own.unwrap_or(self.settings.deadline).min(LONGEST_DEADLINE)
    }

    fn build(&self, connection: &Connection) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let addresses = Addresses { allow_private: self.settings.allow_private_addresses };
        check(&connection.provider, addresses.allow_private).map_err(|errors| {
            let first = errors.first().map(|error| format!("{} {}", error.field, error.must));
            InvalidConnection(first.unwrap_or_default().into())
        })?;
        let parts = Parts {
            id: connection.id,
            name: &connection.name,
            addresses,
            deadline: self.deadline(connection),
            clock: self.settings.clock,
            connectors: self,
        };
        kind(&connection.provider).build(&parts)
    }

    /// Ends what runs for connectors, links to SMSCs for instance, and waits for that: at most as long as one attempt may take.
    /// Nothing is to be delivered any more.
    pub async fn close(&self) {
        self.ready.invalidate_all();
        self.ready.run_pending_tasks();
        self.tasks.close();
        let _ = tokio::time::timeout(self.settings.deadline, self.tasks.wait()).await;
    }

    /// What runs for connectors.
    pub(crate) fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Who takes receipts.
    pub(crate) fn receipts(&self) -> Option<ReceiptSink> {
        self.settings.receipts.clone()
    }

    /// TLS for anything but HTTP, which negotiates its version.
    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// The simulated phone, and the client that all its connections share.
    pub(crate) fn phone(&self) -> Result<(&SimulatorEndpoint, Client), InvalidConnection> {
        let endpoint = self.settings.simulator.as_ref().ok_or(InvalidConnection::new("there is no simulator here"))?;
        let client = || self.client(Addresses { allow_private: true }, self.settings.deadline);
        Ok((endpoint, self.simulator.get_or_init(client).clone()))
    }

    pub(crate) fn client(&self, addresses: Addresses, deadline: Duration) -> Client {
        Client::new(&self.tls, addresses, deadline)
    }
}

impl std::fmt::Debug for Connectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connectors").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_makes_an_attempt_longer_than_ten_seconds() {
        let settings = Settings { deadline: Duration::from_secs(60), ..Settings::default() };
        assert_eq!(Connectors::new(settings).settings.deadline, Duration::from_secs(10));
    }
}
