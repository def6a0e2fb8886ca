//! What the role's operations need.

use std::sync::Arc;

use pinfold_channels::Connectors;
use pinfold_core::id::TenantId;
use pinfold_core::keys::MasterKey;
use pinfold_core::limits::Ceilings;
use pinfold_core::ranking::Rules;
use pinfold_http::{Code, Problem};
use pinfold_postgres::{Database, Snapshot, Snapshots, Window};
use pinfold_redis::Hot;

use crate::{IdentityProviders, Mailer, Passwords, PeoplePolicy, Settings};

/// The role's state.
pub struct State {
    /// What tenants configured.
    pub database: Database,
    /// The same in this process; here only for the tenants' keys.
    pub snapshots: Arc<Snapshots>,
    /// Hashes the secrets of API keys.
    pub master: Arc<MasterKey>,
    /// The operator's ceilings.
    pub ceilings: Ceilings,
    /// Whether connections may lead to loopback and private addresses: for development.
    pub allow_private_addresses: bool,
    /// Whether messages of live keys may go to the simulator.
    pub allow_live_simulator: bool,
    /// The rules of the fraud guard for tenants that have none of their own.
    pub fraud: pinfold_core::fraud::Rules,
    /// The hot state: here only for what the workers tell of connections, and to pace test messages.
    pub hot: Hot,
    /// Ways to people, for test messages.
    pub connectors: Arc<Connectors>,
    /// How ranked routes are ranked, to explain it.
    pub ranking: Ranking,
    /// The address under which providers reach this installation, without a slash at its end; none when nobody said it.
    pub public_url: Option<String>,
    /// The address that links to the console begin with, without a slash at its end.
    pub console_url: String,
    /// Sends the platform's mails.
    pub mailer: Mailer,
    /// Judges passwords.
    pub passwords: Passwords,
    /// Tenants' own OpenID providers.
    pub providers: IdentityProviders,
    /// What people have to prove.
    pub people: PeoplePolicy,
    /// The role's settings.
    pub settings: Settings,
}

/// How the workers rank.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// The rules.
    pub rules: Rules,
    /// Which messages are counted.
    pub window: Window,
}

impl State {
    /// A tenant's snapshot, for the keys that seal its connections.
    ///
    /// # Errors
    /// 503 when a cold one cannot be read, 401 when the tenant is gone.
    pub(crate) async fn snapshot(&self, tenant: TenantId) -> Result<Arc<Snapshot>, Problem> {
        let snapshot = self.snapshots.tenant(tenant).await.map_err(Problem::unavailable)?;
        snapshot.ok_or_else(|| Problem::new(Code::Unauthorized))
    }
}
