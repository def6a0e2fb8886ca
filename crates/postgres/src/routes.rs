//! A tenant's default routes: one connection per channel.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::ConnectionId;
use uuid::Uuid;

use crate::schema::routes;
use crate::{Error, TenantScope};

/// A tenant's default routes.
#[derive(Debug, Clone, Copy)]
pub struct Routes<'a>(pub(crate) TenantScope<'a>);

impl Routes<'_> {
    /// The channels that have a route, each with its connection.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<(Channel, ConnectionId)>, Error> {
        self.0.run(|connection, tenant| load(connection, tenant).boxed()).await?.into_iter().collect()
    }

    /// Sets the route of a channel; without a connection, removes it.
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant has no such connection, and see [`Error`].
    pub async fn set(self, channel: Channel, to: Option<ConnectionId>) -> Result<(), Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    match to.map(Uuid::from) {
                        Some(to) => {
                            diesel::insert_into(routes::table)
                                .values((
                                    routes::tenant_id.eq(tenant),
                                    routes::channel.eq(channel.name()),
                                    routes::connection_id.eq(to),
                                ))
                                .on_conflict((routes::tenant_id, routes::channel))
                                .do_update()
                                .set(routes::connection_id.eq(to))
                                .execute(connection)
                                .await?
                        }
                        None => diesel::delete(routes::table.find((tenant, channel.name()))).execute(connection).await?,
                    };
                    Ok(())
                }
                .boxed()
            })
            .await
    }
}

/// The tenant's routes, each by itself.
pub(crate) async fn load(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<(Channel, ConnectionId), Error>>, Error> {
    let rows: Vec<(String, Uuid)> = routes::table
        .filter(routes::tenant_id.eq(tenant))
        .order(routes::channel)
        .select((routes::channel, routes::connection_id))
        .load(connection)
        .await?;
    let route = |(channel, to): (String, Uuid)| {
        let channel = channel.parse().map_err(|_| Error::corrupt("routes", "channel", &channel))?;
        Ok((channel, to.into()))
    };
    Ok(rows.into_iter().map(route).collect())
}
