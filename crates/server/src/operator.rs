//! What an operator's command works with: the settings, the record as the service and as the owner, the hot state.

use anyhow::{Context, bail};
use pinfold_core::keys::MasterKey;
use pinfold_postgres::{Database, Tenant};
use pinfold_redis::Hot;
use secrecy::ExposeSecret;
use tokio_util::task::TaskTracker;

use crate::audit;
use crate::settings::{Layers, Settings, load, master_key};

/// An operator at work.
pub struct Operator {
    pub settings: Settings,
}

impl Operator {
    /// With these settings; what they lack is said when it is needed.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub fn new(layers: &Layers) -> anyhow::Result<Self> {
        Ok(Self { settings: load(layers)? })
    }

    /// Runs asynchronous work to its end.
    ///
    /// # Errors
    /// Those of the work.
    pub fn run<T>(&self, work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let result = runtime.block_on(audit::as_operator(work(self)));
        runtime.shutdown_background();
        result
    }

    /// The record as the service.
    ///
    /// # Errors
    /// When `postgres.url` is unusable.
    pub fn database(&self) -> anyhow::Result<Database> {
        if self.settings.postgres.url.expose_secret().is_empty() {
            bail!("postgres.url is not set: it is the URL of the service's login");
        }
        Ok(Database::connect(&self.settings.postgres, TaskTracker::new())?)
    }

    /// The record as its owner.
    ///
    /// # Errors
    /// When `postgres.admin_url` is unusable.
    pub fn owned_database(&self) -> anyhow::Result<Database> {
        if self.settings.postgres.admin_url.expose_secret().is_empty() {
            bail!("postgres.admin_url is not set: it is the URL of the owner's login");
        }
        Ok(Database::connect(&self.settings.postgres.as_admin(), TaskTracker::new())?)
    }

    /// The hot state.
    ///
    /// # Errors
    /// When `redis.url` is unusable.
    pub fn hot(&self) -> anyhow::Result<Hot> {
        Ok(Hot::lazy(&self.settings.redis, &self.settings.lockout())?)
    }

    /// The platform's master key.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn master(&self) -> anyhow::Result<MasterKey> {
        Ok(master_key(&self.settings)?)
    }
}

/// The tenant with this slug.
///
/// # Errors
/// When there is none.
pub async fn tenant(database: &Database, slug: &str) -> anyhow::Result<Tenant> {
    let found = database.tenants().find(slug).await?;
    found.with_context(|| format!("there is no tenant {slug}; `pinfold tenant list` shows all"))
}
