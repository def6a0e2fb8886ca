//! A tenant's applications as Twilio's clients see them: services, with settings beside those of the application.

use diesel::dsl::now;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::application::Application;
use pinfold_core::id::ApplicationId;
use pinfold_core::service::ServiceSettings;
use serde_json::Value;
use uuid::Uuid;

use crate::schema::{applications, service_settings};
use crate::time::{Timestamp, millis};
use crate::{Error, TenantScope};

/// A tenant's services.
#[derive(Debug, Clone, Copy)]
pub struct Services<'a>(pub(crate) TenantScope<'a>);

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its application.
    pub id: ApplicationId,
    /// The application's name.
    pub name: String,
    /// What it has beside the application.
    pub settings: ServiceSettings,
    /// When the application was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// When the settings were last changed.
    pub updated_ms: u64,
}

type Row = (Uuid, String, Timestamp, Option<Value>, Option<Timestamp>);

fn open((id, name, created, settings, updated): Row) -> Result<Service, Error> {
    let settings = settings.map(|settings| parse(id, settings)).transpose()?.unwrap_or_default();
    Ok(Service { id: id.into(), name, settings, created_ms: millis(created), updated_ms: millis(updated.unwrap_or(created)) })
}

fn parse(id: Uuid, settings: Value) -> Result<ServiceSettings, Error> {
    serde_json::from_value(settings).map_err(|_| Error::corrupt("service_settings", "settings", id))
}

macro_rules! joined {
    ($tenant:expr) => {
        applications::table
            .left_join(
                service_settings::table.on(service_settings::tenant_id
                    .eq(applications::tenant_id)
                    .and(service_settings::application_id.eq(applications::id))),
            )
            .filter(applications::tenant_id.eq($tenant))
            .order((applications::created_at, applications::id))
            .select((
                applications::id,
                applications::name,
                applications::created_at,
                service_settings::settings.nullable(),
                service_settings::updated_at.nullable(),
            ))
    };
}

impl Services<'_> {
    /// All of them, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<Service>, Error> {
        let rows: Vec<Row> =
            self.0.run(|connection, tenant| async move { Ok(joined!(tenant).load(connection).await?) }.boxed()).await?;
        rows.into_iter().map(open).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: ApplicationId) -> Result<Option<Service>, Error> {
        let row: Option<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = joined!(tenant).filter(applications::id.eq(Uuid::from(id)));
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(open).transpose()
    }

    /// Adds one with its application.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, application: Application, settings: &ServiceSettings) -> Result<(), Error> {
        let settings = json(settings);
        self.0
            .run(move |connection, tenant| {
                async move {
                    let id = application.id;
                    crate::applications::insert(connection, tenant, application).await?;
                    save(connection, tenant, id, settings).await
                }
                .boxed()
            })
            .await
    }

    /// Changes the application's name and the settings; `None` when there is no such application.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update(self, id: ApplicationId, name: String, settings: &ServiceSettings) -> Result<Option<()>, Error> {
        let settings = json(settings);
        self.0
            .run(move |connection, tenant| {
                async move {
                    let target = applications::table.find((tenant, Uuid::from(id)));
                    let changed = diesel::update(target).set(applications::name.eq(name)).execute(connection).await?;
                    if changed == 0 {
                        return Ok(None);
                    }
                    save(connection, tenant, id, settings).await.map(Some)
                }
                .boxed()
            })
            .await
    }

    /// Switches the application off and keeps the settings, which say that it was deleted; `None` when there is no such
    /// application.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, id: ApplicationId, settings: &ServiceSettings) -> Result<Option<()>, Error> {
        let settings = json(settings);
        self.0
            .run(move |connection, tenant| {
                async move {
                    let target = applications::table.find((tenant, Uuid::from(id)));
                    let changed = diesel::update(target).set(applications::is_enabled.eq(false)).execute(connection).await?;
                    if changed == 0 {
                        return Ok(None);
                    }
                    save(connection, tenant, id, settings).await.map(Some)
                }
                .boxed()
            })
            .await
    }
}

fn json(settings: &ServiceSettings) -> Value {
    serde_json::to_value(settings).expect("numbers and words serialise")
}

async fn save(connection: &mut AsyncPgConnection, tenant: Uuid, id: ApplicationId, settings: Value) -> Result<(), Error> {
    let values = (
        service_settings::tenant_id.eq(tenant),
        service_settings::application_id.eq(Uuid::from(id)),
        service_settings::settings.eq(settings),
    );
    diesel::insert_into(service_settings::table)
        .values(values)
        .on_conflict((service_settings::tenant_id, service_settings::application_id))
        .do_update()
        .set((service_settings::settings.eq(excluded(service_settings::settings)), service_settings::updated_at.eq(now)))
        .execute(connection)
        .await?;
    Ok(())
}

/// The settings of the tenant's services, each by itself: one corrupt row spoils no other.
pub(crate) async fn load(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<(ApplicationId, ServiceSettings), Error>>, Error> {
    let query = service_settings::table
        .filter(service_settings::tenant_id.eq(tenant))
        .select((service_settings::application_id, service_settings::settings));
    let rows: Vec<(Uuid, Value)> = query.load(connection).await?;
    Ok(rows.into_iter().map(|(id, settings)| parse(id, settings).map(|settings| (id.into(), settings))).collect())
}
