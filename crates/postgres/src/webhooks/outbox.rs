//! The notifier's side: takes due messages of all tenants under a lease, and says tenant by tenant what became of them.

use std::time::Duration;

use diesel::pg::data_types::PgInterval;
use diesel::sql_types::{
    Array, BigInt, Binary, Double, Integer, Interval, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::entropy;
use pinfold_core::id::{TenantId, WebhookEndpointId, WebhookMessageId};
use pinfold_core::keys::TenantKeys;
use pinfold_core::webhook::{SecretSlot, WebhookFormat, WebhookSecret};
use uuid::Uuid;

use super::endpoints::open;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Database, Error};

/// How many messages may be in hand at once, over all notifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookShares {
    /// Of one tenant.
    pub per_tenant: u32,
    /// Of one endpoint, as long as it takes them.
    pub per_endpoint: u32,
}

/// Who holds messages: drawn once by every notifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookLease(Uuid);

impl WebhookLease {
    /// One that nobody else has.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::from_bytes(entropy::bytes()))
    }
}

/// A message in hand. Not printed: its address may hold a token.
#[derive(diesel::QueryableByName)]
pub struct TakenWebhook {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    endpoint_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    /// Its type.
    #[diesel(sql_type = Text, column_name = "type")]
    pub kind: String,
    #[diesel(sql_type = Timestamptz)]
    happened_at: Timestamp,
    /// What it tells.
    #[diesel(sql_type = Jsonb)]
    pub data: serde_json::Value,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    /// Where it goes.
    #[diesel(sql_type = Text)]
    pub url: String,
    #[diesel(sql_type = Binary)]
    sealed: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    sealed_previous: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    previous_expires_at: Option<Timestamp>,
    #[diesel(sql_type = Text)]
    format: String,
}

impl TakenWebhook {
    /// Whose it is.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant_id.into()
    }

    /// The endpoint.
    #[must_use]
    pub fn endpoint(&self) -> WebhookEndpointId {
        self.endpoint_id.into()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> WebhookMessageId {
        self.id.into()
    }

    /// How its endpoint is told. What a later version calls otherwise is told as it always was.
    #[must_use]
    pub fn format(&self) -> WebhookFormat {
        self.format.parse().unwrap_or_default()
    }

    /// When what it tells of happened.
    #[must_use]
    pub fn happened_ms(&self) -> u64 {
        millis(self.happened_at)
    }

    /// When it was queued.
    #[must_use]
    pub fn created_ms(&self) -> u64 {
        millis(self.created_at)
    }

    /// The attempts made since it was queued or replayed.
    #[must_use]
    pub fn tries(&self) -> usize {
        usize::try_from(self.tries).unwrap_or(0)
    }

    /// The secrets that sign it now: the current one, and the one before until it expires.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn secrets(&self, keys: &TenantKeys, now_ms: u64) -> Result<Vec<WebhookSecret>, Error> {
        let open = |sealed: &[u8], slot| open(sealed, self.tenant(), self.endpoint(), slot, keys);
        let mut secrets = vec![open(&self.sealed, SecretSlot::Current)?];
        let previous = self.sealed_previous.as_ref().zip(self.previous_expires_at);
        if let Some((sealed, _)) = previous.filter(|(_, expires)| now_ms < millis(*expires)) {
            secrets.push(open(sealed, SecretSlot::Previous)?);
        }
        Ok(secrets)
    }
}

/// What became of one message.
#[derive(Debug, Clone)]
pub struct SettledWebhook {
    /// The endpoint.
    pub endpoint: WebhookEndpointId,
    /// The message.
    pub id: WebhookMessageId,
    /// When the attempt ended.
    pub ended_ms: u64,
    /// `delivered`, or why not. `http_410` disables the endpoint.
    pub outcome: String,
    /// What the receiver answered, if it did.
    pub status_code: Option<u16>,
    /// How long the attempt took.
    pub duration: Duration,
    /// When the next attempt is due; `None` after a success and after the last one.
    pub next_ms: Option<u64>,
}

/// What else changed.
#[derive(Debug, Clone, PartialEq, Eq, diesel::QueryableByName)]
pub struct WebhookChange {
    #[diesel(sql_type = SqlUuid)]
    changed_endpoint: Uuid,
    /// `exhausted`: a message was given up; `gone`, `failing`: why the endpoint was disabled.
    #[diesel(sql_type = Text)]
    pub change: String,
}

