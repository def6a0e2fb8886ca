//! What needs a tenant's eye: alerts, who has seen them, and of which kinds it is not told.

use diesel::sql_types::{BigInt, Bool, Integer, Interval, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::{AlertId, TenantId};
use pinfold_core::keys::Digest;
use serde_json::Value;
use uuid::Uuid;

use crate::time::{Timestamp, millis, timestamp};
use crate::{Database, Error, TenantScope};

/// A tenant's alerts.
#[derive(Debug, Clone, Copy)]
pub struct Alerts<'a>(pub(crate) TenantScope<'a>);

/// An alert: one episode.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Its kind, such as `number_failures`.
    pub kind: String,
    /// What it is about; never a whole number.
    pub about: String,
    /// The figures that raised it, as they were noticed last.
    pub figures: Value,
    /// When it was raised, in milliseconds.
    pub raised_ms: u64,
    /// When it was noticed last.
    pub last_ms: u64,
    /// How often it was noticed.
    pub times: u32,
    /// Whether nobody was told, because the kind was muted.
    pub is_muted: bool,
    /// When and by whom it was acknowledged.
    pub acknowledged: Option<(u64, String)>,
}

/// Which alerts.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those that somebody has seen, or that nobody has.
    pub is_acknowledged: Option<bool>,
    /// Those behind this one.
    pub after: Option<(u64, AlertId)>,
    /// The most.
    pub size: u32,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = Jsonb)]
    figures: Value,
    #[diesel(sql_type = Timestamptz)]
    raised_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    last_at: Timestamp,
    #[diesel(sql_type = Integer)]
    times: i32,
    #[diesel(sql_type = Bool)]
    is_muted: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    acknowledged_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    acknowledged_by: Option<String>,
}

impl From<Row> for Alert {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            kind: row.kind,
            about: row.about,
            figures: row.figures,
            raised_ms: millis(row.raised_at),
            last_ms: millis(row.last_at),
            times: u32::try_from(row.times).unwrap_or(0),
            is_muted: row.is_muted,
            acknowledged: row.acknowledged_at.map(millis).zip(row.acknowledged_by),
        }
    }
}

#[derive(diesel::QueryableByName)]
struct MuteRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    until_at: Timestamp,
}

#[derive(diesel::QueryableByName)]
struct Raised {
    #[diesel(sql_type = Bool)]
    is_new: bool,
}

const COLUMNS: &str = "id, kind, about, figures, raised_at, last_at, times, is_muted, acknowledged_at, acknowledged_by";

impl Alerts<'_> {
    /// The alerts, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, filter: AlertFilter) -> Result<Vec<Alert>, Error> {
        let rows: Vec<Row> = self
            .0
            .run(move |connection, tenant| {
                // Cursors are milliseconds; times are finer.
                let (after_at, after_id) = filter.after.map(|(at_ms, id)| (timestamp(at_ms), Uuid::from(id))).unzip();
                let query = diesel::sql_query(format!(
                    "SELECT {COLUMNS} FROM alerts WHERE tenant_id = $1 AND ($2 IS NULL OR kind = $2) \
                       AND ($3 IS NULL OR (acknowledged_at IS NOT NULL) = $3) \
                       AND ($4 IS NULL OR (date_trunc('milliseconds', raised_at), id) < ($4, $5)) \
                     ORDER BY date_trunc('milliseconds', raised_at) DESC, id DESC LIMIT $6",
                ))
                .bind::<SqlUuid, _>(tenant)
                .bind::<Nullable<Text>, _>(filter.kind)
                .bind::<Nullable<Bool>, _>(filter.is_acknowledged)
                .bind::<Nullable<Timestamptz>, _>(after_at)
                .bind::<Nullable<SqlUuid>, _>(after_id)
                .bind::<BigInt, _>(i64::from(filter.size));
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        Ok(rows.into_iter().map(Alert::from).collect())
    }

    /// Notes who has seen an alert; who saw it first stays. `None` when there is no such one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn acknowledge(self, id: AlertId, by: String) -> Result<Option<Alert>, Error> {
        let rows: Vec<Row> = self
            .0
            .run(move |connection, tenant| {
                let query = diesel::sql_query(format!(
                    "UPDATE alerts SET acknowledged_at = coalesce(acknowledged_at, now()), \
                         acknowledged_by = coalesce(acknowledged_by, $3) \
                     WHERE tenant_id = $1 AND id = $2 RETURNING {COLUMNS}"
                ))
                .bind::<SqlUuid, _>(tenant)
                .bind::<SqlUuid, _>(Uuid::from(id))
                .bind::<Text, _>(by);
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        Ok(rows.into_iter().next().map(Alert::from))
    }

    /// The kinds that nobody is told of, and until when.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn mutes(self) -> Result<Vec<(String, u64)>, Error> {
        let rows: Vec<MuteRow> = self
            .0
            .run(|connection, tenant| {
                let query = diesel::sql_query(
                    "SELECT kind, until_at FROM alert_mutes WHERE tenant_id = $1 AND until_at > now() ORDER BY kind",
                )
                .bind::<SqlUuid, _>(tenant);
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        Ok(rows.into_iter().map(|row| (row.kind, millis(row.until_at))).collect())
    }

    /// Sets the kinds that nobody is told of; they take the place of those before.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_mutes(self, mutes: Vec<(String, u64)>) -> Result<(), Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let delete = diesel::sql_query("DELETE FROM alert_mutes WHERE tenant_id = $1").bind::<SqlUuid, _>(tenant);
                    delete.execute(connection).await?;
                    for (kind, until_ms) in mutes {
                        let insert = diesel::sql_query("INSERT INTO alert_mutes (tenant_id, kind, until_at) VALUES ($1, $2, $3)")
                            .bind::<SqlUuid, _>(tenant)
                            .bind::<Text, _>(kind)
                            .bind::<Timestamptz, _>(timestamp(until_ms));
                        insert.execute(connection).await?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await
    }
}

impl Database {
    /// Raises an alert, once in an episode: what comes again within `quiet_seconds` goes on. What is the same is known by its
    /// `subject`, and by `about`, which people read, where there is none. Says whether somebody has to be told.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn raise_alert(
        &self,
        tenant: TenantId,
        kind: &str,
        about: &str,
        subject: Option<&Digest>,
        figures: Value,
        quiet_seconds: u32,
    ) -> Result<bool, Error> {
        let (kind, about, subject) = (kind.to_owned(), about.to_owned(), subject.map(hex::encode));
        let quiet = diesel::data_types::PgInterval::from_microseconds(i64::from(quiet_seconds) * 1_000_000);
        let raised: Raised = self
            .run(move |connection| {
                let query = diesel::sql_query("SELECT raise_alert($1, $2, $3, $4, $5, $6, true) AS is_new")
                    .bind::<SqlUuid, _>(Uuid::from(tenant))
                    .bind::<Text, _>(kind)
                    .bind::<Text, _>(about)
                    .bind::<Nullable<Text>, _>(subject)
                    .bind::<Jsonb, _>(figures)
                    .bind::<Interval, _>(quiet);
                async move { Ok(query.get_result(connection).await?) }.boxed()
            })
            .await?;
        Ok(raised.is_new)
    }
}
