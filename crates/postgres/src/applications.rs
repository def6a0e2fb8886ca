//! A tenant's applications.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::application::{Application, Durability};
use pinfold_core::id::ApplicationId;
use pinfold_core::limits::Limits;
use uuid::Uuid;

use crate::schema::applications;
use crate::{Error, TenantScope};

/// A tenant's applications.
#[derive(Debug, Clone, Copy)]
pub struct Applications<'a>(pub(crate) TenantScope<'a>);

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = applications, treat_none_as_null = true)]
struct Row {
    id: Uuid,
    name: String,
    is_enabled: bool,
    pin_attempts: i16,
    allow_multiple_verifications: bool,
    time_to_live: String,
    verify_limit: String,
    send_per_application_limit: String,
    send_per_number_limit: String,
    lock_after: String,
    slug: Option<String>,
    durability: String,
}

impl From<Application> for Row {
    fn from(application: Application) -> Self {
        let limits = application.limits;
        Self {
            id: application.id.into(),
            name: application.name,
            is_enabled: application.is_enabled,
            pin_attempts: limits.pin_attempts.into(),
            allow_multiple_verifications: limits.allow_multiple_verifications,
            time_to_live: limits.time_to_live.to_string(),
            verify_limit: limits.verify.to_string(),
            send_per_application_limit: limits.send_per_application.to_string(),
            send_per_number_limit: limits.send_per_number.to_string(),
            lock_after: limits.lock_after.to_string(),
            slug: application.slug,
            durability: application.durability.name().to_owned(),
        }
    }
}

impl TryFrom<Row> for Application {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let corrupt = |column| move || Error::corrupt("applications", column, row.id);
        let rate = |column, text: &str| text.parse().map_err(|_| corrupt(column)());
        Ok(Self {
            id: row.id.into(),
            is_enabled: row.is_enabled,
            limits: Limits {
                pin_attempts: row.pin_attempts.try_into().map_err(|_| corrupt("pin_attempts")())?,
                allow_multiple_verifications: row.allow_multiple_verifications,
                time_to_live: row.time_to_live.parse().map_err(|_| corrupt("time_to_live")())?,
                verify: rate("verify_limit", &row.verify_limit)?,
                send_per_application: rate("send_per_application_limit", &row.send_per_application_limit)?,
                send_per_number: rate("send_per_number_limit", &row.send_per_number_limit)?,
                lock_after: rate("lock_after", &row.lock_after)?,
            },
            durability: Durability::ALL
                .into_iter()
                .find(|known| known.name() == row.durability)
                .ok_or_else(corrupt("durability"))?,
            name: row.name,
            slug: row.slug,
        })
    }
}

impl Applications<'_> {
    /// All of them, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<Application>, Error> {
        self.0.run(|connection, tenant| load(connection, tenant).boxed()).await?.into_iter().collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: ApplicationId) -> Result<Option<Application>, Error> {
        let row: Option<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = applications::table.find((tenant, Uuid::from(id))).select(Row::as_select());
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(Application::try_from).transpose()
    }

    /// Adds one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, application: Application) -> Result<(), Error> {
        self.0.run(move |connection, tenant| insert(connection, tenant, application).boxed()).await
    }

    /// Changes one by `change`, which sees it as nobody else changes it meanwhile, and may refuse. What it is then; `None` when there
    /// is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update<E: Send + 'static>(
        self,
        id: ApplicationId,
        change: impl FnOnce(Application) -> Result<Application, E> + Send + 'static,
    ) -> Result<Option<Result<Application, E>>, Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let target = applications::table.find((tenant, Uuid::from(id)));
                    let row: Option<Row> = target.select(Row::as_select()).for_update().first(connection).await.optional()?;
                    let Some(stored) = row.map(Application::try_from).transpose()? else { return Ok(None) };
                    let changed = change(stored);
                    if let Ok(application) = &changed {
                        diesel::update(target).set(Row::from(application.clone())).execute(connection).await?;
                    }
                    Ok(Some(changed))
                }
                .boxed()
            })
            .await
    }
}

/// Adds one.
pub(crate) async fn insert(connection: &mut AsyncPgConnection, tenant: Uuid, application: Application) -> Result<(), Error> {
    let values = (applications::tenant_id.eq(tenant), Row::from(application));
    diesel::insert_into(applications::table).values(values).execute(connection).await?;
    Ok(())
}

/// The tenant's applications, each by itself: one corrupt row spoils no other.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<Result<Application, Error>>, Error> {
    let query = applications::table
        .filter(applications::tenant_id.eq(tenant))
        .order((applications::created_at, applications::id))
        .select(Row::as_select());
    Ok(query.load(connection).await?.into_iter().map(Application::try_from).collect())
}
