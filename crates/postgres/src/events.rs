//! Recording what happened: each event once, whatever their order and however often they come.

use std::collections::BTreeSet;
use std::io::Write as _;

use chrono::Datelike;
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, Binary, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::event::{Event, Facts, Kind};
use uuid::Uuid;

use crate::first_sends::{FirstSends, is_first_send};
use crate::time::{Timestamp, timestamp};
use crate::{Database, Error};

/// The id of an event: partition and stream entry, such as `07-1763720000123-0`. An event comes again with the same one.
pub type EventId = String;
type Named<'a> = (&'a EventId, &'a Event);

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Events that were new.
    pub new: u32,
    /// Events that were left out: their tenant is gone, or their time is out of this world.
    pub dropped: u32,
}

/// The longest text that a provider's id or a reason keeps.
const LONGEST_TEXT: usize = 255;
/// The years that events happen in.
const YEARS: std::ops::RangeInclusive<i32> = 2020..=2199;

/// Facts as JSON.
#[derive(Debug, Clone, AsExpression)]
#[diesel(sql_type = Jsonb)]
pub(crate) struct Document(Vec<u8>);

impl Document {
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        serde_json::to_vec(facts).ok().map(Self)
    }
}

impl ToSql<Jsonb, Pg> for Document {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // The version of the format, and the text.
        out.write_all(&[1])?;
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}

/// A batch by columns, as the database takes it.
#[derive(Default)]
struct Columns {
    ids: Vec<String>,
    happened: Vec<Timestamp>,
    tenants: Vec<Uuid>,
    pins: Vec<Uuid>,
    kinds: Vec<&'static str>,
    channels: Vec<&'static str>,
    created: Vec<Timestamp>,
    expires: Vec<Timestamp>,
    messages: Vec<Uuid>,
    subjects: Vec<Vec<u8>>,
    deliveries: Vec<Option<i16>>,
    attempts: Vec<Option<i16>>,
    connections: Vec<Option<Uuid>>,
    provider_ids: Vec<Option<String>>,
    segments: Vec<Option<i32>>,
    reasons: Vec<Option<String>>,
    details: Vec<Option<Document>>,
}

/// Text as the database can hold it: providers may send anything, and one bad text must not hold up a batch for ever.
pub(crate) fn storable(text: &str) -> String {
    if text.len() <= LONGEST_TEXT && !text.contains('\0') {
        return text.to_owned();
    }
    text.chars().filter(|character| *character != '\0').take(LONGEST_TEXT).collect()
}

impl Columns {
    fn push(&mut self, id: &str, event: &Event) {
        let (happened, created) = (timestamp(event.at_ms), timestamp(event.created_ms));
        self.ids.push(storable(id));
        self.happened.push(happened);
        self.tenants.push(event.tenant.into());
        self.pins.push(event.pin.into());
        self.kinds.push(event.kind.name());
        self.channels.push(event.channel.name());
        self.created.push(created);
        self.expires.push(timestamp(event.expires_ms));
        self.messages.push(event.message.into());
        self.subjects.push(event.subject.to_vec());
        self.deliveries.push(event.detail.delivery.map(i16::from));
        self.attempts.push(event.detail.attempt.map(i16::from));
        self.connections.push(event.detail.connection.map(Uuid::from));
        self.provider_ids.push(event.detail.provider_id.as_deref().map(storable));
        self.segments.push(event.detail.segments.map(i32::from));
        self.reasons.push(event.detail.reason.as_deref().map(storable));
        self.details.push(event.detail.facts.as_deref().and_then(Document::of));
    }
}

#[derive(diesel::QueryableByName)]
struct Counts {
    #[diesel(sql_type = Array<Integer>)]
    counts: Vec<i32>,
}

