//! Tenants that are suspended or leave. Leaving is done in steps, and goes on where it was interrupted.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::{PersonId, TenantId};
use uuid::Uuid;

use crate::database::Access;
use crate::people::schema::offboardings;
use crate::time::{Timestamp, millis};
use crate::{Error, TenantScope, Tenants};

diesel::define_sql_function! {
    /// Suspends a tenant, or lets it work again; see the migration.
    fn suspend_tenant(operator: SqlUuid, tenant: SqlUuid, reason: Nullable<Text>) -> Bool;
}
diesel::define_sql_function! {
    /// Begins to remove the tenant of the transaction; see the migration.
    fn begin_offboarding() -> Bool;
}
diesel::define_sql_function! {
    /// Removes some rows of a tenant that leaves; see the migration.
    fn continue_offboarding(leaving: SqlUuid, most: Integer) -> Bool;
}

/// A tenant, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantFigures {
    /// Its id.
    pub id: TenantId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Whether it may do anything.
    pub is_enabled: bool,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// Since when it is suspended.
    pub suspended_ms: Option<u64>,
    /// Why.
    pub suspension_reason: Option<String>,
    /// Its people.
    pub members: u64,
    /// Its applications.
    pub applications: u64,
    /// Its API keys that are not revoked.
    pub api_keys: u64,
    /// The PINs of the last day.
    pub sends: u64,
    /// Those of them that were verified.
    pub verified: u64,
}

/// A tenant that leaves, or has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offboarding {
    /// Its id.
    pub tenant: TenantId,
    /// Its short name.
    pub slug: String,
    /// Since when, in milliseconds since 1970.
    pub started_ms: u64,
    /// Whether nothing is left of it in PostgreSQL.
    pub is_finished: bool,
    /// How many rows of each table were removed.
    pub removed: BTreeMap<String, u64>,
    /// How many keys of Redis were removed.
    pub redis_keys: u64,
}

#[derive(QueryableByName)]
struct Figures {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_enabled: bool,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    suspended_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    suspension_reason: Option<String>,
    #[diesel(sql_type = BigInt)]
    members: i64,
    #[diesel(sql_type = BigInt)]
    applications: i64,
    #[diesel(sql_type = BigInt)]
    api_keys: i64,
    #[diesel(sql_type = BigInt)]
    sends: i64,
    #[diesel(sql_type = BigInt)]
    verified: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = offboardings)]
struct Row {
    id: Uuid,
    slug: String,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    removed: serde_json::Value,
    redis_keys: i64,
}

impl From<Row> for Offboarding {
    fn from(row: Row) -> Self {
        Self {
            tenant: row.id.into(),
            slug: row.slug,
            started_ms: millis(row.started_at),
            is_finished: row.finished_at.is_some(),
            removed: serde_json::from_value(row.removed).unwrap_or_default(),
            redis_keys: row.redis_keys.unsigned_abs(),
        }
    }
}

impl Tenants<'_> {
    /// Every tenant with its figures; none for whoever is no operator.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn figures(self, operator: PersonId) -> Result<Vec<TenantFigures>, Error> {
        let query = diesel::sql_query("SELECT * FROM operator_tenants($1)").bind::<SqlUuid, _>(Uuid::from(operator));
        let work = self.0.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed());
        let rows: Vec<Figures> = work.await?;
        let open = |row: Figures| TenantFigures {
            id: row.id.into(),
            slug: row.slug,
            name: row.name,
            is_enabled: row.is_enabled,
            created_ms: millis(row.created_at),
            suspended_ms: row.suspended_at.map(millis),
            suspension_reason: row.suspension_reason,
            members: row.members.unsigned_abs(),
            applications: row.applications.unsigned_abs(),
            api_keys: row.api_keys.unsigned_abs(),
            sends: row.sends.unsigned_abs(),
            verified: row.verified.unsigned_abs(),
        };
        Ok(rows.into_iter().map(open).collect())
    }

    /// Suspends a tenant for a reason, or lets it work again without one; `None` when there is no such tenant, it leaves, or the person
    /// is no operator.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn suspend(self, operator: PersonId, tenant: TenantId, reason: Option<String>) -> Result<Option<()>, Error> {
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let call = suspend_tenant(Uuid::from(operator), Uuid::from(tenant), reason);
                Ok(diesel::select(call).get_result::<bool>(connection).await?)
            }
            .boxed()
        });
        Ok(work.await?.then_some(()))
    }

    /// Removes at most `most` rows more of a tenant that leaves; `true` when nothing is left.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn continue_offboarding(self, tenant: TenantId, most: i32) -> Result<bool, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let call = continue_offboarding(Uuid::from(tenant), most);
                Ok(diesel::select(call).get_result::<bool>(connection).await?)
            }
            .boxed()
        });
        work.await
    }

    /// Notes keys of Redis that were removed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn note_redis_keys(self, tenant: TenantId, keys: u64) -> Result<(), Error> {
        let keys = i64::try_from(keys).unwrap_or(i64::MAX);
        let work = self.0.run(move |connection| {
            async move {
                let change = offboardings::redis_keys.eq(offboardings::redis_keys + keys);
                diesel::update(offboardings::table.find(Uuid::from(tenant))).set(change).execute(connection).await?;
                Ok(())
            }
            .boxed()
        });
        work.await
    }

    /// One tenant that leaves or left.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn offboarding(self, tenant: TenantId) -> Result<Option<Offboarding>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = offboardings::table.find(Uuid::from(tenant)).select(Row::as_select());
                Ok(query.first(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(Offboarding::from))
    }

    /// Those that are not finished.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn offboardings(self) -> Result<Vec<Offboarding>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = offboardings::table.filter(offboardings::finished_at.is_null()).order(offboardings::started_at);
                Ok(query.select(Row::as_select()).load(connection).await?)
            }
            .boxed()
        });
        let rows: Vec<Row> = work.await?;
        Ok(rows.into_iter().map(Offboarding::from).collect())
    }
}

impl TenantScope<'_> {
    /// The tenant leaves: it is closed at once, and [`Tenants::continue_offboarding`] removes it. `false` when it is gone.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin_offboarding(self) -> Result<bool, Error> {
        let work = self.run(|connection, _| {
            async move { Ok(diesel::select(begin_offboarding()).get_result::<bool>(connection).await?) }.boxed()
        });
        work.await
    }

    /// The tenant itself.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn profile(self) -> Result<Option<crate::Tenant>, Error> {
        let work = self.run(|connection, tenant| async move { crate::tenants::find(connection, tenant).await }.boxed());
        work.await
    }

    /// Gives the tenant another name; `None` when it is gone.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rename(self, name: &str) -> Result<Option<crate::Tenant>, Error> {
        let name = name.to_owned();
        let work =
            self.run(move |connection, tenant| async move { crate::tenants::rename(connection, tenant, name).await }.boxed());
        work.await
    }
}
