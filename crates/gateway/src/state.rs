//! What the gateway's operations need; one for each HTTP worker.

use std::sync::Arc;

use bytes::Bytes;
use pinfold_core::keys::MasterKey;
use pinfold_http::identity::Identities;
use pinfold_postgres::{Database, Snapshots};
use pinfold_redis::Hot;

use crate::{KeyUses, SessionCache, Settings, Simulator};

/// What the gateway's operations need; the server adds it as `web::Data`.
pub struct State {
    /// Sessions and access tokens.
    pub hot: Hot,
    /// Tenants and their API keys.
    pub snapshots: Snapshots,
    /// Which API keys were used, until that is recorded.
    pub uses: Arc<KeyUses>,
    /// The system of record, which knows the sessions of people.
    pub database: Database,
    /// Those that were asked for a moment ago.
    pub sessions: SessionCache,
    /// Hashes credentials.
    pub master: Arc<MasterKey>,
    /// Checks who brings messages to the simulator.
    pub identities: Arc<Identities>,
    /// How the gateway is reached.
    pub settings: Arc<Settings>,
    /// The OpenAPI document.
    pub openapi: Bytes,
    /// The simulated phone, where there is one.
    pub simulator: Option<Arc<Simulator>>,
}
