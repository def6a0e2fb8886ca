//! What Twilio's clients say of countries: kept and shown, and no more, because routes choose the way of a message.

use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::ApplicationId;
use uuid::Uuid;

use crate::rate_limits::added;
use crate::schema::messaging_configurations as table;
use crate::time::{Timestamp, millis};
use crate::{Added, Error, TenantScope};

/// The configurations of an application.
#[derive(Debug, Clone, Copy)]
pub struct MessagingConfigurations<'a> {
    pub(crate) scope: TenantScope<'a>,
    pub(crate) application: ApplicationId,
}

/// What was said of a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagingConfiguration {
    /// Two letters, or `all`.
    pub country: String,
    /// The vendor's messaging service.
    pub messaging_service: String,
    /// When it was said, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

type Row = (String, String, Timestamp, Timestamp);
const COLUMNS: (table::country, table::messaging_service, table::created_at, table::updated_at) =
    (table::country, table::messaging_service, table::created_at, table::updated_at);

fn open((country, messaging_service, created, updated): Row) -> MessagingConfiguration {
    MessagingConfiguration { country, messaging_service, created_ms: millis(created), updated_ms: millis(updated) }
}

impl MessagingConfigurations<'_> {
    /// All of them, by country.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<MessagingConfiguration>, Error> {
        let application = Uuid::from(self.application);
        let rows: Vec<Row> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let mine = table::tenant_id.eq(tenant).and(table::application_id.eq(application));
                    Ok(table::table.filter(mine).order(table::country).select(COLUMNS).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(open).collect())
    }

    /// That of a country.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, country: String) -> Result<Option<MessagingConfiguration>, Error> {
        let application = Uuid::from(self.application);
        let row = self.scope.run(move |connection, tenant| {
            async move {
                let query = table::table.find((tenant, application, country)).select(COLUMNS);
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
    pub async fn create(self, country: String, messaging_service: String) -> Result<Added<MessagingConfiguration>, Error> {
        let application = Uuid::from(self.application);
        let inserted = self.scope.run(move |connection, tenant| {
            async move {
                let values = (
                    table::tenant_id.eq(tenant),
                    table::application_id.eq(application),
                    table::country.eq(country),
                    table::messaging_service.eq(messaging_service),
                );
                let insert = diesel::insert_into(table::table).values(values).returning(COLUMNS);
                Ok(Some(insert.get_result(connection).await?))
            }
            .boxed()
        });
        added(inserted.await.map(|row| row.map(open)))
    }

    /// Changes one; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update(self, country: String, messaging_service: String) -> Result<Option<MessagingConfiguration>, Error> {
        let application = Uuid::from(self.application);
        let row = self.scope.run(move |connection, tenant| {
            async move {
                let update = diesel::update(table::table.find((tenant, application, country)))
                    .set((table::messaging_service.eq(messaging_service), table::updated_at.eq(now)))
                    .returning(COLUMNS);
                Ok(update.get_result(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(row.await?.map(open))
    }

    /// Removes one; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, country: String) -> Result<Option<()>, Error> {
        let application = Uuid::from(self.application);
        let deleted = self.scope.run(move |connection, tenant| {
            async move { Ok(diesel::delete(table::table.find((tenant, application, country))).execute(connection).await?) }
                .boxed()
        });
        Ok((deleted.await? > 0).then_some(()))
    }
}
