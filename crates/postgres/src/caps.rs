//! Caps on what a tenant and its applications send, and what was sent, by day.

use diesel::sql_types::{Array, BigInt, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::caps::{Capped, Caps, Recorded};
use pinfold_core::id::ApplicationId;
use pinfold_core::price::Price;
use uuid::Uuid;

use crate::time::timestamp;
use crate::{Database, Error, TenantScope};

/// The caps of a tenant and of its applications.
#[derive(Debug, Clone, Copy)]
pub struct TenantCaps<'a>(pub(crate) TenantScope<'a>);

/// What was sent on one day by one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The day, in days since the first of January 1970.
    pub day: u64,
    /// The application; none for what belongs to no application any more.
    pub application: Option<ApplicationId>,
    /// Messages that came to their end.
    pub messages: u64,
    /// Numbers looked up.
    pub lookups: u64,
    /// What they cost, where it is known: one of this currency.
    pub cost: Option<Price>,
}

#[derive(diesel::QueryableByName)]
struct CapRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    application_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    daily_messages: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    monthly_messages: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    daily_micros: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    monthly_micros: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    currency: Option<String>,
    #[diesel(sql_type = Date)]
    day: chrono::NaiveDate,
    #[diesel(sql_type = BigInt)]
    day_messages: i64,
    #[diesel(sql_type = BigInt)]
    month_messages: i64,
    #[diesel(sql_type = BigInt)]
    day_micros: i64,
    #[diesel(sql_type = BigInt)]
    month_micros: i64,
}

#[derive(diesel::QueryableByName)]
struct DayRow {
    #[diesel(sql_type = Date)]
    day: chrono::NaiveDate,
    #[diesel(sql_type = SqlUuid)]
    application_id: Uuid,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    messages: i64,
    #[diesel(sql_type = BigInt)]
    micros: i64,
    #[diesel(sql_type = BigInt)]
    lookups: i64,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl CapRow {
    fn read(self) -> Result<(Option<ApplicationId>, Capped), Error> {
        let corrupt = |column| Error::corrupt("caps", column, self.application_id.unwrap_or_default());
        let currency = self.currency.as_deref().map(str::parse).transpose().map_err(|_| corrupt("currency"))?;
        let messages = |cap: Option<i32>| cap.and_then(|cap| u32::try_from(cap).ok());
        let money = |cap: Option<i64>| cap.zip(currency).map(|(micros, currency)| Price { micros: natural(micros), currency });
        let caps = Caps {
            daily_messages: messages(self.daily_messages),
            monthly_messages: messages(self.monthly_messages),
            daily_money: money(self.daily_micros),
            monthly_money: money(self.monthly_micros),
        };
        let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let recorded = Recorded {
            day: number(self.day),
            day_messages: count(self.day_messages),
            month_messages: count(self.month_messages),
            day_micros: natural(self.day_micros),
            month_micros: natural(self.month_micros),
        };
        Ok((self.application_id.map(ApplicationId::from), Capped { caps, recorded }))
    }
}

fn natural(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The number of a day.
fn number(day: chrono::NaiveDate) -> u64 {
    natural(i64::from(day.to_epoch_days()))
}

/// The day of a number; the last one of the calendar when it is past that.
fn date(day: u64) -> chrono::NaiveDate {
    i32::try_from(day).ok().and_then(chrono::NaiveDate::from_epoch_days).unwrap_or(chrono::NaiveDate::MAX)
}

impl TenantCaps<'_> {
    /// The caps of the tenant, or of an application; without any, none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, of: Option<ApplicationId>) -> Result<Caps, Error> {
        let all = self.0.run(|connection, tenant| load(connection, tenant).boxed()).await?;
        for row in all {
            let (application, capped) = row?;
            if application == of {
                return Ok(capped.caps);
            }
        }
        Ok(Caps::default())
    }

