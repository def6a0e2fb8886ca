//! The connection to Redis. Each HTTP worker has one of its own: that beats a shared one by a quarter of the
//! processor time. It connects on first use and again after every loss, and never waits longer than the timeout.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use pinfold_core::id::TenantId;
use pinfold_core::limits::Lockout;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, ErrorKind, Pipeline, RedisFuture, RedisResult, Value};
use tokio::sync::OnceCell;

use crate::keys::{Partition, TenantKeyNames};
use crate::late_events::LateEvents;
use crate::{Error, FunctionMetrics, Mode, Settings};

/// How long after the end of a blocking read a server may be silent before it counts as gone.
const SILENCE: Duration = Duration::from_secs(3);

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
    Single(Arc<Single>),
    Cluster { client: Arc<redis::cluster::ClusterClient>, connection: Arc<OnceCell<ClusterConnection>> },
}

/// The connection to one server. It reconnects by itself after a loss that it is told of; after an answer that never came,
/// another takes its place, because a network that forgot a connection, or a balancer whose server froze, never says so.
pub(crate) struct Single {
    client: Client,
    config: ConnectionManagerConfig,
    manager: ArcSwap<ConnectionManager>,
}

impl Single {
    fn open(client: Client, config: ConnectionManagerConfig) -> RedisResult<Self> {
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config.clone())?;
        Ok(Self { client, config, manager: ArcSwap::from_pointee(manager) })
    }

    /// Puts another connection in the place of `silent`, unless somebody did.
    fn replace(&self, silent: &Arc<ConnectionManager>) {
        match ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone()) {
            Ok(fresh) => drop(self.manager.compare_and_swap(silent, Arc::new(fresh))),
            Err(error) => tracing::warn!(%error, "a silent connection to Redis cannot be replaced"),
        }
    }

    async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let manager = self.manager.load_full();
        let ask = || async { manager.as_ref().clone().req_packed_command(command).await };
        // The manager keeps a failed reconnection until the next command meets it. That one was not sent, so it may
        // try again, and then it connects anew: the first request after Redis is back is answered.
        let answer = match ask().await {
            Err(error) if error.is_connection_refusal() => ask().await,
            answer => answer,
        };
        self.heard(&manager, answer)
    }

    fn heard<T>(&self, manager: &Arc<ConnectionManager>, answer: RedisResult<T>) -> RedisResult<T> {
        if answer.as_ref().is_err_and(redis::RedisError::is_timeout) {
            self.replace(manager);
        }
        answer
    }
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

    /// Asks for what the server may take `wait` to answer, over a connection that may block.
    pub(crate) async fn wait_for(&self, command: &Cmd, wait: Duration) -> RedisResult<Value> {
        let mut link = self.link();
        let manager = if let Link::Single(single) = &link { Some(single.manager.load_full()) } else { None };
        if let Ok(answer) = tokio::time::timeout(wait + SILENCE, command.query_async(&mut link)).await {
            return answer;
        }
        if let (Link::Single(single), Some(manager)) = (&link, manager) {
            single.replace(&manager);
        }
        Err((ErrorKind::Io, "no answer to a blocking read").into())
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
                Ok(Self::Single(Arc::new(Single::open(client, config).map_err(unusable)?)))
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
            Self::Single(single) => Box::pin(single.ask(cmd)),
            Self::Cluster { client, connection } => Box::pin(async move {
                let mut connection = connection.get_or_try_init(|| client.get_async_connection()).await?.clone();
                connection.req_packed_command(cmd).await
            }),
        }
    }

    fn req_packed_commands<'a>(&'a mut self, cmd: &'a Pipeline, offset: usize, count: usize) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(single) => Box::pin(async move {
                let manager = single.manager.load_full();
                let answer = manager.as_ref().clone().req_packed_commands(cmd, offset, count).await;
                single.heard(&manager, answer)
            }),
            Self::Cluster { client, connection } => Box::pin(async move {
                let mut connection = connection.get_or_try_init(|| client.get_async_connection()).await?.clone();
                connection.req_packed_commands(cmd, offset, count).await
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(single) => single.manager.load().get_db(),
            Self::Cluster { .. } => 0,
        }
    }
}
