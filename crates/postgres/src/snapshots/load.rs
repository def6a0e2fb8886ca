//! Reading a tenant's configuration: all of it as it is at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Binary, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::access::ApiKey;
use pinfold_core::application::Application;
use pinfold_core::caps::Capped;
use pinfold_core::fallback::Plan;
use pinfold_core::fraud::{Entry, Rules};
use pinfold_core::id::{ApplicationId, IdMap, MessageId, TenantId};
use pinfold_core::keys::{KeyVersion, MasterKey, TenantKeys, data_key_place};
use pinfold_core::lookup::NumberLookup;
use pinfold_core::message::Message;
use pinfold_core::route::Route;
use pinfold_core::service::ServiceSettings;
use pinfold_core::template_set::{Fragment, TemplateSet};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Stats;
use super::snapshot::{Snapshot, built_in};
use crate::database::{Access, Conn};
use crate::schema::{config_versions, tenant_keys, tenants};
use crate::{
    Database, Error, NamedLimit, StoredPublicKey, api_keys, applications, caps, connections, fallbacks, fraud, messages,
    number_lookup, public_keys, rate_limits, routes, services, template_sets, test_numbers,
};

diesel::define_sql_function! {
    /// Whose key has this hash; see the migration.
    fn tenant_of_api_key(hash: Binary) -> Nullable<SqlUuid>;
}

/// Whose key has this hash.
pub(super) async fn tenant_of_key(database: &Database, hash: [u8; 32]) -> Result<Option<TenantId>, Error> {
    let tenant: Option<Uuid> = database
        .run(move |connection| {
            async move { Ok(diesel::select(tenant_of_api_key(hash.to_vec())).get_result(connection).await?) }.boxed()
        })
        .await?;
    Ok(tenant.map(TenantId::from))
}

/// The version of a tenant's configuration.
pub(super) async fn version(database: &Database, tenant: TenantId) -> Result<Option<i64>, Error> {
    let look = database.tenant(tenant).run(|connection, tenant| {
        async move {
            let query = config_versions::table.find(tenant).select(config_versions::version);
            Ok(query.first(connection).await.optional()?)
        }
        .boxed()
    });
    look.await
}

/// What the tables hold of a tenant.
struct Rows {
    slug: String,
    is_enabled: bool,
    version: i64,
    data_keys: Vec<(i32, Vec<u8>, bool)>,
    api_keys: Vec<Result<([u8; 32], ApiKey), Error>>,
    template_sets: Vec<TemplateSet>,
    fragments: Vec<Result<Fragment, Error>>,
    public_keys: Vec<Result<([u8; 32], StoredPublicKey), Error>>,
    applications: Vec<Result<Application, Error>>,
    messages: Vec<Result<Message, Error>>,
    fallbacks: Vec<Result<(MessageId, Plan), Error>>,
    services: Vec<Result<(ApplicationId, ServiceSettings), Error>>,
    rate_limits: Vec<(ApplicationId, NamedLimit)>,
    connections: Vec<connections::Row>,
    receipt_generations: Vec<(Uuid, i32)>,
    routes: Vec<Result<Route, Error>>,
    caps: Vec<Result<(Option<ApplicationId>, Capped), Error>>,
    number_lookup: Option<Result<NumberLookup, Error>>,
    fraud_rules: Option<Result<Rules, Error>>,
    fraud_lists: Vec<Result<Entry, Error>>,
    test_numbers: Vec<test_numbers::Row>,
}

/// A tenant's configuration; `None` when there is no such tenant.
pub(super) async fn read(
    database: &Database,
    master: &MasterKey,
    tenant: TenantId,
    stats: &Stats,
) -> Result<Option<Snapshot>, Error> {
    let rows =
        database.transaction(Some(tenant), Access::ReadOneMoment, move |connection| rows(connection, tenant.into()).boxed());
    rows.await?.map(|rows| build(rows, master, tenant, stats)).transpose()
}

async fn rows(connection: &mut Conn, tenant: Uuid) -> Result<Option<Rows>, Error> {
    let query = tenants::table.find(tenant).select((tenants::slug, tenants::is_enabled));
    let Some((slug, is_enabled)) = query.first(connection).await.optional()? else { return Ok(None) };
    let version = config_versions::table.find(tenant).select(config_versions::version).first(connection).await.optional()?;
    let data_keys = tenant_keys::table
        .filter(tenant_keys::tenant_id.eq(tenant))
        .select((tenant_keys::version, tenant_keys::sealed, tenant_keys::seals))
        .load(connection)
        .await?;
    let data_keys: Vec<(i32, Vec<u8>, bool)> = data_keys;
    if data_keys.is_empty() {
        // Its keys were destroyed, and it with them.
        return Ok(None);
    }
    Ok(Some(Rows {
        slug,
        is_enabled,
        version: version.unwrap_or(0),
        data_keys,
        api_keys: api_keys::load(connection, tenant).await?,
        template_sets: template_sets::load(connection, tenant).await?,
        fragments: template_sets::load_fragments(connection, tenant).await?,
        public_keys: public_keys::load(connection, tenant).await?,
        applications: applications::load(connection, tenant).await?,
        messages: messages::load(connection, tenant).await?,
        fallbacks: fallbacks::load(connection, tenant).await?,
        services: services::load(connection, tenant).await?,
        rate_limits: rate_limits::load(connection, tenant).await?,
        connections: connections::load(connection, tenant).await?,
        receipt_generations: connections::load_generations(connection, tenant).await?,
        routes: routes::load(connection, tenant).await?,
        caps: caps::load(connection, tenant).await?,
        number_lookup: number_lookup::load(connection, tenant).await?,
        fraud_rules: fraud::load_rules(connection, tenant).await?,
        fraud_lists: fraud::load_lists(connection, tenant).await?,
        test_numbers: test_numbers::load(connection, tenant).await?,
    }))
}

