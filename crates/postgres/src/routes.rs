//! A tenant's routes: for each channel, by prefix, the connections that carry it.
//!
//! The version before this one knew one table, `routes`, with one connection per channel. It is written along, first of
//! all, so that both versions may run; a trigger takes over what the older one writes.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::ConnectionId;
use pinfold_core::price::Price;
use pinfold_core::route::{Leg, Mix, Prefix, Route};
use uuid::Uuid;

use crate::schema::{prefix_routes, route_legs, routes};
use crate::{Error, TenantScope};

/// A tenant's routes.
#[derive(Debug, Clone, Copy)]
pub struct Routes<'a>(pub(crate) TenantScope<'a>);

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = prefix_routes)]
struct Row {
    channel: String,
    prefix: String,
    strategy: String,
    conversion_weight: i32,
    cost_weight: i32,
    latency_weight: i32,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = route_legs)]
struct LegRow {
    channel: String,
    prefix: String,
    place: i16,
    connection_id: Uuid,
    weight: i32,
    sender: Option<String>,
    price_micros: Option<i64>,
    currency: Option<String>,
}

impl From<&Route> for Row {
    fn from(route: &Route) -> Self {
        Self {
            channel: route.channel.name().to_owned(),
            prefix: route.prefix.to_string(),
            strategy: route.strategy.name().to_owned(),
            conversion_weight: route.mix.conversion.into(),
            cost_weight: route.mix.cost.into(),
            latency_weight: route.mix.latency.into(),
        }
    }
}

fn leg_rows(route: &Route) -> Vec<LegRow> {
    let row = |(place, leg): (i16, &Leg)| LegRow {
        channel: route.channel.name().to_owned(),
        prefix: route.prefix.to_string(),
        place,
        connection_id: leg.connection.into(),
        weight: leg.weight.into(),
        sender: leg.sender.clone(),
        price_micros: leg.price.as_ref().map(|price| i64::try_from(price.micros).unwrap_or(i64::MAX)),
        currency: leg.price.as_ref().map(|price| price.currency.code().to_owned()),
    };
    (0_i16..).zip(&route.legs).map(row).collect()
}

impl Row {
    fn open(self, legs: Vec<LegRow>) -> Result<Route, Error> {
        let corrupt = |column| Error::corrupt("prefix_routes", column, format!("{} {}", self.channel, self.prefix));
        let weight = |stored: i32| u16::try_from(stored).map_err(|_| corrupt("weights"));
        let leg = |row: LegRow| {
            let micros = row.price_micros.map(u64::try_from).transpose().map_err(|_| corrupt("price_micros"))?;
            let currency = row.currency.map(|text| text.parse()).transpose().map_err(|_| corrupt("currency"))?;
            let price = micros.zip(currency).map(|(micros, currency)| Price { micros, currency });
            Ok(Leg { connection: row.connection_id.into(), weight: weight(row.weight)?, sender: row.sender, price })
        };
        Ok(Route {
            channel: self.channel.parse().map_err(|_| corrupt("channel"))?,
            prefix: self.prefix.parse().map_err(|_| corrupt("prefix"))?,
            strategy: self.strategy.parse().map_err(|_| corrupt("strategy"))?,
            mix: Mix {
                conversion: weight(self.conversion_weight)?,
                cost: weight(self.cost_weight)?,
                latency: weight(self.latency_weight)?,
            },
            legs: legs.into_iter().map(leg).collect::<Result<_, Error>>()?,
        })
    }
}

impl Routes<'_> {
    /// All of them, by channel and prefix.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<Route>, Error> {
        self.0.run(|connection, tenant| load(connection, tenant).boxed()).await?.into_iter().collect()
    }

    /// Sets the default route of a channel to one connection; without one, removes it.
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant has no such connection, and see [`Error`].
    pub async fn set(self, channel: Channel, to: Option<ConnectionId>) -> Result<(), Error> {
        match to {
            Some(to) => self.put(Route::single(channel, to)).await,
            None => self.remove(channel, Prefix::Any).await.map(drop),
        }
    }

    /// Sets a route, in place of the one with the same channel and prefix.
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant lacks one of its connections, and see [`Error`].
    pub async fn put(self, route: Route) -> Result<(), Error> {
        self.0.run(move |connection, tenant| async move { put(connection, tenant, &route).await }.boxed()).await
    }

    /// Removes a route; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn remove(self, channel: Channel, prefix: Prefix) -> Result<Option<()>, Error> {
        let removed = self.0.run(move |connection, tenant| {
            async move {
                let target = prefix_routes::table.find((tenant, channel.name(), prefix.to_string()));
                let removed = diesel::delete(target).execute(connection).await?;
                if prefix == Prefix::Any {
                    diesel::delete(routes::table.find((tenant, channel.name()))).execute(connection).await?;
                }
                Ok(removed)
            }
            .boxed()
        });
        Ok((removed.await? > 0).then_some(()))
    }
}

async fn put(connection: &mut AsyncPgConnection, tenant: Uuid, route: &Route) -> Result<(), Error> {
    let (row, legs) = (Row::from(route), leg_rows(route));
    if let (Prefix::Any, Some(first)) = (&route.prefix, legs.as_slice().first()) {
        diesel::insert_into(routes::table)
            .values((
                routes::tenant_id.eq(tenant),
                routes::channel.eq(&row.channel),
                routes::connection_id.eq(first.connection_id),
            ))
            .on_conflict((routes::tenant_id, routes::channel))
            .do_update()
            .set(routes::connection_id.eq(first.connection_id))
            .execute(connection)
            .await?;
    }
    let place = (prefix_routes::tenant_id, prefix_routes::channel, prefix_routes::prefix);
    diesel::insert_into(prefix_routes::table)
        .values((prefix_routes::tenant_id.eq(tenant), &row))
        .on_conflict(place)
        .do_update()
        .set(&row)
        .execute(connection)
        .await?;
    let stored = route_legs::table.filter(
        route_legs::tenant_id.eq(tenant).and(route_legs::channel.eq(&row.channel)).and(route_legs::prefix.eq(&row.prefix)),
    );
    diesel::delete(stored).execute(connection).await?;
    let legs: Vec<_> = legs.into_iter().map(|leg| (route_legs::tenant_id.eq(tenant), leg)).collect();
    diesel::insert_into(route_legs::table).values(legs).execute(connection).await?;
    Ok(())
}

/// The tenant's routes, each by itself.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<Result<Route, Error>>, Error> {
    let rows: Vec<Row> = prefix_routes::table
        .filter(prefix_routes::tenant_id.eq(tenant))
        .order((prefix_routes::channel, prefix_routes::prefix))
        .select(Row::as_select())
        .load(connection)
        .await?;
    let legs: Vec<LegRow> = route_legs::table
        .filter(route_legs::tenant_id.eq(tenant))
        .order((route_legs::channel, route_legs::prefix, route_legs::place))
        .select(LegRow::as_select())
        .load(connection)
        .await?;
    let mut by_route: BTreeMap<(String, String), Vec<LegRow>> = BTreeMap::new();
    for leg in legs {
        by_route.entry((leg.channel.clone(), leg.prefix.clone())).or_default().push(leg);
    }
    let with_legs = rows.into_iter().filter_map(|row| {
        // A route without a leg is none.
        let legs = by_route.remove(&(row.channel.clone(), row.prefix.clone()))?;
        Some(row.open(legs))
    });
    Ok(with_legs.collect())
}