    /// Sets the caps of the tenant, or of an application of it. Money is of one currency.
    ///
    /// # Errors
    /// See [`Error`]; it is refused where there is no such application.
    pub async fn set(self, of: Option<ApplicationId>, caps: Caps) -> Result<(), Error> {
        let messages = |cap: Option<u32>| cap.map(|cap| i32::try_from(cap).unwrap_or(i32::MAX));
        let micros = |cap: Option<Price>| cap.map(|cap| i64::try_from(cap.micros).unwrap_or(i64::MAX));
        let currency = caps.daily_money.or(caps.monthly_money).map(|price| price.currency.code().to_owned());
        let of = of.map(Uuid::from);
        self.0
            .run(move |connection, tenant| {
                async move {
                    if caps.is_empty() {
                        let query =
                            diesel::sql_query("DELETE FROM caps WHERE tenant_id = $1 AND application_id IS NOT DISTINCT FROM $2")
                                .bind::<SqlUuid, _>(tenant)
                                .bind::<Nullable<SqlUuid>, _>(of);
                        return Ok(query.execute(connection).await.map(drop)?);
                    }
                    let query = diesel::sql_query(
                        "INSERT INTO caps (tenant_id, application_id, daily_messages, monthly_messages, daily_micros, \
                             monthly_micros, currency) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7) \
                         ON CONFLICT (tenant_id, application_id) DO UPDATE SET \
                             daily_messages = EXCLUDED.daily_messages, monthly_messages = EXCLUDED.monthly_messages, \
                             daily_micros = EXCLUDED.daily_micros, monthly_micros = EXCLUDED.monthly_micros, \
                             currency = EXCLUDED.currency",
                    )
                    .bind::<SqlUuid, _>(tenant)
                    .bind::<Nullable<SqlUuid>, _>(of)
                    .bind::<Nullable<Integer>, _>(messages(caps.daily_messages))
                    .bind::<Nullable<Integer>, _>(messages(caps.monthly_messages))
                    .bind::<Nullable<BigInt>, _>(micros(caps.daily_money))
                    .bind::<Nullable<BigInt>, _>(micros(caps.monthly_money))
                    .bind::<Nullable<Text>, _>(currency);
                    Ok(query.execute(connection).await.map(drop)?)
                }
                .boxed()
            })
            .await
    }

    /// What was sent from one day to another, both included, by day and application.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn usage(self, from: u64, to: u64) -> Result<Vec<UsageRow>, Error> {
        let rows: Vec<DayRow> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = diesel::sql_query(
                        "SELECT day, application_id, currency, messages, micros, lookups FROM usage_days \
                         WHERE tenant_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day, application_id, currency",
                    )
                    .bind::<SqlUuid, _>(tenant)
                    .bind::<Date, _>(date(from))
                    .bind::<Date, _>(date(to));
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        let row = |row: DayRow| UsageRow {
            day: number(row.day),
            application: (!row.application_id.is_nil()).then(|| row.application_id.into()),
            messages: natural(row.messages),
            lookups: natural(row.lookups),
            cost: row.currency.parse().ok().map(|currency| Price { micros: natural(row.micros), currency }),
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

/// The tenant's caps with what is recorded under them, each by itself: one corrupt row spoils no other.
pub(crate) async fn load(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<(Option<ApplicationId>, Capped), Error>>, Error> {
    let query = diesel::sql_query("SELECT * FROM cap_states($1)").bind::<Array<SqlUuid>, _>(vec![tenant]);
    let rows: Vec<CapRow> = query.load(connection).await?;
    Ok(rows.into_iter().map(CapRow::read).collect())
}

impl Database {
    /// Forgets what was sent more than `keep_days` before `now_ms`. Says how many rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prune_usage(&self, now_ms: u64, keep_days: u32) -> Result<u64, Error> {
        let keep_from = timestamp(now_ms.saturating_sub(u64::from(keep_days) * 86_400_000));
        let query = diesel::sql_query("SELECT prune_usage($1) AS count").bind::<Timestamptz, _>(keep_from);
        let counted: Count = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(natural(counted.count))
    }
}
