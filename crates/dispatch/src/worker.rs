//! What all lanes of one worker share.

use std::sync::Arc;

use pinfold_channels::Connectors;
use pinfold_postgres::{Database, Snapshots};
use pinfold_redis::Hot;
use tokio::sync::Semaphore;
use tracing::Span;

use crate::Settings;
use crate::clock::RedisClock;
use crate::lease::Leases;
use crate::lines::Lines;
use crate::metrics::Metrics;
use crate::newest::Newest;
use crate::outage::Outage;
use crate::precedence::Precedence;
use crate::ranks::Ranks;
use crate::regions::Regions;
use crate::release::Due;

/// What all lanes share.
pub(crate) struct Worker {
    pub(crate) hot: Hot,
    pub(crate) database: Database,
    pub(crate) snapshots: Snapshots,
    pub(crate) connectors: Arc<Connectors>,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) clock: RedisClock,
    pub(crate) leases: Arc<Leases>,
    /// One for every message that may be on its way or not settled yet.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) due: Due,
    pub(crate) newest: Newest,
    pub(crate) precedence: Precedence,
    pub(crate) redis: Outage,
    pub(crate) lines: Lines,
    pub(crate) ranks: Ranks,
    pub(crate) regions: Regions,
    pub(crate) follow_trace: fn(&Span, &str),
    /// Where providers reach this installation.
    pub(crate) public_url: Option<String>,
    pub(crate) pages_url: String,
}
