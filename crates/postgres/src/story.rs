//! Everything that is recorded of one PIN: its deliveries with what providers say of them, and its events in order.

use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ConnectionId, PinId};
use pinfold_core::price::Price;
use pinfold_core::receipt::ReceiptState;
use uuid::Uuid;

use crate::time::{Timestamp, millis};
use crate::verifications::find;
use crate::{Error, Verification, Verifications};

/// The most events that are read: a PIN has some dozens.
const MOST_EVENTS: i64 = 1_000;

/// Everything that is recorded of a PIN.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// What became of it.
    pub verification: Verification,
    /// Its messages, in order.
    pub deliveries: Vec<RecordedDelivery>,
    /// What happened, in order.
    pub events: Vec<RecordedEvent>,
}

/// What became of the attempts at a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// A provider took it.
    Sent,
    /// No provider took it, and none will be asked again.
    Failed,
    /// The PIN was over before it could go.
    Skipped,
    /// An attempt failed, and another follows.
    Retrying,
}

/// One message of a PIN.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDelivery {
    /// Its number, from 1.
    pub number: u8,
    /// The way it went.
    pub channel: Channel,
    /// What became of the attempts.
    pub status: DeliveryStatus,
    /// How many attempts there were.
    pub attempts: u8,
    /// How many SMS the text took.
    pub segments: Option<u16>,
    /// What the provider says of it.
    pub receipt: Option<RecordedReceipt>,
}

/// What a provider says of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedReceipt {
    /// What became of it.
    pub state: ReceiptState,
    /// The provider's code of the reason.
    pub reason: Option<String>,
    /// When it happened by the provider's clock, in milliseconds since 1970.
    pub at_ms: Option<u64>,
    /// When the first receipt came.
    pub received_ms: u64,
    /// What the message cost.
    pub price: Option<Price>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// When it happened, in milliseconds since 1970.
    pub at_ms: u64,
    /// What happened: the name of a [`pinfold_core::event::Kind`].
    pub kind: String,
    /// The channel of the message.
    pub channel: Channel,
    /// Which message of the PIN.
    pub delivery: Option<u8>,
    /// Which attempt at it.
    pub attempt: Option<u8>,
    /// The connection it went over.
    pub connection: Option<ConnectionId>,
    /// The provider's id of it.
    pub provider_id: Option<String>,
    /// How many SMS the text took.
    pub segments: Option<u16>,
    /// Why.
    pub reason: Option<String>,
    /// What else is known: [`pinfold_core::event::Facts`].
    pub detail: Option<serde_json::Value>,
}

impl DeliveryStatus {
    const ALL: [Self; 4] = [Self::Sent, Self::Failed, Self::Skipped, Self::Retrying];

    /// The status' name on the wire and in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Retrying => "retrying",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

#[derive(diesel::QueryableByName)]
struct DeliveryRow {
    #[diesel(sql_type = SmallInt)]
    delivery: i16,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = SmallInt)]
    attempts: i16,
    #[diesel(sql_type = Nullable<Integer>)]
    segments: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    state: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    receipt_reason: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    happened_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    received_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<BigInt>)]
    price_micros: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    currency: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct EventRow {
    #[diesel(sql_type = Timestamptz)]
    happened_at: Timestamp,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Nullable<SmallInt>)]
    delivery: Option<i16>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    attempt: Option<i16>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    connection_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    provider_id: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    segments: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    detail: Option<serde_json::Value>,
}

const DELIVERIES: &str = "\
    SELECT d.delivery, d.channel, d.status, d.attempts, d.segments, r.state, r.reason AS receipt_reason, r.happened_at, \
           r.received_at, r.price_micros, r.currency \
    FROM deliveries AS d LEFT JOIN receipts AS r \
      ON r.tenant_id = d.tenant_id AND r.connection_id = d.connection_id AND r.provider_id = d.provider_id \
    WHERE d.tenant_id = $1 AND d.pin_id = $2 AND d.created_at = $3 ORDER BY d.delivery";