fn build(rows: Rows, master: &MasterKey, tenant: TenantId, stats: &Stats) -> Result<Snapshot, Error> {
    let keys = open_keys(&rows.data_keys, master, tenant)?;
    let intact = Intact { tenant, stats };
    let applications: IdMap<_, Arc<Application>> =
        intact.rows(rows.applications).map(|application| (application.id, Arc::new(application))).collect();
    let public_keys: Vec<_> = intact.rows(rows.public_keys).collect();
    // An application that signs its own tokens is found and treated like an API key.
    let signing = public_keys.iter().map(|(hash, key)| (*hash, Arc::new(public_keys::rights(key))));
    let slugs = applications.values().filter_map(|application| Some((application.slug.clone()?, application.id))).collect();
    let built_in = applications.keys().map(|application| built_in(*application));
    Ok(Snapshot {
        receipt_generations: connections::generations(rows.receipt_generations),
        tenant,
        slug: rows.slug,
        is_enabled: rows.is_enabled,
        version: rows.version,
        api_keys: intact.rows(rows.api_keys).map(|(hash, key)| (hash, Arc::new(key))).chain(signing).collect(),
        template_sets: rows.template_sets.into_iter().map(|set| (set.id, set)).collect(),
        fragments: intact.rows(rows.fragments).collect(),
        public_keys: public_keys.iter().map(|(_, key)| (key.application, key.key.clone())).collect(),
        messages: built_in.chain(intact.rows(rows.messages)).map(|message| (message.id, Arc::new(message))).collect(),
        fallbacks: intact.rows(rows.fallbacks).collect(),
        services: intact.rows(rows.services).collect(),
        rate_limits: rate_limits::by_application(rows.rate_limits),
        connections: intact
            .rows(rows.connections.into_iter().map(|row| row.open(tenant, &keys)))
            .map(|connection| (connection.id, Arc::new(connection)))
            .collect(),
        routes: intact.rows(rows.routes).collect(),
        caps: intact.rows(rows.caps).collect(),
        number_lookup: intact.rows(rows.number_lookup).next(),
        fraud_rules: intact.rows(rows.fraud_rules).next(),
        fraud_lists: intact.rows(rows.fraud_lists).collect(),
        test_numbers: test_numbers::by_application(intact.rows(rows.test_numbers.iter().map(|row| row.open(&keys)))),
        applications,
        slugs,
        keys,
    })
}

/// A tenant without all its keys is not served at all: what was sealed or derived with a missing one would be lost.
pub(crate) fn open_keys(sealed: &[(i32, Vec<u8>, bool)], master: &MasterKey, tenant: TenantId) -> Result<TenantKeys, Error> {
    let (mut data_keys, mut current) = (BTreeMap::new(), None);
    for (version, sealed, seals) in sealed {
        let corrupt = |column| Error::corrupt("tenant_keys", column, format!("{tenant} version {version}"));
        let version = KeyVersion::try_from(*version).map_err(|_| corrupt("version"))?;
        let plain = master.open(sealed, &data_key_place(tenant, version)).map_err(|_| corrupt("sealed"))?;
        let plain = Zeroizing::new(plain);
        current = current.max(seals.then_some(version));
        data_keys.insert(version, plain.as_slice().try_into().map_err(|_| corrupt("sealed"))?);
    }
    let keys = current.and_then(|current| TenantKeys::with_current(tenant, &data_keys, current));
    let keys = keys.ok_or_else(|| Error::corrupt("tenant_keys", "version", tenant));
    data_keys.values_mut().for_each(zeroize::Zeroize::zeroize);
    keys
}

/// Leaves out, and reports, what is corrupt: one bad row must not stop a tenant.
struct Intact<'a> {
    tenant: TenantId,
    stats: &'a Stats,
}

impl Intact<'_> {
    fn rows<T>(&self, rows: impl IntoIterator<Item = Result<T, Error>>) -> impl Iterator<Item = T> {
        rows.into_iter().filter_map(|row| {
            row.inspect_err(|error| {
                Stats::count(&self.stats.corrupt_rows);
                tracing::error!(tenant.id = %self.tenant, %error, "a row is left out of the configuration");
            })
            .ok()
        })
    }
}
