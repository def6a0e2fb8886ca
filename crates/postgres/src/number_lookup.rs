//! The connection that a tenant has numbers looked up with.

use diesel::sql_types::{BigInt, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::ApplicationId;
use pinfold_core::lookup::NumberLookup;
use pinfold_core::price::Price;
use uuid::Uuid;

use crate::{Error, TenantScope};

/// How a tenant has numbers looked up.
#[derive(Debug, Clone, Copy)]
pub struct NumberLookups<'a>(pub(crate) TenantScope<'a>);

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    connection_id: Uuid,
    #[diesel(sql_type = Integer)]
    cache_seconds: i32,
    #[diesel(sql_type = Integer)]
    deadline_ms: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    price_micros: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    currency: Option<String>,
}

impl Row {
    fn read(self, tenant: Uuid) -> Result<NumberLookup, Error> {
        let corrupt = |column| Error::corrupt("number_lookups", column, tenant);
        let price = match (self.price_micros, self.currency) {
            (Some(micros), Some(currency)) => Some(Price {
                micros: u64::try_from(micros).map_err(|_| corrupt("price_micros"))?,
                currency: currency.parse().map_err(|_| corrupt("currency"))?,
            }),
            _ => None,
        };
        Ok(NumberLookup {
            connection: self.connection_id.into(),
            cache_seconds: u32::try_from(self.cache_seconds).map_err(|_| corrupt("cache_seconds"))?,
            deadline_ms: u32::try_from(self.deadline_ms).map_err(|_| corrupt("deadline_ms"))?,
            price,
        })
    }
}

impl NumberLookups<'_> {
    /// How it does; nothing when it does not.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self) -> Result<Option<NumberLookup>, Error> {
        self.0.run(|connection, tenant| async move { load(connection, tenant).await?.transpose() }.boxed()).await
    }

    /// Has numbers looked up so from now on.
    ///
    /// # Errors
    /// See [`Error`]; it is refused where there is no such connection.
    pub async fn set(self, lookup: NumberLookup) -> Result<(), Error> {
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        self.0
            .run(move |connection, tenant| {
                let query = diesel::sql_query(
                    "INSERT INTO number_lookups (tenant_id, connection_id, cache_seconds, deadline_ms, price_micros, currency) \
                     VALUES ($1, $2, $3, $4, $5, $6) \
                     ON CONFLICT (tenant_id) DO UPDATE SET connection_id = EXCLUDED.connection_id, \
                         cache_seconds = EXCLUDED.cache_seconds, deadline_ms = EXCLUDED.deadline_ms, \
                         price_micros = EXCLUDED.price_micros, currency = EXCLUDED.currency",
                )
                .bind::<SqlUuid, _>(tenant)
                .bind::<SqlUuid, _>(Uuid::from(lookup.connection))
                .bind::<Integer, _>(number(lookup.cache_seconds))
                .bind::<Integer, _>(number(lookup.deadline_ms))
                .bind::<Nullable<BigInt>, _>(lookup.price.map(|price| i64::try_from(price.micros).unwrap_or(i64::MAX)))
                .bind::<Nullable<Text>, _>(lookup.price.map(|price| price.currency.code().to_owned()));
                async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()
            })
            .await
    }

    /// Has none looked up any more; `None` when it had not.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self) -> Result<Option<()>, Error> {
        let deleted = self
            .0
            .run(|connection, tenant| {
                let query = diesel::sql_query("DELETE FROM number_lookups WHERE tenant_id = $1").bind::<SqlUuid, _>(tenant);
                async move { Ok(query.execute(connection).await?) }.boxed()
            })
            .await?;
        Ok((deleted > 0).then_some(()))
    }

    /// Adds one to what was used.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn record(self, application: ApplicationId, price: Option<Price>) -> Result<(), Error> {
        self.0
            .run(move |connection, _| {
                let query = diesel::sql_query("SELECT record_lookup($1, $2, $3)")
                    .bind::<SqlUuid, _>(Uuid::from(application))
                    .bind::<Nullable<BigInt>, _>(price.map(|price| i64::try_from(price.micros).unwrap_or(i64::MAX)))
                    .bind::<Nullable<Text>, _>(price.map(|price| price.currency.code().to_owned()));
                async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()
            })
            .await
    }
}

/// How the tenant has numbers looked up, if it does.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Option<Result<NumberLookup, Error>>, Error> {
    let query = diesel::sql_query("SELECT * FROM number_lookups WHERE tenant_id = $1").bind::<SqlUuid, _>(tenant);
    let rows: Vec<Row> = query.load(connection).await?;
    Ok(rows.into_iter().next().map(|row| row.read(tenant)))
}
