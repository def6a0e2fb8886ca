//! A tenant's webhook endpoints. Their secrets are sealed with the tenant's keys, bound to tenant, endpoint and slot.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::{TenantId, WebhookEndpointId};
use pinfold_core::keys::TenantKeys;
use pinfold_core::webhook::{SecretSlot, WebhookFormat, WebhookSecret};
use uuid::Uuid;

use crate::schema::{webhook_backlogs, webhook_endpoints, webhook_messages};
use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, TenantScope};

/// A tenant's webhook endpoints.
#[derive(Debug, Clone, Copy)]
pub struct WebhookEndpoints<'a>(pub(crate) TenantScope<'a>);

/// An endpoint to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Where messages go.
    pub url: String,
    /// What it is for, in the tenant's words.
    pub description: String,
    /// The types it wants.
    pub types: Vec<&'static str>,
    /// How it is told.
    pub format: WebhookFormat,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Where messages go.
    pub url: String,
    /// What it is for, in the tenant's words.
    pub description: String,
    /// How it is told.
    pub format: WebhookFormat,
    /// The types it wants, by name: a later version may know more of them.
    pub types: Vec<String>,
    /// Why and since when it is told nothing: `manual`, `gone` or `failing`.
    pub disabled: Option<(String, u64)>,
    /// Since when no message was taken.
    pub failing_since_ms: Option<u64>,
    /// Until when the secret before the current one signs too.
    pub previous_expires_ms: Option<u64>,
    /// When it was created.
    pub created_ms: u64,
}

/// An endpoint after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpointChange {
    /// Where messages go.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// The types it wants.
    pub types: Vec<String>,
    /// Whether it is to be switched on or off; neither leaves it as it is.
    pub is_enabled: Option<bool>,
}

/// What stands for the address of an endpoint that has none: a name that never leads anywhere (RFC 6761).
const CALLBACKS_URL: &str = "https://callback-url-of-the-session.invalid/";

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_endpoints)]
struct Row {
    id: Uuid,
    url: String,
    description: String,
    event_types: Vec<String>,
    disabled_reason: Option<String>,
    disabled_at: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    previous_expires_at: Option<Timestamp>,
    created_at: Timestamp,
    format: String,
}

impl From<Row> for WebhookEndpoint {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            url: row.url,
            description: row.description,
            types: row.event_types,
            format: row.format.parse().unwrap_or_default(),
            disabled: row.disabled_reason.zip(row.disabled_at.map(millis)),
            failing_since_ms: row.failing_since.map(millis),
            previous_expires_ms: row.previous_expires_at.map(millis),
            created_ms: millis(row.created_at),
        }
    }
}

diesel::define_sql_function! {
    /// PostgreSQL's own: a lock until the end of the transaction.
    fn pg_advisory_xact_lock(space: Integer, key: Integer);
}

diesel::define_sql_function! {
    /// PostgreSQL's own.
    fn hashtext(text: Text) -> Integer;
}

/// A secret as it is stored.
pub(super) fn seal(
    secret: &WebhookSecret,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    slot: SecretSlot,
    keys: &TenantKeys,
) -> Vec<u8> {
    keys.seal_secret(secret.as_bytes(), &WebhookSecret::place(tenant, endpoint, slot))
}

/// A secret as it was stored.
pub(super) fn open(
    sealed: &[u8],
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    slot: SecretSlot,
    keys: &TenantKeys,
) -> Result<WebhookSecret, Error> {
    let bytes = keys.open_secret(sealed, &WebhookSecret::place(tenant, endpoint, slot)).ok();
    let column = if slot == SecretSlot::Current { "sealed" } else { "sealed_previous" };
    bytes.and_then(|bytes| WebhookSecret::from_bytes(&bytes)).ok_or_else(|| Error::corrupt("webhook_endpoints", column, endpoint))
}

