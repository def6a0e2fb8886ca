//! Whether this Redis is fit to hold PINs, and how full its queues are.

use std::collections::HashMap;

use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisConnectionInfo, Value};

use crate::queue::queued_ms;
use crate::record::time;
use crate::{Error, Hot, Partition, stream};

/// The oldest server the scripts run on.
const OLDEST: (u32, u32) = (7, 0);

/// What was found of a server.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Its version.
    pub version: String,
    /// Whether the version is one the scripts run on.
    pub is_recent: bool,
    /// What it does when memory is full.
    pub eviction_policy: String,
    /// Whether the append-only file is on.
    pub is_durable: bool,
    /// Whether it refuses who shows no credentials.
    pub needs_password: bool,
    /// Its clock, in milliseconds.
    pub now_ms: u64,
}

impl Probe {
    /// Why a production start must refuse this server, if it must.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.is_recent {
            faults.push(format!("Redis {} is too old: {}.{} or newer is needed", self.version, OLDEST.0, OLDEST.1));
        }
        if self.eviction_policy != "noeviction" {
            faults.push(format!(
                "Redis evicts keys ({}): set maxmemory-policy noeviction, or limits and locks vanish",
                self.eviction_policy
            ));
        }
        if !self.is_durable {
            faults.push("Redis keeps nothing over a restart: set appendonly yes".to_owned());
        }
        if !self.needs_password {
            faults.push("Redis lets anyone in: set a password or an ACL user".to_owned());
        }
        faults
    }
}

/// How much waits in a partition.
#[derive(Debug, Clone, Copy, Default)]
pub struct Depth {
    /// Messages to deliver, those in a worker's hand and those that are parked included.
    pub jobs: u64,
    /// Those of them that wait for their tenant's turn.
    pub parked: u64,
    /// Age of the oldest of them, in milliseconds.
    pub oldest_job_ms: u64,
    /// Events to record.
    pub events: u64,
    /// Retries that wait for their time.
    pub due: u64,
    /// Messages that were given up.
    pub dead: u64,
}

impl Hot {
    /// Asks the server about itself.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn probe(&self) -> Result<Probe, Error> {
        let mut link = self.link();
        let info: redis::InfoDict = redis::cmd("INFO").arg("server").query_async(&mut link).await?;
        let version: String = info.get("redis_version").unwrap_or_default();
        let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
        let read: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        // CONFIG is forbidden on some managed servers: what cannot be read is taken from INFO.
        let config: HashMap<String, String> =
            redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").query_async(&mut link).await.unwrap_or_default();
        let memory: redis::InfoDict = redis::cmd("INFO").arg("memory").query_async(&mut link).await?;
        let persistence: redis::InfoDict = redis::cmd("INFO").arg("persistence").query_async(&mut link).await?;
        let policy = config.get("maxmemory-policy").cloned().or_else(|| memory.get("maxmemory_policy")).unwrap_or_default();
        Ok(Probe {
            is_recent: read >= OLDEST,
            version,
            eviction_policy: policy,
            is_durable: persistence.get::<u8>("aof_enabled") == Some(1),
            needs_password: self.needs_password().await?,
            now_ms: self.now_ms().await?,
        })
    }

    /// Asks the first node without credentials: an address that has some is let in by a server that wants none, too.
    async fn needs_password(&self) -> Result<bool, Error> {
        let node = match self.link().single() {
            Some(single) => single.client().await?.get_connection_info().clone(),
            None => self.settings.nodes().next().unwrap_or_default().into_connection_info()?,
        };
        let client = Client::open(node.set_redis_settings(RedisConnectionInfo::default()))?;
        let timeout = Some(self.settings.response_timeout());
        let config = AsyncConnectionConfig::new().set_connection_timeout(timeout).set_response_timeout(timeout);
        let ask = async {
            let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            redis::cmd("PING").query_async::<()>(&mut connection).await
        };
        match ask.await {
            Ok(()) => Ok(false),
            // A default user without a password that may do nothing lets nobody do anything.
            Err(error) if matches!(error.code(), Some("NOAUTH" | "NOPERM")) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// How much waits in a partition.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn depth(&self, partition: Partition) -> Result<Depth, Error> {
        let mut pipeline = redis::pipe();
        for stream in [partition.jobs(), partition.events(), partition.dead()] {
            pipeline.cmd("XLEN").arg(stream);
        }
        pipeline.cmd("ZCARD").arg(partition.due());
        pipeline.cmd("GET").arg(partition.parked());
        pipeline.cmd("XRANGE").arg(partition.jobs()).arg("-").arg("+").arg("COUNT").arg(1);
        pipeline.cmd("LINDEX").arg(partition.turns()).arg(0);
        type Answer = (u64, u64, u64, u64, Option<u64>, Value, Option<Vec<u8>>);
        let (jobs, events, dead, due, parked, oldest, flow): Answer = pipeline.query_async(&mut self.link()).await?;
        let parked = parked.unwrap_or(0);
        let next: Option<Vec<u8>> = match flow {
            Some(flow) => redis::cmd("LINDEX").arg(partition.parked_of(&flow)).arg(0).query_async(&mut self.link()).await?,
            None => None,
        };
        let oldest = stream::entries(oldest)?.into_iter().map(|it| queued_ms(&it));
        let oldest_job_ms = match oldest.chain(next.iter().filter_map(|it| time(it))).min() {
            Some(at) => self.now_ms().await?.saturating_sub(at),
            None => 0,
        };
        Ok(Depth { jobs: jobs + parked, parked, oldest_job_ms, events, due, dead })
    }
}