/// Receipts may come days after the message; before it was accepted, nothing happened.
const EVENTS: &str = "\
    SELECT happened_at, kind, channel, delivery, attempt, connection_id, provider_id, segments, reason, detail FROM events \
    WHERE tenant_id = $1 AND pin_id = $2 AND happened_at BETWEEN $3 - interval '1 hour' AND $3 + interval '10 days' \
    ORDER BY happened_at, id LIMIT $4";

impl DeliveryRow {
    fn open(self, pin: PinId) -> Result<RecordedDelivery, Error> {
        let corrupt = |column| Error::corrupt("deliveries", column, pin);
        let receipt = self.state.as_deref().and_then(ReceiptState::from_name).map(|state| RecordedReceipt {
            state,
            reason: self.receipt_reason,
            at_ms: self.happened_at.map(millis),
            received_ms: self.received_at.map(millis).unwrap_or_default(),
            price: self.price_micros.zip(self.currency).and_then(|(micros, currency)| {
                Some(Price { micros: u64::try_from(micros).ok()?, currency: currency.parse().ok()? })
            }),
        });
        Ok(RecordedDelivery {
            number: u8::try_from(self.delivery).map_err(|_| corrupt("delivery"))?,
            channel: self.channel.parse().map_err(|_| corrupt("channel"))?,
            status: DeliveryStatus::from_name(&self.status).ok_or_else(|| corrupt("status"))?,
            attempts: u8::try_from(self.attempts).map_err(|_| corrupt("attempts"))?,
            segments: self.segments.and_then(|segments| u16::try_from(segments).ok()),
            receipt,
        })
    }
}

impl EventRow {
    fn open(self, pin: PinId) -> Result<RecordedEvent, Error> {
        let small = |number: Option<i16>| number.and_then(|number| u8::try_from(number).ok());
        Ok(RecordedEvent {
            at_ms: millis(self.happened_at),
            kind: self.kind,
            channel: self.channel.parse().map_err(|_| Error::corrupt("events", "channel", pin))?,
            delivery: small(self.delivery),
            attempt: small(self.attempt),
            connection: self.connection_id.map(ConnectionId::from),
            provider_id: self.provider_id,
            segments: self.segments.and_then(|segments| u16::try_from(segments).ok()),
            reason: self.reason,
            detail: self.detail,
        })
    }
}

impl Verifications<'_> {
    /// Everything that is recorded of a PIN, as it is at one moment.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn story(self, pin: PinId) -> Result<Option<Story>, Error> {
        let read = self.0.read(move |connection, tenant| read(connection, tenant, pin).boxed());
        let Some((verification, deliveries, events)) = read.await? else { return Ok(None) };
        Ok(Some(Story {
            verification,
            deliveries: deliveries.into_iter().map(|row| row.open(pin)).collect::<Result<_, _>>()?,
            events: events.into_iter().map(|row| row.open(pin)).collect::<Result<_, _>>()?,
        }))
    }
}

type Rows = (Verification, Vec<DeliveryRow>, Vec<EventRow>);

async fn read(connection: &mut AsyncPgConnection, tenant: Uuid, pin: PinId) -> Result<Option<Rows>, Error> {
    let Some(verification) = find(connection, tenant, pin).await? else { return Ok(None) };
    let created = crate::time::timestamp(verification.created_ms);
    let of_pin = |sql: &'static str| {
        diesel::sql_query(sql).bind::<SqlUuid, _>(tenant).bind::<SqlUuid, _>(Uuid::from(pin)).bind::<Timestamptz, _>(created)
    };
    let deliveries = of_pin(DELIVERIES).load(connection).await?;
    let events = of_pin(EVENTS).bind::<BigInt, _>(MOST_EVENTS).load(connection).await?;
    Ok(Some((verification, deliveries, events)))
}