impl WebhookEndpoints<'_> {
    /// All of them, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<WebhookEndpoint>, Error> {
        let rows: Vec<Row> = self
            .0
            .run(|connection, tenant| {
                async move {
                    let query = webhook_endpoints::table
                        .filter(webhook_endpoints::tenant_id.eq(tenant))
                        .order((webhook_endpoints::created_at, webhook_endpoints::id))
                        .select(Row::as_select());
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(WebhookEndpoint::from).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>, Error> {
        let row = self.0.run(move |connection, tenant| load(connection, tenant, id).boxed()).await?;
        Ok(row.map(WebhookEndpoint::from))
    }

    /// How many messages wait for all of them, how many may, and how many were dropped because no more may.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn backlog(self) -> Result<(u32, u32, u64), Error> {
        let found: Option<(i32, i32, i64)> = self
            .0
            .run(|connection, tenant| {
                async move {
                    let columns = (webhook_backlogs::waiting, webhook_backlogs::most, webhook_backlogs::dropped);
                    let query = webhook_backlogs::table.find(tenant).select(columns);
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        let (waiting, most, dropped) = found.unwrap_or_default();
        Ok((waiting.unsigned_abs(), most.unsigned_abs(), dropped.unsigned_abs()))
    }

    /// Adds one, unless there are `most` already.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(
        self,
        new: NewWebhookEndpoint,
        secret: &WebhookSecret,
        keys: &TenantKeys,
        most: u32,
    ) -> Result<Option<WebhookEndpoint>, Error> {
        let sealed = seal(secret, self.0.id(), new.id, SecretSlot::Current, keys);
        let row: Option<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    // One at a time, so that the bound is exact.
                    let lock = pg_advisory_xact_lock(hashtext("webhook endpoints"), hashtext(tenant.to_string()));
                    diesel::select(lock).execute(connection).await?;
                    let mine = webhook_endpoints::table.filter(webhook_endpoints::tenant_id.eq(tenant));
                    let count: i64 = mine.count().get_result(connection).await?;
                    if count >= i64::from(most) {
                        return Ok(None);
                    }
                    let values = (
                        webhook_endpoints::tenant_id.eq(tenant),
                        webhook_endpoints::id.eq(Uuid::from(new.id)),
                        webhook_endpoints::url.eq(new.url),
                        webhook_endpoints::description.eq(new.description),
                        webhook_endpoints::event_types.eq(new.types),
                        webhook_endpoints::format.eq(new.format.name()),
                        webhook_endpoints::is_enabled.eq(true),
                        webhook_endpoints::sealed.eq(sealed),
                    );
                    let insert = diesel::insert_into(webhook_endpoints::table).values(values).returning(Row::as_returning());
                    Ok(Some(insert.get_result(connection).await?))
                }
                .boxed()
            })
            .await?;
        Ok(row.map(WebhookEndpoint::from))
    }

    /// Sees to it that the tenant has the endpoint through which callbacks of single sessions go. It has no address of its own.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ensure_callbacks(self, types: Vec<&'static str>, keys: &TenantKeys) -> Result<(), Error> {
        let id = WebhookEndpointId::random();
        let sealed = seal(&WebhookSecret::generate(), self.0.id(), id, SecretSlot::Current, keys);
        self.0
            .run(move |connection, tenant| {
                async move {
                    let values = (
                        webhook_endpoints::tenant_id.eq(tenant),
                        webhook_endpoints::id.eq(Uuid::from(id)),
                        webhook_endpoints::url.eq(CALLBACKS_URL),
                        webhook_endpoints::description.eq("What 8x8's sessions tell their callbackUrl"),
                        webhook_endpoints::event_types.eq(types),
                        webhook_endpoints::format.eq(WebhookFormat::EightXEight.name()),
                        webhook_endpoints::is_enabled.eq(true),
                        webhook_endpoints::sealed.eq(sealed),
                    );
                    let insert = diesel::insert_into(webhook_endpoints::table).values(values).on_conflict_do_nothing();
                    insert.execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Changes one; `None` when it is not there. What waits for an endpoint that is switched off has failed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update(self, id: WebhookEndpointId, change: WebhookEndpointChange) -> Result<Option<WebhookEndpoint>, Error> {
        let row = self.0.run(move |connection, tenant| apply(connection, tenant, id, change).boxed()).await?;
        Ok(row.map(WebhookEndpoint::from))
    }

    /// Replaces the secret of one; the one before signs too until `previous_expires_ms`. `None` when it is not there.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rotate(
        self,
        id: WebhookEndpointId,
        secret: &WebhookSecret,
        previous_expires_ms: u64,
        keys: &TenantKeys,
    ) -> Result<Option<()>, Error> {
        let tenant = self.0.id();
        loop {
            let stored: Option<Vec<u8>> = self
                .0
                .run(move |connection, tenant| {
                    async move {
                        let query = webhook_endpoints::table.find((tenant, Uuid::from(id))).select(webhook_endpoints::sealed);
                        Ok(query.first(connection).await.optional()?)
                    }
                    .boxed()
                })
                .await?;
            let Some(stored) = stored else { return Ok(None) };
            let current = open(&stored, tenant, id, SecretSlot::Current, keys)?;
            let previous = seal(&current, tenant, id, SecretSlot::Previous, keys);
            let sealed = seal(secret, tenant, id, SecretSlot::Current, keys);
            let changed = self
                .0
                .run(move |connection, tenant| {
                    async move {
                        let target = webhook_endpoints::table.find((tenant, Uuid::from(id)));
                        let values = (
                            webhook_endpoints::sealed.eq(sealed),
                            webhook_endpoints::sealed_previous.eq(previous),
                            webhook_endpoints::previous_expires_at.eq(timestamp(previous_expires_ms)),
                        );
                        let update = diesel::update(target.filter(webhook_endpoints::sealed.eq(stored))).set(values);
                        Ok(update.execute(connection).await?)
                    }
                    .boxed()
                })
                .await?;
            // Nothing changed: somebody else rotated it meanwhile.
            if changed > 0 {
                return Ok(Some(()));
            }
        }
    }

    /// Deletes one with all its messages; `None` when it is not there.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, id: WebhookEndpointId) -> Result<Option<()>, Error> {
        let deleted = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = webhook_endpoints::table.find((tenant, Uuid::from(id)));
                    Ok(diesel::delete(target).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((deleted > 0).then_some(()))
    }
}

async fn load(connection: &mut AsyncPgConnection, tenant: Uuid, id: WebhookEndpointId) -> Result<Option<Row>, Error> {
    let query = webhook_endpoints::table.find((tenant, Uuid::from(id))).select(Row::as_select());
    Ok(query.first(connection).await.optional()?)
}

async fn apply(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
    id: WebhookEndpointId,
    change: WebhookEndpointChange,
) -> Result<Option<Row>, Error> {
    let target = webhook_endpoints::table.find((tenant, Uuid::from(id)));
    let values = (
        webhook_endpoints::url.eq(change.url),
        webhook_endpoints::description.eq(change.description),
        webhook_endpoints::event_types.eq(change.types),
    );
    diesel::update(target).set(values).execute(connection).await?;
    match change.is_enabled {
        None => {}
        Some(true) => {
            let values = (
                webhook_endpoints::is_enabled.eq(true),
                webhook_endpoints::disabled_reason.eq(None::<String>),
                webhook_endpoints::disabled_at.eq(None::<Timestamp>),
                webhook_endpoints::failing_since.eq(None::<Timestamp>),
            );
            let disabled = target.filter(webhook_endpoints::is_enabled.eq(false));
            diesel::update(disabled).set(values).execute(connection).await?;
        }
        Some(false) => {
            let values = (
                webhook_endpoints::is_enabled.eq(false),
                webhook_endpoints::disabled_reason.eq("manual"),
                webhook_endpoints::disabled_at.eq(sql::<Nullable<Timestamptz>>("now()")),
            );
            let enabled = target.filter(webhook_endpoints::is_enabled.eq(true));
            diesel::update(enabled).set(values).execute(connection).await?;
            let waiting = webhook_messages::table
                .filter(webhook_messages::tenant_id.eq(tenant).and(webhook_messages::endpoint_id.eq(Uuid::from(id))))
                .filter(webhook_messages::status.eq("waiting"));
            let values = (
                webhook_messages::status.eq("failed"),
                webhook_messages::lease.eq(None::<Uuid>),
                webhook_messages::last_outcome.eq("endpoint_disabled"),
                webhook_messages::finished_at.eq(sql::<Nullable<Timestamptz>>("now()")),
            );
            diesel::update(waiting).set(values).execute(connection).await?;
        }
    }
    load(connection, tenant, id).await
}
