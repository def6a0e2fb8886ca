//! What providers say of messages after they took them. Receipts come in any order and as often as they like: of each
//! message the one that says most stands. They are joined with deliveries when read, so one may be here first.

use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::{ConnectionId, PinId, TenantId};
use pinfold_core::receipt::{Receipt, ReceiptState};
use uuid::Uuid;

use crate::events::storable;
use crate::story::DeliveryStatus;
use crate::time::{Timestamp, timestamp};
use crate::{Database, Error, TenantScope};

/// The most receipts of one request that are told at once; what is left is told by whoever looks next.
const MOST_TOLD: i32 = 1_000;

/// What providers say of a tenant's messages.
#[derive(Debug, Clone, Copy)]
pub struct Receipts<'a>(pub(crate) TenantScope<'a>);

/// Where one message of a PIN stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryState {
    /// What became of the attempts.
    pub status: DeliveryStatus,
    /// What the provider says; nothing when it said nothing yet.
    pub receipt: Option<ReceiptState>,
}

/// A message whose provider has to be asked what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// Whose it is.
    pub tenant: TenantId,
    /// The connection it went over.
    pub connection: ConnectionId,
    /// The provider's id of it.
    pub provider_id: String,
}

/// A message that will not arrive, as a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its PIN.
    pub pin: PinId,
    /// Which message of the PIN.
    pub delivery: u8,
    connection: ConnectionId,
    provider_id: String,
}

#[derive(diesel::QueryableByName)]
struct StateRow {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Text>)]
    state: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct PollRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    connection_id: Uuid,
    #[diesel(sql_type = Text)]
    provider_id: String,
}

#[derive(diesel::QueryableByName)]
struct UndeliveredRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    connection_id: Uuid,
    #[diesel(sql_type = Text)]
    provider_id: String,
    #[diesel(sql_type = SqlUuid)]
    pin_id: Uuid,
    #[diesel(sql_type = SmallInt)]
    delivery: i16,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Receipts by columns.
#[derive(Default)]
struct Columns {
    provider_ids: Vec<String>,
    states: Vec<&'static str>,
    reasons: Vec<Option<String>>,
    happened: Vec<Option<Timestamp>>,
    prices: Vec<Option<i64>>,
    currencies: Vec<Option<String>>,
}

impl Columns {
    fn push(&mut self, receipt: &Receipt) {
        let provider_id = storable(&receipt.provider_id).into_owned();
        // A message has an id; a receipt without one tells of nothing.
        if provider_id.is_empty() {
            return;
        }
        let price = receipt.price.and_then(|price| Some((i64::try_from(price.micros).ok()?, price.currency.code().to_owned())));
        self.provider_ids.push(provider_id);
        self.states.push(receipt.state.name());
        self.reasons.push(receipt.reason.as_deref().map(|reason| storable(reason).into_owned()));
        self.happened.push(receipt.at_ms.map(timestamp));
        self.prices.push(price.as_ref().map(|(micros, _)| *micros));
        self.currencies.push(price.map(|(_, currency)| currency));
    }
}

