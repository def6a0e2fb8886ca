//! First messages that a provider took at the first attempt: what most events are. Nothing of their PINs is recorded yet, so
//! `record_sent()` inserts without looking, and what they add up to is added up here.

use std::collections::BTreeMap;

use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::event::{Event, Facts, Kind};
use pinfold_core::price::Currency;
use uuid::Uuid;

use crate::column::{Column, Day, Json, Millis};
use crate::events::{EventId, storable};
use crate::{Database, Error};

/// A batch by columns, as the database takes it.
#[derive(Default)]
pub(crate) struct FirstSends {
    /// Each template once, with its tenant.
    tenants: Column<SqlUuid>,
    templates: Column<SqlUuid>,
    /// The place of each event's template there, from 1.
    nths: Column<Integer>,
    ids: Column<Text>,
    happened: Column<Timestamptz>,
    pins: Column<SqlUuid>,
    channels: Column<Text>,
    created: Column<Timestamptz>,
    expires: Column<Timestamptz>,
    subjects: Column<Binary>,
    connections: Column<SqlUuid>,
    provider_ids: Column<Text>,
    segments: Column<Integer>,
    details: Column<Jsonb>,
    used: Used,
}

/// What was used, by template, day and currency; messages have none.
#[derive(Default)]
struct Used {
    nths: Column<Integer>,
    days: Column<Date>,
    currencies: Column<Text>,
    messages: Column<BigInt>,
    micros: Column<BigInt>,
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
        let mut places = Vec::new();
        let mut used: BTreeMap<(i32, Day, Option<Currency>), (i64, i64)> = BTreeMap::new();
        for (id, event) in events {
            let template = (event.tenant, event.message);
            // Events of one tenant follow each other, and a tenant has few templates.
            let place = places.iter().rposition(|known| *known == template).unwrap_or_else(|| {
                places.push(template);
                columns.tenants.push(Uuid::from(event.tenant));
                columns.templates.push(Uuid::from(event.message));
                places.len() - 1
            });
            let nth = i32::try_from(place + 1).expect("a batch is some hundred events");
            let (happened, detail) = (Millis(event.at_ms), &event.detail);
            columns.nths.push(nth);
            columns.ids.push(&*storable(id));
            columns.happened.push(happened);
            columns.pins.push(Uuid::from(event.pin));
            columns.channels.push(event.channel.name());
            columns.created.push(Millis(event.created_ms));
            columns.expires.push(Millis(event.expires_ms));
            columns.subjects.push(&event.subject[..]);
            columns.connections.push_if(detail.connection.map(Uuid::from));
            columns.provider_ids.push_if(detail.provider_id.as_deref().map(storable).as_deref());
            columns.segments.push_if(detail.segments.map(i32::from));
            let facts = detail.facts.as_deref();
            columns.details.push_if(facts.map(Json));
            // Sandbox keys cost nothing.
            if facts.is_some_and(|facts| facts.is_sandbox) {
                continue;
            }
            used.entry((nth, happened.day(), None)).or_default().0 += 1;
            if let Some(Facts { price_micros: Some(micros), currency: Some(currency), .. }) = facts {
                used.entry((nth, happened.day(), Some(*currency))).or_default().1 += i64::try_from(*micros).unwrap_or(i64::MAX);
            }
        }
        for ((nth, day, currency), (messages, micros)) in used {
            columns.used.nths.push(nth);
            columns.used.days.push(day);
            columns.used.currencies.push(currency.as_ref().map_or("", Currency::code));
            columns.used.messages.push(messages);
            columns.used.micros.push(micros);
        }
        columns
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
                .bind::<Array<SqlUuid>, _>(columns.connections)
                .bind::<Array<Text>, _>(columns.provider_ids)
                .bind::<Array<Integer>, _>(columns.segments)
                .bind::<Array<Jsonb>, _>(columns.details)
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
