//! The connection to Redis. Each HTTP worker has one of its own: that beats a shared one by a quarter of the
//! processor time. It connects on first use and again after every loss, and never waits longer than the timeout.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::id::TenantId;
use pinfold_core::limits::Lockout;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, Pipeline, RedisFuture, Value};
use tokio::sync::OnceCell;

use crate::keys::{Partition, TenantKeyNames};
use crate::late_events::LateEvents;
use crate::{Error, FunctionMetrics, Mode, Settings};

/// How long after the end of a blocking read a server may be silent before it counts as gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(3);

/// A handle on the hot state. Clones share a connection.
#[derive(Clone)]
pub struct Hot {
    link: Link,
    pub(crate) settings: Arc<Settings>,
    pub(crate) lockout: Arc<Lockout>,
    /// A clock for tests; 0 means Redis' own.
    pub(crate) clock_ms: u64,
    pub(crate) metrics: Option<FunctionMetrics>,
    /// Shared by all handles that come from one.
    pub(crate) late: Arc<LateEvents>,
}

#[derive(Clone)]
pub(crate) enum Link {
    Single(ConnectionManager),
    Cluster { client: Arc<redis::cluster::ClusterClient>, connection: Arc<OnceCell<ClusterConnection>> },
}

impl Hot {
    /// A handle that connects when it is first used.
    ///
    /// # Errors
    /// [`Error::Settings`] when the address cannot be understood.
    pub fn lazy(settings: &Settings, lockout: &Lockout) -> Result<Self, Error> {
        Ok(Self {
            link: Link::open(settings, Some(settings.response_timeout()))?,
            settings: Arc::new(settings.clone()),
            lockout: Arc::new(lockout.clone()),
            clock_ms: 0,
            metrics: None,
            late: Arc::default(),
        })
    }

    /// A handle with a connection of its own.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn separate(&self) -> Result<Self, Error> {
        Ok(Self { link: Link::open(&self.settings, Some(self.settings.response_timeout()))?, ..self.clone() })
    }

    /// A handle with a connection of its own that may block for long: for readers of queues.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn blocking(&self) -> Result<Self, Error> {
        Ok(Self { link: Link::open(&self.settings, None)?, ..self.clone() })
    }

    /// The same handle, whose functions are timed.
    #[must_use]
    pub fn measured(self, metrics: FunctionMetrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// The same handle with a clock that stands at `now_ms`, for tests of time.
    #[must_use]
    pub fn at(&self, now_ms: u64) -> Self {
        Self { clock_ms: now_ms, ..self.clone() }
    }

    /// Every partition.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        Partition::all(self.settings.partitions)
    }

    /// The partition of a tenant.
    #[must_use]
    pub fn partition(&self, tenant: TenantId) -> Partition {
        Partition::of(tenant, self.settings.partitions)
    }

    pub(crate) fn names(&self, tenant: TenantId) -> TenantKeyNames {
        TenantKeyNames::new(tenant, self.partition(tenant))
    }

    /// Whether one command may name keys of several partitions.
    pub(crate) fn spans_partitions(&self) -> bool {
        matches!(self.link, Link::Single(_))
    }

    pub(crate) fn link(&self) -> Link {
        self.link.clone()
    }
}

impl Link {
    fn open(settings: &Settings, response_timeout: Option<Duration>) -> Result<Self, Error> {
        let unusable = |_| Error::Settings("redis.url must be an address such as redis://:password@127.0.0.1:6379");
        let mut nodes = settings.nodes();
        match settings.mode {
            Mode::Single => {
                let client = Client::open(nodes.next().unwrap_or_default()).map_err(unusable)?;
                let config = ConnectionManagerConfig::new()
                    .set_connection_timeout(Some(Duration::from_millis(500)))
                    .set_response_timeout(response_timeout)
                    .set_number_of_retries(1)
                    .set_min_delay(Duration::from_millis(20))
                    .set_max_delay(Duration::from_millis(100));
                Ok(Self::Single(ConnectionManager::new_lazy_with_config(client, config).map_err(unusable)?))
            }
            Mode::Cluster => {
                let mut builder = ClusterClientBuilder::new(nodes).retries(2).connection_timeout(Duration::from_millis(500));
                if let Some(timeout) = response_timeout {
                    builder = builder.response_timeout(timeout);
                }
                let client = Arc::new(builder.build().map_err(unusable)?);
                Ok(Self::Cluster { client, connection: Arc::default() })
            }
        }
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            // The manager keeps a failed reconnection until the next command meets it. That one was not sent, so it may
            // try again, and then it connects anew: the first request after Redis is back is answered.
            Self::Single(manager) => Box::pin(async move {
                match manager.req_packed_command(cmd).await {
                    Err(error) if error.is_connection_refusal() => manager.req_packed_command(cmd).await,
                    answer => answer,
                }
            }),
            Self::Cluster { client, connection } => Box::pin(async move {
                let mut connection = connection.get_or_try_init(|| client.get_async_connection()).await?.clone();
                connection.req_packed_command(cmd).await
            }),
        }
    }

    fn req_packed_commands<'a>(&'a mut self, cmd: &'a Pipeline, offset: usize, count: usize) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(manager) => manager.req_packed_commands(cmd, offset, count),
            Self::Cluster { client, connection } => Box::pin(async move {
                let mut connection = connection.get_or_try_init(|| client.get_async_connection()).await?.clone();
                connection.req_packed_commands(cmd, offset, count).await
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(manager) => manager.get_db(),
            Self::Cluster { .. } => 0,
        }
    }
}
