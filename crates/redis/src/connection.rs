//! A handle on the hot state. Each HTTP worker has a connection of its own: that beats a shared one by a quarter of the
//! processor time. It connects on first use and again after every loss, and never waits longer than the timeout.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::id::TenantId;
use pinfold_core::limits::Lockout;
use redis::{Cmd, ErrorKind, RedisResult, Value};

use crate::keys::{Partition, TenantKeyNames};
use crate::late_events::LateEvents;
use crate::link::Link;
use crate::{Error, FunctionMetrics, Settings};

/// How long after the end of a blocking read a server may be silent before it counts as gone.
const SILENCE: Duration = Duration::from_secs(3);

/// A handle on the hot state. Clones share a connection.
#[derive(Clone)]
pub struct Hot {
    link: Link,
    /// For waiting for a replica: meanwhile Redis answers nothing else on that connection.
    pub(crate) replica_link: Link,
    pub(crate) settings: Arc<Settings>,
    pub(crate) lockout: Arc<Lockout>,
    /// A clock for tests; 0 means Redis' own.
    pub(crate) clock_ms: u64,
    pub(crate) metrics: Option<FunctionMetrics>,
    /// Shared by all handles that come from one.
    pub(crate) late: Arc<LateEvents>,
}

impl Hot {
    /// A handle that connects when it is first used.
    ///
    /// # Errors
    /// [`Error::Settings`] when the address cannot be understood.
    pub fn lazy(settings: &Settings, lockout: &Lockout) -> Result<Self, Error> {
        let timeout = Some(settings.response_timeout());
        Ok(Self {
            link: Link::open(settings, timeout)?,
            replica_link: Link::open(settings, timeout)?,
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
        let timeout = Some(self.settings.response_timeout());
        let (link, replica_link) = (Link::open(&self.settings, timeout)?, Link::open(&self.settings, timeout)?);
        Ok(Self { link, replica_link, ..self.clone() })
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
        self.link.single().is_some()
    }

    pub(crate) fn link(&self) -> Link {
        self.link.clone()
    }

    /// Asks for what the server may take `wait` to answer, over a connection that may block.
    pub(crate) async fn wait_for(&self, command: &Cmd, wait: Duration) -> RedisResult<Value> {
        let mut link = self.link();
        let before = link.single().and_then(|single| single.known());
        if let Ok(answer) = tokio::time::timeout(wait + SILENCE, link.ask(command)).await {
            return answer;
        }
        if let (Some(single), Some(silent)) = (link.single(), before) {
            single.forget(&silent);
        }
        Err((ErrorKind::Io, "no answer to a blocking read").into())
    }
}
