//! What the fraud guard decided: recorded from the event stream, each decision once, and listed.

use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::event::{Event, Kind};
use pinfold_core::fraud::{Finding, Rule};
use pinfold_core::id::PinId;
use serde_json::Value;
use uuid::Uuid;

use crate::events::{EventId, storable};
use crate::fraud::Fraud;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Database, Error};

/// Which decisions.
#[derive(Debug, Clone, Default)]
pub struct DecisionFilter {
    /// Those of this rule.
    pub rule: Option<Rule>,
    /// `Some(true)` for those that refused, `Some(false)` for those that were only recorded.
    pub is_blocked: Option<bool>,
    /// Those from this time on, in milliseconds.
    pub from_ms: Option<u64>,
    /// Those before this time.
    pub to_ms: Option<u64>,
    /// Those behind this one.
    pub after: Option<(u64, String)>,
    /// The most.
    pub size: u32,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FraudDecision {
    /// Its id.
    pub id: String,
    /// When, in milliseconds.
    pub at_ms: u64,
    /// Whether it refused.
    pub is_blocked: bool,
    /// Rule, figures and threshold.
    pub finding: Finding,
    /// The channel.
    pub channel: String,
    /// The PIN of a send that went.
    pub pin: Option<PinId>,
    /// The number, masked.
    pub number: String,
    /// Its country.
    pub region: Option<String>,
    /// How many sends were decided alike.
    pub sends: u32,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Timestamptz)]
    happened_at: Timestamp,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pin_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    masked: String,
    #[diesel(sql_type = Nullable<Text>)]
    region: Option<String>,
    #[diesel(sql_type = Integer)]
    sends: i32,
    #[diesel(sql_type = Jsonb)]
    finding: Value,
}

impl Row {
    fn read(self) -> Result<FraudDecision, Error> {
        let finding =
            serde_json::from_value(self.finding).map_err(|_| Error::corrupt("fraud_decisions", "finding", self.id.clone()))?;
        Ok(FraudDecision {
            id: self.id,
            at_ms: millis(self.happened_at),
            is_blocked: self.action == "blocked",
            finding,
            channel: self.channel,
            pin: self.pin_id.map(PinId::from),
            number: self.masked,
            region: self.region,
            sends: u32::try_from(self.sends).unwrap_or(0),
        })
    }
}

impl Fraud<'_> {
    /// The tenant's decisions, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn decisions(self, filter: DecisionFilter) -> Result<Vec<FraudDecision>, Error> {
        let rows: Vec<Row> = self
            .0
            .run(move |connection, tenant| {
                let (after_at, after_id) = filter.after.map(|(at_ms, id)| (timestamp(at_ms), id)).unzip();
                let query = diesel::sql_query(
                    "SELECT id, happened_at, action, channel, pin_id, masked, region, sends, finding FROM fraud_decisions \
                     WHERE tenant_id = $1 AND ($2 IS NULL OR rule = $2) AND ($3 IS NULL OR action = $3) \
                       AND ($4 IS NULL OR happened_at >= $4) AND ($5 IS NULL OR happened_at < $5) \
                       AND ($6 IS NULL OR (happened_at, id) < ($6, $7)) \
                     ORDER BY happened_at DESC, id DESC LIMIT $8",
                )
                .bind::<SqlUuid, _>(tenant)
                .bind::<Nullable<Text>, _>(filter.rule.map(Rule::name))
                .bind::<Nullable<Text>, _>(filter.is_blocked.map(|is_blocked| if is_blocked { "blocked" } else { "recorded" }))
                .bind::<Nullable<Timestamptz>, _>(filter.from_ms.map(timestamp))
                .bind::<Nullable<Timestamptz>, _>(filter.to_ms.map(timestamp))
                .bind::<Nullable<Timestamptz>, _>(after_at)
                .bind::<Nullable<Text>, _>(after_id)
                .bind::<BigInt, _>(i64::from(filter.size));
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        rows.into_iter().map(Row::read).collect()
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = Integer)]
    count: i32,
}

#[derive(diesel::QueryableByName)]
struct Pruned {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Database {
    /// Records what the guard decided, each once. Says how many were new.
    ///
    /// # Errors
    /// See [`Error`]; the same decisions may be recorded again.
    pub(crate) async fn record_decisions(&self, events: &[&(EventId, Event)]) -> Result<u32, Error> {
        let found: Vec<_> = events.iter().filter_map(|(id, event)| Some((id, event, event.detail.fraud.as_deref()?))).collect();
        let ids: Vec<String> = found.iter().map(|(id, ..)| storable(id).into_owned()).collect();
        let happened: Vec<Timestamp> = found.iter().map(|(_, event, _)| timestamp(event.at_ms)).collect();
        let tenants: Vec<Uuid> = found.iter().map(|(_, event, _)| event.tenant.into()).collect();
        let pins: Vec<Uuid> = found.iter().map(|(_, event, _)| event.pin.into()).collect();
        let action = |kind| if kind == Kind::FraudBlocked { "blocked" } else { "recorded" };
        let actions: Vec<&'static str> = found.iter().map(|(_, event, _)| action(event.kind)).collect();
        let channels: Vec<&'static str> = found.iter().map(|(_, event, _)| event.channel.name()).collect();
        let messages: Vec<Uuid> = found.iter().map(|(_, event, _)| event.message.into()).collect();
        let masked: Vec<String> = found.iter().map(|(.., fraud)| storable(&fraud.number).into_owned()).collect();
        let regions: Vec<Option<String>> = found.iter().map(|(.., fraud)| fraud.region.map(|it| it.to_string())).collect();
        let sends: Vec<i32> = found.iter().map(|(.., fraud)| i32::try_from(fraud.sends).unwrap_or(i32::MAX)).collect();
        let findings: Vec<Value> =
            found.iter().map(|(.., fraud)| serde_json::to_value(&fraud.finding).expect("a finding serialises")).collect();
        let counted: Count = self
            .run(move |connection| {
                let query =
                    diesel::sql_query("SELECT record_fraud_decisions($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS count")
                        .bind::<Array<Text>, _>(ids)
                        .bind::<Array<Timestamptz>, _>(happened)
                        .bind::<Array<SqlUuid>, _>(tenants)
                        .bind::<Array<SqlUuid>, _>(pins)
                        .bind::<Array<Text>, _>(actions)
                        .bind::<Array<Text>, _>(channels)
                        .bind::<Array<SqlUuid>, _>(messages)
                        .bind::<Array<Text>, _>(masked)
                        .bind::<Array<Nullable<Text>>, _>(regions)
                        .bind::<Array<Integer>, _>(sends)
                        .bind::<Array<Jsonb>, _>(findings);
                async move { Ok(query.get_result(connection).await?) }.boxed()
            })
            .await?;
        Ok(u32::try_from(counted.count).unwrap_or(0))
    }

    /// Forgets decisions and alerts of more than `keep_days` before `now_ms`. Says how many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prune_decisions(&self, now_ms: u64, keep_days: u32) -> Result<u64, Error> {
        let keep_from = timestamp(now_ms.saturating_sub(u64::from(keep_days) * 86_400_000));
        let query = diesel::sql_query("SELECT prune_decisions($1) AS count").bind::<Timestamptz, _>(keep_from);
        let pruned: Pruned = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(u64::try_from(pruned.count).unwrap_or(0))
    }
}
