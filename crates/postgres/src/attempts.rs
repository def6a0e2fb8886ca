//! The messages of a tenant's PINs, one row each, for reports of how many led to a verification.

use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, PinId};
use pinfold_core::keys::Digest;
use pinfold_core::price::Price;
use uuid::Uuid;

use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, Verifications};

/// Which messages. The times are those when their PINs were accepted.
#[derive(Debug, Clone, Default)]
pub struct AttemptFilter {
    /// From this time on, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Before this time.
    pub to_ms: Option<u64>,
    /// Of this application.
    pub application: Option<ApplicationId>,
    /// Of PINs from this one to that one, in the order of their ids.
    pub pins: Option<(PinId, PinId)>,
    /// By this channel.
    pub channel: Option<Channel>,
    /// To these numbers.
    pub subjects: Option<Vec<Digest>>,
    /// Those that led to a verification, or those that did not.
    pub is_converted: Option<bool>,
    /// How many are passed over, and how many come at most.
    pub skip: u32,
    /// The most that come.
    pub size: u32,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its PIN.
    pub pin: PinId,
    /// The PIN's application.
    pub application: Option<ApplicationId>,
    /// Its number, from 1.
    pub delivery: u8,
    /// The way it went.
    pub channel: Channel,
    /// When it left, or was last tried.
    pub at_ms: u64,
    /// Whether it was its PIN's last one and the PIN was verified.
    pub is_converted: bool,
    /// What it cost.
    pub price: Option<Price>,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    pin_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    application_id: Option<Uuid>,
    #[diesel(sql_type = SmallInt)]
    delivery: i16,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
    #[diesel(sql_type = Bool)]
    is_converted: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    price_micros: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    currency: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    converted: i64,
}

macro_rules! matching {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM deliveries AS d JOIN verifications AS v \
                ON v.tenant_id = d.tenant_id AND v.pin_id = d.pin_id AND v.created_at = d.created_at \
              LEFT JOIN receipts AS r \
                ON r.tenant_id = d.tenant_id AND r.connection_id = d.connection_id AND r.provider_id = d.provider_id \
              WHERE d.tenant_id = $1 AND d.created_at >= coalesce($2, '-infinity') AND d.created_at < coalesce($3, 'infinity') \
                AND ($4 IS NULL OR v.application_id = $4) AND ($5 IS NULL OR d.pin_id BETWEEN $5 AND $6) \
                AND ($7 IS NULL OR d.channel = $7) AND ($8 IS NULL OR v.subject = ANY ($8)) \
                AND ($9 IS NULL OR $9 = (v.verified_at IS NOT NULL AND d.delivery = v.deliveries)) ",
            $rest
        )
    };
}

const PAGE: &str = matching!(
    "d.pin_id, v.application_id, d.delivery, d.channel, coalesce(d.sent_at, d.decisive_at) AS at, \
     (v.verified_at IS NOT NULL AND d.delivery = v.deliveries) AS is_converted, r.price_micros, r.currency",
    "ORDER BY d.created_at DESC, d.pin_id, d.delivery DESC OFFSET $10 LIMIT $11"
);
const COUNTS: &str = matching!(
    "count(*) AS total, count(*) FILTER (WHERE v.verified_at IS NOT NULL AND d.delivery = v.deliveries) AS converted",
    ""
);

macro_rules! bound {
    ($sql:expr, $tenant:expr, $filter:expr) => {{
        let (first, last) = $filter.pins.unzip();
        let subjects = $filter.subjects.as_ref().map(|all| all.iter().map(|subject| subject.to_vec()).collect::<Vec<_>>());
        diesel::sql_query($sql)
            .bind::<SqlUuid, _>($tenant)
            .bind::<Nullable<Timestamptz>, _>($filter.from_ms.map(timestamp))
            .bind::<Nullable<Timestamptz>, _>($filter.to_ms.map(timestamp))
            .bind::<Nullable<SqlUuid>, _>($filter.application.map(Uuid::from))
            .bind::<Nullable<SqlUuid>, _>(first.map(Uuid::from))
            .bind::<Nullable<SqlUuid>, _>(last.map(Uuid::from))
            .bind::<Nullable<Text>, _>($filter.channel.map(Channel::name))
            .bind::<Nullable<Array<Binary>>, _>(subjects)
            .bind::<Nullable<Bool>, _>($filter.is_converted)
    }};
}

impl Row {
    fn open(self) -> Result<Attempt, Error> {
        let corrupt = |column| Error::corrupt("deliveries", column, self.pin_id);
        let price = self
            .price_micros
            .zip(self.currency)
            .and_then(|(micros, currency)| Some(Price { micros: u64::try_from(micros).ok()?, currency: currency.parse().ok()? }));
        Ok(Attempt {
            pin: self.pin_id.into(),
            application: self.application_id.map(Into::into),
            delivery: u8::try_from(self.delivery).map_err(|_| corrupt("delivery"))?,
            channel: self.channel.parse().map_err(|_| corrupt("channel"))?,
            at_ms: millis(self.at),
            is_converted: self.is_converted,
            price,
        })
    }
}

impl Verifications<'_> {
    /// Messages, those of the newest PINs first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn attempts(self, filter: AttemptFilter) -> Result<Vec<Attempt>, Error> {
        let rows: Vec<Row> = self
            .0
            .read(move |connection, tenant| {
                async move {
                    let query = bound!(PAGE, tenant, filter)
                        .bind::<BigInt, _>(i64::from(filter.skip))
                        .bind::<BigInt, _>(i64::from(filter.size));
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        rows.into_iter().map(Row::open).collect()
    }

    /// How many messages there were, and how many led to a verification.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count_attempts(self, filter: AttemptFilter) -> Result<(u64, u64), Error> {
        let counts: Counts = self
            .0
            .read(move |connection, tenant| {
                async move { Ok(bound!(COUNTS, tenant, filter).get_result(connection).await?) }.boxed()
            })
            .await?;
        Ok((counts.total.unsigned_abs(), counts.converted.unsigned_abs()))
    }
}
