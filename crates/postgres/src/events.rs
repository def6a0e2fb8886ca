//! Recording what happened: each event once, whatever their order and however often they come.

use std::borrow::Cow;
use std::collections::BTreeSet;

use diesel::sql_types::{Array, Binary, Integer, Jsonb, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::event::{Event, Kind};
use uuid::Uuid;

use crate::column::{Column, Json, Millis};
use crate::first_sends::{FirstSends, is_first_send};
use crate::time::timestamp;
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
const DAY_MS: u64 = 86_400_000;
/// When events happen: from 2020 to the end of 2199.
const WORLD_MS: std::ops::Range<u64> = 1_577_836_800_000..7_258_118_400_000;

/// A batch by columns, as the database takes it.
#[derive(Default)]
struct Columns {
    ids: Column<Text>,
    happened: Column<Timestamptz>,
    tenants: Column<SqlUuid>,
    pins: Column<SqlUuid>,
    kinds: Column<Text>,
    channels: Column<Text>,
    created: Column<Timestamptz>,
    expires: Column<Timestamptz>,
    messages: Column<SqlUuid>,
    subjects: Column<Binary>,
    deliveries: Column<SmallInt>,
    attempts: Column<SmallInt>,
    connections: Column<SqlUuid>,
    provider_ids: Column<Text>,
    segments: Column<Integer>,
    reasons: Column<Text>,
    details: Column<Jsonb>,
}

/// Text as the database can hold it: providers may send anything, and one bad text must not hold up a batch for ever.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_TEXT && !text.contains('\0') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| *character != '\0').take(LONGEST_TEXT).collect())
}

impl Columns {
    fn push(&mut self, id: &str, event: &Event) {
        let detail = &event.detail;
        self.ids.push(&*storable(id));
        self.happened.push(Millis(event.at_ms));
        self.tenants.push(Uuid::from(event.tenant));
        self.pins.push(Uuid::from(event.pin));
        self.kinds.push(event.kind.name());
        self.channels.push(event.channel.name());
        self.created.push(Millis(event.created_ms));
        self.expires.push(Millis(event.expires_ms));
        self.messages.push(Uuid::from(event.message));
        self.subjects.push(&event.subject[..]);
        self.deliveries.push_if(detail.delivery.map(i16::from));
        self.attempts.push_if(detail.attempt.map(i16::from));
        self.connections.push_if(detail.connection.map(Uuid::from));
        self.provider_ids.push_if(detail.provider_id.as_deref().map(storable).as_deref());
        self.segments.push_if(detail.segments.map(i32::from));
        self.reasons.push_if(detail.reason.as_deref().map(storable).as_deref());
        self.details.push_if(detail.facts.as_deref().map(Json));
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
        let (mut sends, mut others, mut days) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut recorded = Recorded::default();
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
            let times = [event.at_ms, event.created_ms];
            if !times.iter().all(|ms| WORLD_MS.contains(ms)) {
                recorded.dropped += 1;
                continue;
            }
            days.extend(times.map(|ms| ms / DAY_MS));
            if is_first_send(event) { sends.push((id, event)) } else { others.push((id, event)) }
        }
        if !decisions.is_empty() {
            recorded.new = self.record_decisions(&decisions).await?;
        }
        if days.is_empty() {
            return Ok(recorded);
        }
        let days = days.into_iter().map(|day| timestamp(day * DAY_MS).date_naive()).collect();
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
                .bind::<Array<SmallInt>, _>(columns.deliveries)
                .bind::<Array<SmallInt>, _>(columns.attempts)
                .bind::<Array<SqlUuid>, _>(columns.connections)
                .bind::<Array<Text>, _>(columns.provider_ids)
                .bind::<Array<Integer>, _>(columns.segments)
                .bind::<Array<Text>, _>(columns.reasons)
                .bind::<Array<Jsonb>, _>(columns.details);
                async move { Ok(query.get_result(connection).await?) }.boxed()
            })
            .await?;
        let count = |index: usize| counts.counts.get(index).and_then(|count| u32::try_from(*count).ok()).unwrap_or(0);
        Ok(Recorded { new: count(0), dropped: count(1) })
    }
}
