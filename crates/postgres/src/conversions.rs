//! What became of a tenant's messages by connection: what ranking rests on.

use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::ranking::Observation;
use uuid::Uuid;

use crate::time::timestamp;
use crate::{Error, TenantScope};

/// The span that messages are counted in together, in milliseconds.
const SPAN_MS: u64 = 30_000;

/// Which messages are counted.
#[derive(Debug, Clone)]
pub struct Window {
    /// Now, by the clock of the events.
    pub now_ms: u64,
    /// How far back.
    pub length_ms: u64,
    /// Messages younger than that may still be verified, and are left out.
    pub ripe_ms: u64,
    /// The most messages that are looked at, newest first.
    pub most: u32,
    /// The number of the tenant's partition, with which the ids of its events begin.
    pub partition: u16,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = SqlUuid)]
    connection_id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    region: Option<String>,
    #[diesel(sql_type = Integer)]
    span: i32,
    #[diesel(sql_type = BigInt)]
    sends: i64,
    #[diesel(sql_type = BigInt)]
    verified: i64,
    #[diesel(sql_type = BigInt)]
    accepted: i64,
    #[diesel(sql_type = Double)]
    latency_sum_ms: f64,
}

/// An event's id begins with partition and time, and the primary key with tenant and id: the newest of one tenant stand
/// together there, and no other index is needed. A message counts as verified when no later one of the same PIN left before
/// the right guess: the last one is the one that was read. Failures that are not the connection's fault do not count.
const QUERY: &str = r#"
WITH attempt AS MATERIALIZED (
    SELECT pin_id, happened_at, channel, connection_id, kind, detail
    FROM events
    WHERE tenant_id = $1 AND id COLLATE "C" >= $2 AND happened_at >= $3 AND kind IN ('sent', 'retried', 'failed')
        AND connection_id IS NOT NULL
    ORDER BY tenant_id DESC, id COLLATE "C" DESC
    LIMIT $6
), judged AS (
    SELECT *, lead(happened_at) OVER (PARTITION BY pin_id, kind ORDER BY happened_at) AS next_at FROM attempt
), ripe AS (
    SELECT * FROM judged
    WHERE kind = 'sent' AND happened_at < $4
        OR kind <> 'sent' AND coalesce(detail ->> 'fault', 'connection') = 'connection'
)
SELECT
    ripe.channel, ripe.connection_id, ripe.detail ->> 'region' AS region,
    floor(greatest(extract(epoch FROM $5 - happened_at), 0) / 30)::integer AS span,
    count(*) AS sends,
    count(*) FILTER (WHERE kind = 'sent' AND verified_at >= happened_at AND (next_at IS NULL OR next_at > verified_at)) AS verified,
    count(*) FILTER (WHERE kind = 'sent') AS accepted,
    coalesce(sum((detail ->> 'latency_ms')::double precision) FILTER (WHERE kind = 'sent'), 0) AS latency_sum_ms
FROM ripe
LEFT JOIN LATERAL (
    SELECT v.verified_at FROM verifications AS v
    WHERE v.tenant_id = $1 AND v.pin_id = ripe.pin_id AND v.created_at >= $3 - interval '1 day'
    LIMIT 1
) AS pin ON ripe.kind = 'sent'
GROUP BY 1, 2, 3, 4
"#;

impl TenantScope<'_> {
    /// What became of the tenant's messages, by channel, connection, country and half minute.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn conversions(self, window: Window) -> Result<Vec<Observation>, Error> {
        let since_ms = window.now_ms.saturating_sub(window.length_ms);
        let first_id = format!("{:02}-{since_ms}", window.partition);
        let rows: Vec<Row> = self
            .run(move |connection, tenant| {
                let query = diesel::sql_query(QUERY)
                    .bind::<SqlUuid, _>(tenant)
                    .bind::<Text, _>(first_id)
                    .bind::<Timestamptz, _>(timestamp(since_ms))
                    .bind::<Timestamptz, _>(timestamp(window.now_ms.saturating_sub(window.ripe_ms)))
                    .bind::<Timestamptz, _>(timestamp(window.now_ms))
                    .bind::<BigInt, _>(i64::from(window.most));
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        Ok(rows.into_iter().filter_map(observation).collect())
    }
}

/// A row that nobody can read counts for nothing: ranking goes on with the rest.
fn observation(row: Row) -> Option<Observation> {
    let count = |counted: i64| u32::try_from(counted).unwrap_or(u32::MAX);
    Some(Observation {
        channel: row.channel.parse().ok()?,
        connection: row.connection_id.into(),
        region: row.region.and_then(|region| region.parse().ok()),
        age_ms: u64::try_from(row.span).ok()? * SPAN_MS,
        sends: count(row.sends),
        verified: count(row.verified),
        latency_sum_ms: row.latency_sum_ms,
        accepted: count(row.accepted),
    })
}
