//! First messages that a provider took at the first attempt: what most events are. Nothing of their PINs is recorded yet, so
//! `record_sent()` inserts without looking, and what they add up to is added up here.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::event::{Event, Facts, Kind};
use uuid::Uuid;

use crate::events::{Document, EventId, storable};
use crate::time::{Timestamp, timestamp};
use crate::{Database, Error};

/// A batch by columns, as the database takes it.
#[derive(Default)]
pub(crate) struct FirstSends {
    /// Each template once, with its tenant.
    tenants: Vec<Uuid>,
    templates: Vec<Uuid>,
    /// The place of each event's template there, from 1.
    nths: Vec<i32>,
    ids: Vec<String>,
    happened: Vec<Timestamp>,
    pins: Vec<Uuid>,
    channels: Vec<&'static str>,
    created: Vec<Timestamp>,
    expires: Vec<Timestamp>,
    subjects: Vec<[u8; 12]>,
    connections: Vec<Option<Uuid>>,
    provider_ids: Vec<Option<String>>,
    segments: Vec<Option<i32>>,
    details: Vec<Option<Document>>,
    used: Used,
}

/// What was used, by template, day and currency; messages have none.
#[derive(Default)]
struct Used {
    nths: Vec<i32>,
    days: Vec<NaiveDate>,
    currencies: Vec<String>,
    messages: Vec<i64>,
    micros: Vec<i64>,
}

/// Whether nothing of the event's PIN is recorded before it.
pub(crate) fn is_first_send(event: &Event) -> bool {
    let detail = &event.detail;
    event.kind == Kind::Sent && (detail.delivery, detail.attempt) == (Some(1), Some(1)) && detail.reason.is_none()
}

impl FirstSends {
    /// Sorts the events as all writers do.
    pub(crate) fn new(mut events: Vec<(&EventId, &Event)>) -> Self {
        events.sort_unstable_by_key(|(_, event)| (event.tenant, event.pin, event.created_ms));
        let mut columns = Self::default();
        let mut used: BTreeMap<(i32, NaiveDate, &str), (i64, i64)> = BTreeMap::new();
        for (id, event) in events {
            let nth = columns.template(event);
            let (happened, detail) = (timestamp(event.at_ms), &event.detail);
            columns.nths.push(nth);
            columns.ids.push(storable(id));
            columns.happened.push(happened);
            columns.pins.push(event.pin.into());
            columns.channels.push(event.channel.name());
            columns.created.push(timestamp(event.created_ms));
            columns.expires.push(timestamp(event.expires_ms));
            columns.subjects.push(event.subject);
            columns.connections.push(detail.connection.map(Uuid::from));
            columns.provider_ids.push(detail.provider_id.as_deref().map(storable));
            columns.segments.push(detail.segments.map(i32::from));
            columns.details.push(detail.facts.as_deref().and_then(Document::of));
            let facts = detail.facts.as_deref();
            // Sandbox keys cost nothing.
            if facts.is_some_and(|facts| facts.is_sandbox) {
                continue;
            }
            let day = happened.date_naive();
            used.entry((nth, day, "")).or_default().0 += 1;
            if let Some(Facts { price_micros: Some(micros), currency: Some(currency), .. }) = facts {
                used.entry((nth, day, currency.code())).or_default().1 += i64::try_from(*micros).unwrap_or(i64::MAX);
            }
        }
        for ((nth, day, currency), (messages, micros)) in used {
            columns.used.nths.push(nth);
            columns.used.days.push(day);
            columns.used.currencies.push(currency.to_owned());
            columns.used.messages.push(messages);
            columns.used.micros.push(micros);
        }
        columns
    }

    /// The place of an event's template, from 1. Events of one tenant follow each other, and a tenant has few templates.
    fn template(&mut self, event: &Event) -> i32 {
        let (tenant, template) = (Uuid::from(event.tenant), Uuid::from(event.message));
        let known = self.tenants.iter().zip(&self.templates).rposition(|(owner, id)| (*owner, *id) == (tenant, template));
        let place = known.unwrap_or_else(|| {
            self.tenants.push(tenant);
            self.templates.push(template);
            self.templates.len() - 1
        });
        i32::try_from(place + 1).expect("a batch is some hundred events")
    }
}

#[derive(diesel::QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    is_recorded: bool,
}

impl Database {
    /// Records first sends, all or none of them: `false` when a tenant is gone or something of them was recorded before.
    ///
    /// # Errors
    /// See [`Error`]; the same batch may be recorded again.
    pub(crate) async fn insert_first_sends(&self, columns: FirstSends) -> Result<bool, Error> {
        let answer: Answer = self
            .run(move |connection| {
                let query = diesel::sql_query(
                    "SELECT record_sent($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
                     AS is_recorded",
                )
                .bind::<Array<SqlUuid>, _>(columns.tenants)
                .bind::<Array<SqlUuid>, _>(columns.templates)
                .bind::<Array<Integer>, _>(columns.nths)
                .bind::<Array<Text>, _>(columns.ids)
                .bind::<Array<Timestamptz>, _>(columns.happened)
                .bind::<Array<SqlUuid>, _>(columns.pins)
                .bind::<Array<Text>, _>(columns.channels)
                .bind::<Array<Timestamptz>, _>(columns.created)
                .bind::<Array<Timestamptz>, _>(columns.expires)
                .bind::<Array<Binary>, _>(columns.subjects)
                .bind::<Array<Nullable<SqlUuid>>, _>(columns.connections)
                .bind::<Array<Nullable<Text>>, _>(columns.provider_ids)
                .bind::<Array<Nullable<Integer>>, _>(columns.segments)
                .bind::<Array<Nullable<Jsonb>>, _>(columns.details)
                .bind::<Array<Integer>, _>(columns.used.nths)
                .bind::<Array<Date>, _>(columns.used.days)
                .bind::<Array<Text>, _>(columns.used.currencies)
                .bind::<Array<BigInt>, _>(columns.used.messages)
                .bind::<Array<BigInt>, _>(columns.used.micros);
                async move { Ok(query.get_result(connection).await?) }.boxed()
            })
            .await?;
        Ok(answer.is_recorded)
    }
}
