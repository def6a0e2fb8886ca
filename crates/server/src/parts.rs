//! What a process has once, whatever its roles: settings, secrets, connections, what it knows of tenants, its health.

use std::sync::{Arc, Mutex};

use actix_web::web::Bytes;
use anyhow::Context;
use pinfold_channels::{Connectors, ReceivedReceipt};
use pinfold_core::keys::MasterKey;
use pinfold_core::limits::Ceilings;
use pinfold_gateway::{KeyUses, SessionCache, Simulator, SimulatorAccess};
use pinfold_http::identity::Identities;
use pinfold_postgres::{Database, Snapshots};
use pinfold_redis::{FunctionMetrics, Hot};
use pinfold_verification::Signer;
use tokio::sync::mpsc;

use crate::background;
use crate::health::Health;
use crate::lifecycle::Lifecycle;
use crate::openapi;
use crate::roles::Roles;
use crate::settings::{Settings, master_key};

/// The parts of a process.
pub struct Parts {
    pub settings: Settings,
    pub roles: Roles,
    pub life: Lifecycle,
    pub master: Arc<MasterKey>,
    pub identities: Arc<Identities>,
    pub ceilings: Ceilings,
    /// For background work; every HTTP worker has a connection of its own.
    pub hot: Hot,
    pub functions: FunctionMetrics,
    pub database: Database,
    pub snapshots: Arc<Snapshots>,
    /// Which API keys were used here, until that is recorded.
    pub key_uses: Arc<KeyUses>,
    pub signer: Arc<Signer>,
    /// Sessions of people that were asked for a moment ago.
    pub sessions: SessionCache,
    pub simulator: Option<Arc<Simulator>>,
    pub openapi: Bytes,
    pub health: Arc<Health>,
    /// Ways to people: for deliveries and for test messages.
    pub connectors: Arc<Connectors>,
    /// Sends the platform's mails.
    pub mailer: pinfold_config_service::Mailer,
    /// Judges passwords.
    pub passwords: pinfold_config_service::Passwords,
    /// Tenants' own OpenID providers.
    pub providers: pinfold_config_service::IdentityProviders,
    /// Connections that did not answer a lookup lately.
    pub silent: Arc<pinfold_verification::Silent>,
    pub told: Arc<pinfold_verification::Told>,
    /// Counts receipts, wherever they come in.
    pub receipts: pinfold_dispatch::ReceiptMetrics,
    /// What connectors take of receipts, until somebody keeps them.
    pub received: Mutex<Option<mpsc::Receiver<ReceivedReceipt>>>,
}

/// Receipts that wait to be stored; past that, providers keep theirs.
const RECEIPTS: usize = 1_024;

impl Parts {
    /// Makes them. Connects to nothing yet. Must be called on the runtime that lasts as long as the process.
    ///
    /// # Errors
    /// What the settings' check could not see.
    pub fn new(settings: Settings, roles: Roles, life: Lifecycle) -> anyhow::Result<Self> {
        let master = Arc::new(master_key(&settings)?);
        let functions = FunctionMetrics::default();
        let hot = Hot::lazy(&settings.redis, &settings.lockout())?.measured(functions.clone());
        let database = Database::connect(&settings.postgres, life.tracker())?;
        let snapshots = Arc::new(Snapshots::new(database.clone(), Arc::clone(&master), &settings.postgres));
        let access = if settings.is_production() { SimulatorAccess::SandboxKeys } else { SimulatorAccess::Open };
        let is_simulating = settings.simulator.enabled && roles.has_edge();
        let simulator = is_simulating.then(|| Simulator::new(access, life.tracker(), life.soft()));
        let issuer = settings.public_url().as_str().trim_end_matches('/').to_owned();
        let openapi = openapi::document().to_json().context("the OpenAPI document")?;
        let health = Health::new(life.soft(), roles.need_redis(), settings.is_production());
        let identities = Arc::new(Identities::new(&settings.security.internal_secret));
        let endpoint = settings.simulator.enabled.then(|| background::simulator(&settings, &roles, &identities));
        let mut channels = settings.delivery().channels(endpoint);
        // The operator names the mail server, so it may be at a private address.
        let platform = pinfold_channels::Settings { allow_private_addresses: true, ..channels.clone() };
        let mailer = pinfold_config_service::Mailer::new(Arc::new(Connectors::new(platform)), settings.mail_connection()?);
        let received = roles.keep_receipts().then(|| {
            let (sink, received) = mpsc::channel(RECEIPTS);
            channels.receipts = Some(sink);
            received
        });
        Ok(Self {
            connectors: Arc::new(Connectors::new(channels)),
            mailer,
            passwords: pinfold_config_service::Passwords::default(),
            providers: pinfold_config_service::IdentityProviders::new(settings.delivery.allow_loopback),
            silent: Arc::default(),
            key_uses: Arc::default(),
            told: Arc::default(),
            receipts: pinfold_dispatch::ReceiptMetrics::default(),
            received: Mutex::new(received),
            identities,
            signer: Arc::new(Signer::new(issuer)),
            openapi: openapi.into(),
            health: Arc::new(health),
            ceilings: settings.ceilings(),
            settings,
            roles,
            life,
            master,
            hot,
            functions,
            database,
            snapshots,
            sessions: SessionCache::default(),
            simulator,
        })
    }
}
