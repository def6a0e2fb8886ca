//! The limits that a tenant defines for what its sends name, such as the address of a client. Each has buckets: so many
//! sends in so many seconds.

use std::collections::HashMap;

use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::{ApplicationId, BucketId, IdMap, RateLimitId};
use pinfold_core::span::{Rate, Span};
use uuid::Uuid;

use crate::schema::{rate_limit_buckets, rate_limits};
use crate::time::{Timestamp, millis};
use crate::{Error, TenantScope};

/// The limits of an application.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits<'a> {
    pub(crate) scope: TenantScope<'a>,
    pub(crate) application: ApplicationId,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Its id.
    pub id: RateLimitId,
    /// The name by which sends say what it counts.
    pub unique_name: String,
    /// What it is for.
    pub description: String,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

/// One window of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Its id.
    pub id: BucketId,
    /// The most sends in its interval.
    pub most: u32,
    /// The interval in seconds.
    pub interval_s: u32,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

/// What became of an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added<T> {
    /// It is there.
    Added(T),
    /// One of that name or interval is there already.
    Taken,
    /// There are as many as there may be.
    Full,
    /// What it belongs to is gone.
    Gone,
}

/// A limit as sends meet it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLimit {
    /// The name by which sends say what it counts.
    pub name: String,
    /// Its windows.
    pub buckets: Vec<(BucketId, Rate)>,
}

type LimitRow = (Uuid, String, String, Timestamp, Timestamp);
type BucketRow = (Uuid, i32, i32, Timestamp, Timestamp);

const LIMIT: (
    rate_limits::id,
    rate_limits::unique_name,
    rate_limits::description,
    rate_limits::created_at,
    rate_limits::updated_at,
) = (rate_limits::id, rate_limits::unique_name, rate_limits::description, rate_limits::created_at, rate_limits::updated_at);

fn limit((id, unique_name, description, created, updated): LimitRow) -> RateLimit {
    RateLimit { id: id.into(), unique_name, description, created_ms: millis(created), updated_ms: millis(updated) }
}

fn bucket((id, most, interval_s, created, updated): BucketRow) -> Bucket {
    Bucket {
        id: id.into(),
        most: most.unsigned_abs(),
        interval_s: interval_s.unsigned_abs(),
        created_ms: millis(created),
        updated_ms: millis(updated),
    }
}

macro_rules! bucket_columns {
    () => {
        (
            rate_limit_buckets::id,
            rate_limit_buckets::most,
            rate_limit_buckets::interval_s,
            rate_limit_buckets::created_at,
            rate_limit_buckets::updated_at,
        )
    };
}

/// What an insert came to: a name that is taken and a parent that is gone are no failures.
pub(crate) fn added<T>(inserted: Result<Option<T>, Error>) -> Result<Added<T>, Error> {
    match inserted {
        Ok(Some(row)) => Ok(Added::Added(row)),
        Ok(None) => Ok(Added::Full),
        Err(error) if error.constraint().is_some_and(|name| name.ends_with("_fkey")) => Ok(Added::Gone),
        Err(error) if error.constraint().is_some() => Ok(Added::Taken),
        Err(error) => Err(error),
    }
}

