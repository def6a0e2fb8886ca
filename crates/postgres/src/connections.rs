//! A tenant's provider connections. Their settings are sealed with the tenant's keys, bound to tenant and connection:
//! moved to another row they do not open.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::connection::{Connection, Traffic};
use pinfold_core::id::{ConnectionId, IdMap, TenantId};
use pinfold_core::keys::TenantKeys;
use uuid::Uuid;

use crate::schema::connections;
use crate::{Error, Snapshot, TenantScope};

/// A tenant's provider connections.
#[derive(Debug, Clone, Copy)]
pub struct Connections<'a>(pub(crate) TenantScope<'a>);

/// A connection as it stands in the table.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connections, treat_none_as_null = true)]
pub(crate) struct Row {
    id: Uuid,
    name: String,
    kind: String,
    is_enabled: bool,
    sealed: Vec<u8>,
    max_per_second: Option<i32>,
    deadline_ms: Option<i32>,
    max_concurrency: Option<i32>,
}

/// The place a connection's settings are sealed for.
#[must_use]
pub fn connection_place(tenant: TenantId, connection: ConnectionId) -> Vec<u8> {
    [b"connection".as_slice(), tenant.as_bytes(), connection.as_bytes()].concat()
}

impl Row {
    fn seal(tenant: TenantId, connection: &Connection, keys: &TenantKeys) -> Self {
        let plain = serde_json::to_vec(&connection.provider).expect("maps with text keys serialise");
        Self {
            id: connection.id.into(),
            name: connection.name.clone(),
            kind: connection.provider.kind().to_owned(),
            is_enabled: connection.is_enabled,
            sealed: keys.seal_secret(&plain, &connection_place(tenant, connection.id)),
            max_per_second: connection.traffic.max_per_second.map(stored),
            deadline_ms: connection.traffic.deadline_ms.map(stored),
            max_concurrency: connection.traffic.max_concurrency.map(stored),
        }
    }

    /// The connection with its settings opened.
    pub(crate) fn open(self, tenant: TenantId, keys: &TenantKeys) -> Result<Connection, Error> {
        let id = ConnectionId::from(self.id);
        let corrupt = || Error::corrupt("connections", "sealed", id);
        let plain = keys.open_secret(&self.sealed, &connection_place(tenant, id)).map_err(|_| corrupt())?;
        let provider = serde_json::from_slice(&plain).map_err(|_| corrupt())?;
        let limit = |stored: Option<i32>| stored.and_then(|stored| u32::try_from(stored).ok());
        let traffic = Traffic {
            max_per_second: limit(self.max_per_second),
            deadline_ms: limit(self.deadline_ms),
            max_concurrency: limit(self.max_concurrency),
        };
        Ok(Connection { id, name: self.name, is_enabled: self.is_enabled, provider, traffic })
    }
}

/// A limit as the table holds it; its checks refuse what is past any bound.
fn stored(limit: u32) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

impl Connections<'_> {
    /// All of them, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, keys: &TenantKeys) -> Result<Vec<Connection>, Error> {
        let rows = self.0.run(|connection, tenant| load(connection, tenant).boxed()).await?;
        rows.into_iter().map(|row| row.open(self.0.id(), keys)).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: ConnectionId, keys: &TenantKeys) -> Result<Option<Connection>, Error> {
        let row: Option<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = connections::table.find((tenant, Uuid::from(id))).select(Row::as_select());
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(|row| row.open(self.0.id(), keys)).transpose()
    }

    /// Adds one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, added: &Connection, keys: &TenantKeys) -> Result<(), Error> {
        let row = Row::seal(self.0.id(), added, keys);
        self.0
            .run(move |connection, tenant| {
                async move {
                    let values = (connections::tenant_id.eq(tenant), row);
                    diesel::insert_into(connections::table).values(values).execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Changes one, which nobody else changes meanwhile; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`]; inside, what `change` refused.
    pub async fn update<E: Send + 'static>(
        self,
        id: ConnectionId,
        snapshot: Arc<Snapshot>,
        change: impl FnOnce(Connection) -> Result<Connection, E> + Send + 'static,
    ) -> Result<Option<Result<Connection, E>>, Error> {
        let owner = self.0.id();
        self.0
            .run(move |connection, tenant| {
                async move {
                    let target = connections::table.find((tenant, Uuid::from(id)));
                    let row: Option<Row> = target.select(Row::as_select()).for_update().first(connection).await.optional()?;
                    let Some(stored) = row.map(|row| row.open(owner, &snapshot.keys)).transpose()? else { return Ok(None) };
                    let changed = change(stored);
                    if let Ok(changed) = &changed {
                        diesel::update(target).set(Row::seal(owner, changed, &snapshot.keys)).execute(connection).await?;
                    }
                    Ok(Some(changed))
                }
                .boxed()
            })
            .await
    }

    /// How often the addresses for receipts were replaced, of the connections where they were.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn receipt_generations(self) -> Result<IdMap<ConnectionId, u32>, Error> {
        let rows = self.0.run(|connection, tenant| load_generations(connection, tenant).boxed()).await?;
        Ok(generations(rows))
    }

    /// Ends a connection's address for receipts and says how often that was done by now; `None` when there is no such
    /// connection.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replace_receipt_address(self, id: ConnectionId) -> Result<Option<u32>, Error> {
        let replaced: Option<i32> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = connections::table.find((tenant, Uuid::from(id)));
                    let next = connections::receipt_generation.eq(connections::receipt_generation + 1);
                    let query = diesel::update(target).set(next).returning(connections::receipt_generation);
                    Ok(query.get_result(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        Ok(replaced.and_then(|generation| u32::try_from(generation).ok()))
    }

    /// Deletes one; `None` when there is not one.
    ///
    /// # Errors
    /// [`Error::Refused`] while a route uses it, and see [`Error`].
    pub async fn delete(self, id: ConnectionId) -> Result<Option<()>, Error> {
        let deleted = self
            .0
            .run(move |connection, tenant| {
                async move { Ok(diesel::delete(connections::table.find((tenant, Uuid::from(id)))).execute(connection).await?) }
                    .boxed()
            })
            .await?;
        Ok((deleted > 0).then_some(()))
    }
}

/// How often addresses for receipts were replaced, where they were.
pub(crate) async fn load_generations(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<(Uuid, i32)>, Error> {
    let query = connections::table
        .filter(connections::tenant_id.eq(tenant).and(connections::receipt_generation.gt(0)))
        .select((connections::id, connections::receipt_generation));
    Ok(query.load(connection).await?)
}

/// The same by connection.
pub(crate) fn generations(rows: Vec<(Uuid, i32)>) -> IdMap<ConnectionId, u32> {
    rows.into_iter().filter_map(|(id, generation)| Some((id.into(), u32::try_from(generation).ok()?))).collect()
}

/// The tenant's connections, still sealed.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<Row>, Error> {
    let query = connections::table
        .filter(connections::tenant_id.eq(tenant))
        .order((connections::created_at, connections::id))
        .select(Row::as_select());
    Ok(query.load(connection).await?)
}
