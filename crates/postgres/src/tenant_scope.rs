//! What one tenant owns. Every statement below names the tenant twice: in the transaction, where row-level security
//! holds it to that tenant, and in its own condition, which starts the index.

use diesel_async::AsyncPgConnection;
use futures::future::BoxFuture;
use pinfold_core::id::{ApplicationId, EntityId, TenantId, WebhookEndpointId};
use uuid::Uuid;

use crate::audit::Audit;
use crate::database::{Access, Database};
use crate::{
    Alerts, ApiKeys, ApplicationTestNumbers, Applications, Challenges, Connections, Entities, Error, Factors, Fallbacks, Fraud,
    Invitations, Members, Messages, MessagingConfigurations, NumberLookups, Origins, Privacy, PublicKeys, RateLimits, Receipts,
    Routes, SafeNumbers, Services, SingleSignOns, TemplateSets, TenantCaps, Traffic, Verifications, WebhookEndpoints,
    WebhookMessages,
};

/// A tenant's part of the system of record.
#[derive(Debug, Clone, Copy)]
pub struct TenantScope<'a> {
    database: &'a Database,
    tenant: TenantId,
}

impl<'a> TenantScope<'a> {
    pub(crate) fn new(database: &'a Database, tenant: TenantId) -> Self {
        Self { database, tenant }
    }

    /// Whose part it is.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.tenant
    }

    /// Its applications.
    #[must_use]
    pub fn applications(self) -> Applications<'a> {
        Applications(self)
    }

    /// Its message templates.
    #[must_use]
    pub fn messages(self) -> Messages<'a> {
        Messages(self)
    }

    /// The fallback plans of its message templates.
    #[must_use]
    pub fn fallbacks(self) -> Fallbacks<'a> {
        Fallbacks(self)
    }

    /// Its provider connections.
    #[must_use]
    pub fn connections(self) -> Connections<'a> {
        Connections(self)
    }

    /// Its default routes.
    #[must_use]
    pub fn routes(self) -> Routes<'a> {
        Routes(self)
    }

    /// What was done in it, and by whom.
    #[must_use]
    pub fn audit(self) -> Audit<'a> {
        Audit(self)
    }

    /// How long it keeps what leads to people.
    #[must_use]
    pub fn privacy(self) -> Privacy<'a> {
        Privacy(self)
    }

    /// Its API keys.
    #[must_use]
    pub fn api_keys(self) -> ApiKeys<'a> {
        ApiKeys(self)
    }

    /// The public keys of its applications.
    #[must_use]
    pub fn public_keys(self) -> PublicKeys<'a> {
        PublicKeys(self)
    }

    /// The test numbers of one of its applications.
    #[must_use]
    pub fn test_numbers(self, application: ApplicationId) -> ApplicationTestNumbers<'a> {
        ApplicationTestNumbers(self, application)
    }

    /// Its texts under names.
    #[must_use]
    pub fn template_sets(self) -> TemplateSets<'a> {
        TemplateSets(self)
    }

    /// Where what an import made comes from.
    #[must_use]
    pub fn origins(self) -> Origins<'a> {
        Origins(self)
    }

    /// What became of its PINs, in figures.
    #[must_use]
    pub fn traffic(self) -> Traffic<'a> {
        Traffic(self)
    }

    /// The caps on what it sends, and what it sent.
    #[must_use]
    pub fn caps(self) -> TenantCaps<'a> {
        TenantCaps(self)
    }

    /// Its rules of the fraud guard, its lists, and what was decided.
    #[must_use]
    pub fn fraud(self) -> Fraud<'a> {
        Fraud(self)
    }

    /// What needs its eye.
    #[must_use]
    pub fn alerts(self) -> Alerts<'a> {
        Alerts(self)
    }

    /// How it has numbers looked up.
    #[must_use]
    pub fn number_lookups(self) -> NumberLookups<'a> {
        NumberLookups(self)
    }

    /// What providers say of its messages.
    #[must_use]
    pub fn receipts(self) -> Receipts<'a> {
        Receipts(self)
    }

    /// What became of its PINs.
    #[must_use]
    pub fn verifications(self) -> Verifications<'a> {
        Verifications(self)
    }

    /// Where it is told what happened.
    #[must_use]
    pub fn webhook_endpoints(self) -> WebhookEndpoints<'a> {
        WebhookEndpoints(self)
    }

    /// What one of its endpoints was told.
    #[must_use]
    pub fn webhook_messages(self, endpoint: WebhookEndpointId) -> WebhookMessages<'a> {
        WebhookMessages { scope: self, endpoint }
    }

    /// Its applications as services.
    #[must_use]
    pub fn services(self) -> Services<'a> {
        Services(self)
    }

    /// The limits that it defined for one of its applications.
    #[must_use]
    pub fn rate_limits(self, application: ApplicationId) -> RateLimits<'a> {
        RateLimits { scope: self, application }
    }

    /// What it said of countries for one of its applications.
    #[must_use]
    pub fn messaging_configurations(self, application: ApplicationId) -> MessagingConfigurations<'a> {
        MessagingConfigurations { scope: self, application }
    }

    /// The numbers that it called safe.
    #[must_use]
    pub fn safe_numbers(self) -> SafeNumbers<'a> {
        SafeNumbers(self)
    }

    /// The people of one of its applications.
    #[must_use]
    pub fn entities(self, application: ApplicationId) -> Entities<'a> {
        Entities { scope: self, application }
    }

    /// The authenticator apps of a person.
    #[must_use]
    pub fn factors(self, application: ApplicationId, entity: EntityId) -> Factors<'a> {
        Factors { scope: self, application, entity }
    }

    /// The questions for codes of a person's apps.
    #[must_use]
    pub fn challenges(self, application: ApplicationId, entity: EntityId) -> Challenges<'a> {
        Challenges { scope: self, application, entity }
    }

    /// Its people.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        Members(self)
    }

    /// Those who are asked to become members.
    #[must_use]
    pub fn invitations(self) -> Invitations<'a> {
        Invitations(self)
    }

    /// How its people sign in at its own provider.
    #[must_use]
    pub fn single_sign_on(self) -> SingleSignOns<'a> {
        SingleSignOns(self)
    }

    /// Runs `work`, which only reads, as the tenant: all of it sees the same moment.
    pub(crate) async fn read<T: Send + 'static>(
        self,
        work: impl for<'c> FnOnce(&'c mut AsyncPgConnection, Uuid) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let tenant = self.tenant;
        self.database.transaction(Some(tenant), Access::ReadOneMoment, move |connection| work(connection, tenant.into())).await
    }

    /// Runs `work` as the tenant.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl for<'c> FnOnce(&'c mut AsyncPgConnection, Uuid) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let tenant = self.tenant;
        self.database.transaction(Some(tenant), Access::Write, move |connection| work(connection, tenant.into())).await
    }
}
