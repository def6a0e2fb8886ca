//! Where what an import made comes from.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::{ApplicationId, MessageId};
use uuid::Uuid;

use crate::schema::origins;
use crate::{Error, TenantScope};

/// Where what imports of a tenant made comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origins<'a>(pub(crate) TenantScope<'a>);

/// Where one thing comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The importer's reference.
    pub origin: String,
    /// The application that was made of it, or that the template belongs to.
    pub application: ApplicationId,
    /// The template that was made of it.
    pub message: Option<MessageId>,
}

impl From<(String, Uuid, Option<Uuid>)> for Origin {
    fn from((origin, application, message): (String, Uuid, Option<Uuid>)) -> Self {
        Self { origin, application: application.into(), message: message.map(MessageId::from) }
    }
}

impl Origins<'_> {
    /// At most `size` of them behind `after`, in their order.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, after: String, size: u32) -> Result<Vec<Origin>, Error> {
        let rows: Vec<(String, Uuid, Option<Uuid>)> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = origins::table
                        .filter(origins::tenant_id.eq(tenant).and(origins::origin.gt(after)))
                        .order(origins::origin)
                        .limit(size.into())
                        .select((origins::origin, origins::application_id, origins::message_id));
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(Origin::from).collect())
    }

    /// Says where something comes from, in the place of what was said of the same origin.
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant has no such application or template, and see [`Error`].
    pub async fn set(self, origin: Origin) -> Result<(), Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let (application, message) = (Uuid::from(origin.application), origin.message.map(Uuid::from));
                    let values = (
                        origins::tenant_id.eq(tenant),
                        origins::origin.eq(origin.origin),
                        origins::application_id.eq(application),
                        origins::message_id.eq(message),
                    );
                    let change = (origins::application_id.eq(application), origins::message_id.eq(message));
                    let insert = diesel::insert_into(origins::table).values(values);
                    insert.on_conflict((origins::tenant_id, origins::origin)).do_update().set(change).execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Forgets one; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, origin: String) -> Result<Option<()>, Error> {
        let gone = self
            .0
            .run(move |connection, tenant| {
                async move { Ok(diesel::delete(origins::table.find((tenant, origin))).execute(connection).await?) }.boxed()
            })
            .await?;
        Ok((gone > 0).then_some(()))
    }
}