impl WebhookChange {
    /// The endpoint.
    #[must_use]
    pub fn endpoint(&self) -> WebhookEndpointId {
        self.changed_endpoint.into()
    }
}

/// What waits, over all tenants.
#[derive(Debug, Clone, Copy, Default, PartialEq, diesel::QueryableByName)]
pub struct WebhookDepth {
    /// Messages that wait.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// How late the longest overdue one is.
    #[diesel(sql_type = Double)]
    pub overdue_seconds: f64,
    /// Messages that were dropped because their tenant's backlog was full.
    #[diesel(sql_type = BigInt)]
    pub dropped: i64,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Database {
    /// Takes up to `most` due messages of any tenants, for `lease`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_webhooks(
        &self,
        holder: WebhookLease,
        most: usize,
        shares: WebhookShares,
        lease: Duration,
    ) -> Result<Vec<TakenWebhook>, Error> {
        let number = |count: u128| i32::try_from(count).unwrap_or(i32::MAX);
        let query = diesel::sql_query("SELECT * FROM take_webhooks($1, $2, $3, $4, $5)")
            .bind::<SqlUuid, _>(holder.0)
            .bind::<Integer, _>(number(most as u128))
            .bind::<Integer, _>(number(shares.per_tenant.into()))
            .bind::<Integer, _>(number(shares.per_endpoint.into()))
            .bind::<Integer, _>(number(lease.as_millis()));
        self.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await
    }

    /// Records what became of messages of one tenant that were taken by `holder`. An endpoint that took nothing for
    /// `patience` is disabled. Messages whose lease was lost are left out.
    ///
    /// # Errors
    /// See [`Error`]; the same may be said again.
    pub async fn settle_webhooks(
        &self,
        tenant: TenantId,
        holder: WebhookLease,
        settled: &[SettledWebhook],
        patience: Duration,
    ) -> Result<Vec<WebhookChange>, Error> {
        let column = |of: &dyn Fn(&SettledWebhook) -> Uuid| settled.iter().map(of).collect::<Vec<_>>();
        let endpoints = column(&|one| one.endpoint.into());
        let messages = column(&|one| one.id.into());
        let ended: Vec<Timestamp> = settled.iter().map(|one| timestamp(one.ended_ms)).collect();
        let outcomes: Vec<String> = settled.iter().map(|one| one.outcome.clone()).collect();
        let statuses: Vec<Option<i16>> =
            settled.iter().map(|one| one.status_code.and_then(|status| status.try_into().ok())).collect();
        let durations: Vec<i32> = settled.iter().map(|one| i32::try_from(one.duration.as_millis()).unwrap_or(i32::MAX)).collect();
        let next: Vec<Option<Timestamp>> = settled.iter().map(|one| one.next_ms.map(timestamp)).collect();
        let patience = PgInterval::from_microseconds(i64::try_from(patience.as_micros()).unwrap_or(i64::MAX));
        let query = diesel::sql_query("SELECT * FROM settle_webhooks($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
            .bind::<SqlUuid, _>(Uuid::from(tenant))
            .bind::<SqlUuid, _>(holder.0)
            .bind::<Array<SqlUuid>, _>(endpoints)
            .bind::<Array<SqlUuid>, _>(messages)
            .bind::<Array<Timestamptz>, _>(ended)
            .bind::<Array<Text>, _>(outcomes)
            .bind::<Array<Nullable<SmallInt>>, _>(statuses)
            .bind::<Array<Integer>, _>(durations)
            .bind::<Array<Nullable<Timestamptz>>, _>(next)
            .bind::<Interval, _>(patience);
        self.tenant(tenant).run(move |connection, _| async move { Ok(query.load(connection).await?) }.boxed()).await
    }

    /// What waits, over all tenants.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn webhook_depth(&self) -> Result<WebhookDepth, Error> {
        let query = diesel::sql_query("SELECT * FROM webhook_depth()");
        self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await
    }

    /// Forgets messages that ended before `keep_from_ms`, at most `most` of an endpoint at once. Says how many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prune_webhooks(&self, keep_from_ms: u64, most: u32) -> Result<u64, Error> {
        let query = diesel::sql_query("SELECT prune_webhooks($1, $2) AS count")
            .bind::<Timestamptz, _>(timestamp(keep_from_ms))
            .bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX));
        let pruned: Count = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(pruned.count.unsigned_abs())
    }
}