impl Receipts<'_> {
    /// Stores what a provider says, and records an event for every delivery that it ends.
    ///
    /// # Errors
    /// See [`Error`]; the same receipts may be stored again.
    pub async fn store(self, connection: ConnectionId, receipts: &[Receipt]) -> Result<(), Error> {
        let mut columns = Columns::default();
        receipts.iter().for_each(|receipt| columns.push(receipt));
        let ids = columns.provider_ids.clone();
        if ids.is_empty() {
            return Ok(());
        }
        let connection_id = Uuid::from(connection);
        self.0
            .run(move |connection, tenant| {
                let query = diesel::sql_query("SELECT store_receipts($1, $2, $3, $4, $5, $6, $7, $8)")
                    .bind::<SqlUuid, _>(tenant)
                    .bind::<SqlUuid, _>(connection_id)
                    .bind::<Array<Text>, _>(columns.provider_ids)
                    .bind::<Array<Text>, _>(columns.states)
                    .bind::<Array<Nullable<Text>>, _>(columns.reasons)
                    .bind::<Array<Nullable<Timestamptz>>, _>(columns.happened)
                    .bind::<Array<Nullable<BigInt>>, _>(columns.prices)
                    .bind::<Array<Nullable<Text>>, _>(columns.currencies);
                async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()
            })
            .await?;
        let told = self.0.run(move |connection, tenant| {
            let query = diesel::sql_query("SELECT tell_receipts($1, $2, $3, $4)")
                .bind::<SqlUuid, _>(tenant)
                .bind::<SqlUuid, _>(connection_id)
                .bind::<Array<Text>, _>(ids)
                .bind::<Integer, _>(MOST_TOLD);
            async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()
        });
        if let Err(error) = told.await {
            // They are stored; what they end is told by whoever looks next.
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, tenant.id = %self.0.id(), "receipts are stored and not told yet");
        }
        Ok(())
    }

    /// What had to follow a message that will not arrive has been seen to.
    ///
    /// # Errors
    /// See [`Error`]; then it is handed out again.
    pub async fn followed(self, message: &Undelivered) -> Result<(), Error> {
        let (connection_id, provider_id) = (Uuid::from(message.connection), message.provider_id.clone());
        self.0
            .run(move |connection, tenant| {
                let query = diesel::sql_query(
                    "UPDATE receipts SET follow_at = NULL WHERE tenant_id = $1 AND connection_id = $2 AND provider_id = $3",
                )
                .bind::<SqlUuid, _>(tenant)
                .bind::<SqlUuid, _>(connection_id)
                .bind::<Text, _>(provider_id);
                async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()
            })
            .await
    }

    /// Where a message of a PIN stands; `None` when nothing of it is recorded yet.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delivery_state(self, pin: PinId, delivery: u8) -> Result<Option<DeliveryState>, Error> {
        let rows: Vec<StateRow> = self
            .0
            .run(move |connection, tenant| {
                let query = diesel::sql_query(
                    "SELECT d.status, r.state FROM deliveries AS d LEFT JOIN receipts AS r \
                       ON r.tenant_id = d.tenant_id AND r.connection_id = d.connection_id AND r.provider_id = d.provider_id \
                     WHERE d.tenant_id = $1 AND d.pin_id = $2 AND d.delivery = $3 ORDER BY d.created_at DESC LIMIT 1",
                )
                .bind::<SqlUuid, _>(tenant)
                .bind::<SqlUuid, _>(Uuid::from(pin))
                .bind::<SmallInt, _>(i16::from(delivery));
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        let state = |row: StateRow| {
            Ok(DeliveryState {
                status: DeliveryStatus::from_name(&row.status).ok_or_else(|| Error::corrupt("deliveries", "status", pin))?,
                receipt: row.state.as_deref().and_then(ReceiptState::from_name),
            })
        };
        rows.into_iter().next().map(state).transpose()
    }
}

impl Database {
    /// Records events for receipts whose delivery was not recorded when they came, at most `most`. Says how many events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn tell_receipts(&self, most: u32) -> Result<u64, Error> {
        let query = diesel::sql_query("SELECT tell_receipts(NULL, NULL, NULL, $1)::bigint AS count")
            .bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX));
        self.count(query).await
    }

    /// Messages of all tenants that will not arrive, each handed to one caller, and again after some seconds until it is
    /// [followed](Receipts::followed).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_undelivered(&self, most: u32) -> Result<Vec<Undelivered>, Error> {
        let query =
            diesel::sql_query("SELECT * FROM take_undelivered($1)").bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX));
        let rows: Vec<UndeliveredRow> =
            self.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        let message = |row: UndeliveredRow| Undelivered {
            tenant: row.tenant_id.into(),
            pin: row.pin_id.into(),
            delivery: u8::try_from(row.delivery).unwrap_or(u8::MAX),
            connection: row.connection_id.into(),
            provider_id: row.provider_id,
        };
        Ok(rows.into_iter().map(message).collect())
    }

    /// Messages of all tenants, of the last hour and over connections of these kinds, whose providers are to be asked now:
    /// each is handed to one caller, and again after ever longer waits until its end is known.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_polls(&self, kinds: &[&'static str], most: u32) -> Result<Vec<Poll>, Error> {
        let query = diesel::sql_query("SELECT * FROM take_polls($1, $2)")
            .bind::<Array<Text>, _>(kinds.to_vec())
            .bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX));
        let rows: Vec<PollRow> = self.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        let poll = |row: PollRow| Poll {
            tenant: row.tenant_id.into(),
            connection: row.connection_id.into(),
            provider_id: row.provider_id,
        };
        Ok(rows.into_iter().map(poll).collect())
    }

    /// Forgets receipts that came more than `keep_days` before `now_ms`, at most `most` of a tenant. Says how many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prune_receipts(&self, now_ms: u64, keep_days: u32, most: u32) -> Result<u64, Error> {
        let keep_from = timestamp(now_ms.saturating_sub(u64::from(keep_days) * 86_400_000));
        let query = diesel::sql_query("SELECT prune_receipts($1, $2) AS count")
            .bind::<Timestamptz, _>(keep_from)
            .bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX));
        self.count(query).await
    }

    async fn count(
        &self,
        query: impl diesel_async::methods::LoadQuery<'static, crate::database::Conn, Count> + Send + 'static,
    ) -> Result<u64, Error> {
        let counted = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed());
        let counted: Count = counted.await?;
        Ok(u64::try_from(counted.count).unwrap_or(0))
    }
}