impl RateLimits<'_> {
    /// All of them, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<RateLimit>, Error> {
        let application = Uuid::from(self.application);
        let rows: Vec<LimitRow> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let mine = rate_limits::tenant_id.eq(tenant).and(rate_limits::application_id.eq(application));
                    let query = rate_limits::table.filter(mine).order((rate_limits::created_at, rate_limits::id));
                    Ok(query.select(LIMIT).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(limit).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: RateLimitId) -> Result<Option<RateLimit>, Error> {
        let (application, id) = (Uuid::from(self.application), Uuid::from(id));
        let row = self.scope.run(move |connection, tenant| {
            async move {
                let query = rate_limits::table.find((tenant, application, id)).select(LIMIT);
                Ok(query.first(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(row.await?.map(limit))
    }

    /// Adds one, unless there are `most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, unique_name: String, description: String, most: i64) -> Result<Added<RateLimit>, Error> {
        let (application, id) = (Uuid::from(self.application), Uuid::from(RateLimitId::random()));
        let inserted = self.scope.run(move |connection, tenant| {
            async move {
                let mine = rate_limits::tenant_id.eq(tenant).and(rate_limits::application_id.eq(application));
                let count: i64 = rate_limits::table.filter(mine).count().get_result(connection).await?;
                if count >= most {
                    return Ok(None);
                }
                let values = (
                    rate_limits::tenant_id.eq(tenant),
                    rate_limits::application_id.eq(application),
                    rate_limits::id.eq(id),
                    rate_limits::unique_name.eq(unique_name),
                    rate_limits::description.eq(description),
                );
                let insert = diesel::insert_into(rate_limits::table).values(values).returning(LIMIT);
                Ok(Some(insert.get_result(connection).await?))
            }
            .boxed()
        });
        added(inserted.await.map(|row| row.map(limit)))
    }

    /// Changes what one is for; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn describe(self, id: RateLimitId, description: String) -> Result<Option<RateLimit>, Error> {
        let (application, id) = (Uuid::from(self.application), Uuid::from(id));
        let row = self.scope.run(move |connection, tenant| {
            async move {
                let update = diesel::update(rate_limits::table.find((tenant, application, id)))
                    .set((rate_limits::description.eq(description), rate_limits::updated_at.eq(now)))
                    .returning(LIMIT);
                Ok(update.get_result(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(row.await?.map(limit))
    }

    /// Removes one with its buckets; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, id: RateLimitId) -> Result<Option<()>, Error> {
        let (application, id) = (Uuid::from(self.application), Uuid::from(id));
        let deleted = self.scope.run(move |connection, tenant| {
            async move { Ok(diesel::delete(rate_limits::table.find((tenant, application, id))).execute(connection).await?) }
                .boxed()
        });
        Ok((deleted.await? > 0).then_some(()))
    }

    /// The buckets of one, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn buckets(self, of: RateLimitId) -> Result<Vec<Bucket>, Error> {
        let (application, of) = (Uuid::from(self.application), Uuid::from(of));
        let rows: Vec<BucketRow> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let mine = rate_limit_buckets::tenant_id
                        .eq(tenant)
                        .and(rate_limit_buckets::application_id.eq(application))
                        .and(rate_limit_buckets::rate_limit_id.eq(of));
                    let order = (rate_limit_buckets::created_at, rate_limit_buckets::id);
                    let query = rate_limit_buckets::table.filter(mine).order(order).select(bucket_columns!());
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(bucket).collect())
    }

    /// Adds a bucket, unless there are `at_most`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add_bucket(self, to: RateLimitId, most: u32, interval_s: u32, at_most: usize) -> Result<Added<Bucket>, Error> {
        if self.buckets(to).await?.len() >= at_most {
            return Ok(Added::Full);
        }
        let (application, to) = (Uuid::from(self.application), Uuid::from(to));
        let inserted = self.scope.run(move |connection, tenant| {
            async move {
                let values = (
                    rate_limit_buckets::tenant_id.eq(tenant),
                    rate_limit_buckets::application_id.eq(application),
                    rate_limit_buckets::rate_limit_id.eq(to),
                    rate_limit_buckets::id.eq(Uuid::from(BucketId::random())),
                    rate_limit_buckets::most.eq(most.cast_signed()),
                    rate_limit_buckets::interval_s.eq(interval_s.cast_signed()),
                );
                let insert = diesel::insert_into(rate_limit_buckets::table).values(values).returning(bucket_columns!());
                Ok(Some(insert.get_result(connection).await?))
            }
            .boxed()
        });
        added(inserted.await.map(|row| row.map(bucket)))
    }

    /// Changes a bucket; [`Added::Gone`] when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn change_bucket(self, of: RateLimitId, id: BucketId, most: u32, interval_s: u32) -> Result<Added<Bucket>, Error> {
        let key = (Uuid::from(self.application), Uuid::from(of), Uuid::from(id));
        let changed = self.scope.run(move |connection, tenant| {
            async move {
                let update = diesel::update(rate_limit_buckets::table.find((tenant, key.0, key.1, key.2)))
                    .set((
                        rate_limit_buckets::most.eq(most.cast_signed()),
                        rate_limit_buckets::interval_s.eq(interval_s.cast_signed()),
                        rate_limit_buckets::updated_at.eq(now),
                    ))
                    .returning(bucket_columns!());
                Ok(update.get_result(connection).await.optional()?)
            }
            .boxed()
        });
        match added(changed.await.map(|row| row.map(bucket)))? {
            Added::Full => Ok(Added::Gone),
            changed => Ok(changed),
        }
    }

    /// Removes a bucket; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_bucket(self, of: RateLimitId, id: BucketId) -> Result<Option<()>, Error> {
        let key = (Uuid::from(self.application), Uuid::from(of), Uuid::from(id));
        let deleted = self.scope.run(move |connection, tenant| {
            async move {
                let target = rate_limit_buckets::table.find((tenant, key.0, key.1, key.2));
                Ok(diesel::delete(target).execute(connection).await?)
            }
            .boxed()
        });
        Ok((deleted.await? > 0).then_some(()))
    }
}

/// The tenant's limits with their buckets; a limit without any counts nothing, and is known all the same.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<(ApplicationId, NamedLimit)>, Error> {
    let query = rate_limits::table.filter(rate_limits::tenant_id.eq(tenant)).select((
        rate_limits::application_id,
        rate_limits::id,
        rate_limits::unique_name,
    ));
    let limits: Vec<(Uuid, Uuid, String)> = query.load(connection).await?;
    let columns =
        (rate_limit_buckets::rate_limit_id, rate_limit_buckets::id, rate_limit_buckets::most, rate_limit_buckets::interval_s);
    let query = rate_limit_buckets::table.filter(rate_limit_buckets::tenant_id.eq(tenant)).select(columns);
    let rows: Vec<(Uuid, Uuid, i32, i32)> = query.load(connection).await?;
    let mut buckets: HashMap<Uuid, Vec<(BucketId, Rate)>> = HashMap::new();
    for (limit, id, most, interval_s) in rows {
        let window = Span::from_millis(u64::from(interval_s.unsigned_abs()) * 1_000);
        let rate = window.ok().and_then(|window| Rate::new(most.unsigned_abs(), window).ok());
        buckets.entry(limit).or_default().extend(rate.map(|rate| (BucketId::from(id), rate)));
    }
    let with_buckets = |(application, id, name): (Uuid, Uuid, String)| {
        (application.into(), NamedLimit { name, buckets: buckets.remove(&id).unwrap_or_default() })
    };
    Ok(limits.into_iter().map(with_buckets).collect())
}

/// Limits by their applications.
pub(crate) fn by_application(limits: Vec<(ApplicationId, NamedLimit)>) -> IdMap<ApplicationId, Vec<NamedLimit>> {
    let mut all: IdMap<_, Vec<_>> = IdMap::default();
    for (application, limit) in limits {
        all.entry(application).or_default().push(limit);
    }
    all
}
