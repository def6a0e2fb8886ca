//! People of a tenant, by the identity that it gives them, who enroll factors in one of its applications.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::{ApplicationId, EntityId};
use uuid::Uuid;

use crate::rate_limits::added;
use crate::schema::entities;
use crate::time::{Timestamp, millis};
use crate::{Added, Error, TenantScope};

/// The people of an application.
#[derive(Debug, Clone, Copy)]
pub struct Entities<'a> {
    pub(crate) scope: TenantScope<'a>,
    pub(crate) application: ApplicationId,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Its id.
    pub id: EntityId,
    /// What the tenant calls it.
    pub identity: String,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
}

type Row = (Uuid, String, Timestamp);
const COLUMNS: (entities::id, entities::identity, entities::created_at) =
    (entities::id, entities::identity, entities::created_at);

fn open((id, identity, created): Row) -> Entity {
    Entity { id: id.into(), identity, created_ms: millis(created) }
}

impl Entities<'_> {
    /// A page of them, oldest first, after so many others.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn page(self, skip: u32, size: u32) -> Result<Vec<Entity>, Error> {
        let application = Uuid::from(self.application);
        let rows: Vec<Row> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let mine = entities::tenant_id.eq(tenant).and(entities::application_id.eq(application));
                    let query = entities::table.filter(mine).order((entities::created_at, entities::id)).select(COLUMNS);
                    Ok(query.offset(skip.into()).limit(size.into()).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(open).collect())
    }

    /// The one of an identity.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, identity: String) -> Result<Option<Entity>, Error> {
        let application = Uuid::from(self.application);
        let row = self.scope.run(move |connection, tenant| {
            async move {
                let mine = entities::tenant_id.eq(tenant).and(entities::application_id.eq(application));
                let query = entities::table.filter(mine.and(entities::identity.eq(identity))).select(COLUMNS);
                Ok(query.first(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(row.await?.map(open))
    }

    /// Adds one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, identity: String) -> Result<Added<Entity>, Error> {
        let application = Uuid::from(self.application);
        let inserted = self.scope.run(move |connection, tenant| {
            async move {
                let values = (
                    entities::tenant_id.eq(tenant),
                    entities::application_id.eq(application),
                    entities::id.eq(Uuid::from(EntityId::random())),
                    entities::identity.eq(identity),
                );
                let insert = diesel::insert_into(entities::table).values(values).returning(COLUMNS);
                Ok(Some(insert.get_result(connection).await?))
            }
            .boxed()
        });
        added(inserted.await.map(|row| row.map(open)))
    }

    /// Removes one with its factors; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, id: EntityId) -> Result<Option<()>, Error> {
        let key = (Uuid::from(self.application), Uuid::from(id));
        let deleted = self.scope.run(move |connection, tenant| {
            async move { Ok(diesel::delete(entities::table.find((tenant, key.0, key.1))).execute(connection).await?) }.boxed()
        });
        Ok((deleted.await? > 0).then_some(()))
    }
}
