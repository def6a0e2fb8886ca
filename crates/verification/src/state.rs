//! What the role's operations need.

use std::sync::Arc;

use pinfold_core::application::{Application, Durability};
use pinfold_core::fraud::Rules;
use pinfold_core::id::{ApplicationId, MessageId, TenantId};
use pinfold_core::limits::Ceilings;
use pinfold_core::message::Message;
use pinfold_http::{Code, Problem};
use pinfold_postgres::{Database, Snapshot, Snapshots};
use pinfold_redis::Hot;

use crate::fraud::Told;
use crate::number_check::Lookups;
use crate::{Callbacks, Settings, Signer};

/// The role's state; one for each HTTP worker, because each has its own connection to the hot state.
pub struct State {
    /// Live PINs.
    pub hot: Hot,
    /// What tenants configured.
    pub snapshots: Arc<Snapshots>,
    /// What became of PINs.
    pub database: Database,
    /// The operator's ceilings.
    pub ceilings: Ceilings,
    /// Signs session tokens.
    pub signer: Arc<Signer>,
    /// What looks numbers up.
    pub lookups: Lookups,
    /// The rules of the fraud guard for tenants that have none of their own.
    pub fraud: Rules,
    /// What the guard decided a moment ago.
    pub told: Arc<Told>,
    /// The address under which clients reach this installation, without a slash at its end; none when nobody said it.
    pub public_url: Option<String>,
    /// Whether tenants may name addresses at loopback and in private networks.
    pub allow_private_addresses: bool,
    /// What is known of tenants whose sessions call back.
    pub callbacks: Callbacks,
    /// The role's settings.
    pub settings: Settings,
}

impl State {
    /// Waits until what was done is as sure as its application wants it, before it is answered.
    ///
    /// # Errors
    /// 503 when no replica of Redis has it.
    pub(crate) async fn make_sure(&self, tenant: TenantId, durability: Durability) -> Result<(), Problem> {
        match durability {
            Durability::Standard => Ok(()),
            Durability::Strict => self.hot.replicated(tenant).await.map_err(hot_problem),
        }
    }

    /// A tenant's configuration.
    ///
    /// # Errors
    /// 401 for a tenant that is gone or disabled, 503 when a cold one cannot be read.
    pub async fn snapshot(&self, tenant: TenantId) -> Result<Arc<Snapshot>, Problem> {
        let snapshot = match self.snapshots.peek_tenant(tenant) {
            Some(snapshot) => Some(snapshot),
            None => self.snapshots.tenant(tenant).await.map_err(Problem::unavailable)?,
        };
        snapshot.filter(|snapshot| snapshot.is_enabled).ok_or_else(|| Problem::new(Code::Unauthorized))
    }

    /// A tenant's configuration that knows an application and a template, if there are such: a client that has just
    /// created them may be faster than the news of it.
    ///
    /// # Errors
    /// See [`Self::snapshot`].
    pub(crate) async fn snapshot_with(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        message: Option<MessageId>,
    ) -> Result<Arc<Snapshot>, Problem> {
        let snapshot = self.snapshot(tenant).await?;
        let knows =
            snapshot.applications.contains_key(&application) && message.is_none_or(|id| snapshot.messages.contains_key(&id));
        if knows {
            return Ok(snapshot);
        }
        Ok(self.snapshots.newest(snapshot).await)
    }
}

impl State {
    /// A tenant's configuration and the application of a short name, which may just have been given.
    ///
    /// # Errors
    /// See [`Self::snapshot`]; 400 naming the `field` when no application has it.
    pub(crate) async fn snapshot_of_slug(
        &self,
        tenant: TenantId,
        field: &'static str,
        slug: &str,
    ) -> Result<(Arc<Snapshot>, ApplicationId), Problem> {
        let mut snapshot = self.snapshot(tenant).await?;
        if !snapshot.slugs.contains_key(slug) {
            snapshot = self.snapshots.newest(snapshot).await;
        }
        match snapshot.slugs.get(slug).copied() {
            Some(application) => Ok((snapshot, application)),
            None => Err(Problem::field(field, "must be the slug of an application of yours")),
        }
    }
}

/// A store that failed: worth coming back, or our fault.
pub(crate) fn hot_problem(error: pinfold_redis::Error) -> Problem {
    if error.is_unavailable() { Problem::unavailable(error) } else { Problem::internal(error) }
}

/// Like [`hot_problem`], for the system of record.
pub(crate) fn record_problem(error: pinfold_postgres::Error) -> Problem {
    if error.is_unavailable() { Problem::unavailable(error) } else { Problem::internal(error) }
}

/// An enabled application.
///
/// # Errors
/// 404 when the tenant has no such application, 403 when it is switched off.
pub(crate) fn application(snapshot: &Snapshot, id: ApplicationId) -> Result<&Application, Problem> {
    let application = snapshot.applications.get(&id).ok_or_else(|| Problem::new(Code::NotFound))?;
    if application.is_enabled { Ok(application) } else { Err(Problem::new(Code::ApplicationDisabled)) }
}

/// A message template and its enabled application.
///
/// # Errors
/// 404 when either is gone, 403 when the application is switched off.
pub(crate) fn message(snapshot: &Snapshot, id: MessageId) -> Result<(&Message, &Application), Problem> {
    let message = snapshot.messages.get(&id).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok((message, application(snapshot, message.application)?))
}
