//! PINs that died before anybody verified them: nothing happens at their end, so somebody has to look.

use diesel::sql_types::{Array, Binary, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::event::{Detail, Event, Kind};
use uuid::Uuid;

use crate::events::EventId;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Database, Error};

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pin_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    expires_at: Timestamp,
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = Binary)]
    subject: Vec<u8>,
    #[diesel(sql_type = Text)]
    channel: String,
}

impl Row {
    fn event(self) -> Result<Event, Error> {
        let corrupt = |column| Error::corrupt("verifications", column, self.pin_id);
        let expires_ms = millis(self.expires_at);
        Ok(Event {
            kind: Kind::Expired,
            channel: self.channel.parse().map_err(|_| corrupt("channel"))?,
            at_ms: expires_ms,
            created_ms: millis(self.created_at),
            expires_ms,
            tenant: self.tenant_id.into(),
            pin: self.pin_id.into(),
            message: self.message_id.into(),
            subject: self.subject.as_slice().try_into().map_err(|_| corrupt("subject"))?,
            detail: Detail::default(),
        })
    }
}

impl Database {
    /// PINs of all tenants that died before `dead_before_ms` and of which no end is recorded, at most `most` of a tenant,
    /// each as the event that it expired.
    ///
    /// What happened to them before must be recorded already, so `dead_before_ms` is no later than the oldest event that
    /// still waits.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn lapsed(&self, dead_before_ms: u64, most: u32) -> Result<Vec<Event>, Error> {
        let query = diesel::sql_query("SELECT * FROM lapsed_verifications($1, $2)")
            .bind::<Timestamptz, _>(timestamp(dead_before_ms))
            .bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX));
        let rows: Vec<Row> = self.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        rows.into_iter().map(Row::event).collect()
    }

    /// Records how PINs ended of which no end was recorded: each once, however often and by how many it is asked.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn record_lapsed(&self, ends: Vec<Event>) -> Result<(), Error> {
        // The same event whoever notices and however often: its id and its time follow from the PIN.
        let batch: Vec<(EventId, Event)> =
            ends.into_iter().map(|event| (format!("{}-{}", event.kind.name(), event.pin), event)).collect();
        self.record(&batch).await?;
        self.mark_lapsed(&batch).await
    }

    async fn mark_lapsed(&self, batch: &[(EventId, Event)]) -> Result<(), Error> {
        let expired = || batch.iter().filter(|(_, event)| event.kind == Kind::Expired);
        let tenants: Vec<Uuid> = expired().map(|(_, event)| event.tenant.into()).collect();
        let pins: Vec<Uuid> = expired().map(|(_, event)| event.pin.into()).collect();
        let created: Vec<Timestamp> = expired().map(|(_, event)| timestamp(event.created_ms)).collect();
        let query = diesel::sql_query("SELECT mark_lapsed($1, $2, $3)")
            .bind::<Array<SqlUuid>, _>(tenants)
            .bind::<Array<SqlUuid>, _>(pins)
            .bind::<Array<Timestamptz>, _>(created);
        self.run(move |connection| async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()).await
    }
}