impl Database {
    /// Records events of any tenants, each once, and brings verifications and deliveries up to date. First sends are
    /// recorded by themselves, before the others.
    ///
    /// # Errors
    /// See [`Error`]; the same batch may be recorded again.
    pub async fn record(&self, events: &[(EventId, Event)]) -> Result<Recorded, Error> {
        let is_of_this_world =
            |event: &Event| [event.at_ms, event.created_ms].iter().all(|ms| YEARS.contains(&timestamp(*ms).year()));
        let (mut sends, mut others, mut days) = (Vec::new(), Vec::new(), BTreeSet::new());
        let (mut last_day, mut recorded) = (None, Recorded::default());
        let mut decisions = Vec::new();
        for it in events {
            let (id, event) = it;
            if matches!(event.kind, Kind::FraudRecorded | Kind::FraudBlocked) {
                decisions.push(it);
                continue;
            }
            if event.kind == Kind::Sprayed {
                continue;
            }
            if !is_of_this_world(event) {
                recorded.dropped += 1;
                continue;
            }
            for ms in [event.at_ms, event.created_ms] {
                let day = timestamp(ms).date_naive();
                if last_day.replace(day) != Some(day) {
                    days.insert(day);
                }
            }
            if is_first_send(event) { sends.push((id, event)) } else { others.push((id, event)) }
        }
        if !decisions.is_empty() {
            recorded.new = self.record_decisions(&decisions).await?;
        }
        if days.is_empty() {
            return Ok(recorded);
        }
        self.ensure_partitions(&days).await?;
        match self.insert_all(sends.clone(), others.clone()).await {
            // A day that was known to have its partition may have been dropped since, by another process.
            Err(Error::Refused { .. }) => {
                self.forget_days();
                self.ensure_partitions(&days).await?;
                self.insert_all(sends, others).await
            }
            other => other,
        }
        .map(|done| Recorded { new: done.new + recorded.new, dropped: done.dropped + recorded.dropped })
    }

    async fn insert_all(&self, sends: Vec<Named<'_>>, mut others: Vec<Named<'_>>) -> Result<Recorded, Error> {
        let mut recorded = Recorded::default();
        if !sends.is_empty() {
            if self.insert_first_sends(FirstSends::new(sends.clone())).await? {
                recorded.new = u32::try_from(sends.len()).unwrap_or(u32::MAX);
            } else {
                others.extend(sends);
            }
        }
        if !others.is_empty() {
            let mut columns = Columns::default();
            others.iter().for_each(|(id, event)| columns.push(id, event));
            let done = self.insert(columns).await?;
            recorded = Recorded { new: recorded.new + done.new, dropped: done.dropped };
        }
        Ok(recorded)
    }

    async fn insert(&self, columns: Columns) -> Result<Recorded, Error> {
        let counts: Counts = self
            .run(move |connection| {
                let query = diesel::sql_query(
                    "SELECT record_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) AS counts",
                )
                .bind::<Array<Text>, _>(columns.ids)
                .bind::<Array<Timestamptz>, _>(columns.happened)
                .bind::<Array<SqlUuid>, _>(columns.tenants)
                .bind::<Array<SqlUuid>, _>(columns.pins)
                .bind::<Array<Text>, _>(columns.kinds)
                .bind::<Array<Text>, _>(columns.channels)
                .bind::<Array<Timestamptz>, _>(columns.created)
                .bind::<Array<Timestamptz>, _>(columns.expires)
                .bind::<Array<SqlUuid>, _>(columns.messages)
                .bind::<Array<Binary>, _>(columns.subjects)
                .bind::<Array<Nullable<SmallInt>>, _>(columns.deliveries)
                .bind::<Array<Nullable<SmallInt>>, _>(columns.attempts)
                .bind::<Array<Nullable<SqlUuid>>, _>(columns.connections)
                .bind::<Array<Nullable<Text>>, _>(columns.provider_ids)
                .bind::<Array<Nullable<Integer>>, _>(columns.segments)
                .bind::<Array<Nullable<Text>>, _>(columns.reasons)
                .bind::<Array<Nullable<Jsonb>>, _>(columns.details);
                async move { Ok(query.get_result(connection).await?) }.boxed()
            })
            .await?;
        let count = |index: usize| counts.counts.get(index).and_then(|count| u32::try_from(*count).ok()).unwrap_or(0);
        Ok(Recorded { new: count(0), dropped: count(1) })
    }
}
