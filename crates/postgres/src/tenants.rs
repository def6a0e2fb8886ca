//! The tenants themselves: for the operator's commands. Creating one needs the owner's login; looking does not.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::entropy;
use pinfold_core::id::TenantId;
use pinfold_core::keys::{MasterKey, data_key_place};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Error;
use crate::database::{Access, Database};
use crate::schema::{tenant_keys, tenants};
use crate::time::{Timestamp, millis};

/// The tenants.
#[derive(Debug, Clone, Copy)]
pub struct Tenants<'a>(pub(crate) &'a Database);

/// A tenant: one customer of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its short name in commands: lower-case letters, digits and `-`.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Whether it may do anything.
    pub is_enabled: bool,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
}

#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = tenants)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct Row {
    id: Uuid,
    slug: String,
    name: String,
    is_enabled: bool,
    created_at: Timestamp,
}

impl From<Row> for Tenant {
    fn from(row: Row) -> Self {
        let Row { id, slug, name, is_enabled, created_at } = row;
        Self { id: id.into(), slug, name, is_enabled, created_ms: millis(created_at) }
    }
}

/// The version of a tenant's first data key.
const FIRST_KEY: u16 = 1;

impl<'a> Tenants<'a> {
    pub(crate) fn new(database: &'a Database) -> Self {
        Self(database)
    }

    /// Creates a tenant with its first data key, sealed by `master`.
    ///
    /// # Errors
    /// [`Error::Refused`] when the slug is taken or no slug, and see [`Error`].
    pub async fn create(self, slug: &str, name: &str, master: &MasterKey) -> Result<Tenant, Error> {
        let (id, data_key) = (TenantId::random(), Zeroizing::new(entropy::bytes::<32>()));
        let sealed = master.seal(data_key.as_slice(), &data_key_place(id, FIRST_KEY));
        let (slug, name) = (slug.to_owned(), name.to_owned());
        let master_version = i32::from(master.current());
        self.0
            .transaction(Some(id), Access::Write, move |connection| {
                async move {
                    let row: Row = diesel::insert_into(tenants::table)
                        .values((tenants::id.eq(Uuid::from(id)), tenants::slug.eq(slug), tenants::name.eq(name)))
                        .returning(Row::as_returning())
                        .get_result(connection)
                        .await?;
                    diesel::insert_into(tenant_keys::table)
                        .values((
                            tenant_keys::tenant_id.eq(row.id),
                            tenant_keys::version.eq(i32::from(FIRST_KEY)),
                            tenant_keys::sealed.eq(sealed),
                            tenant_keys::master_version.eq(master_version),
                        ))
                        .execute(connection)
                        .await?;
                    Ok(row.into())
                }
                .boxed()
            })
            .await
    }

    /// All of them, by slug.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<Tenant>, Error> {
        let query = diesel::sql_query("SELECT * FROM list_tenants()");
        let rows: Vec<Row> = self.0.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        Ok(rows.into_iter().map(Tenant::from).collect())
    }

    /// The one with this slug.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find(self, slug: &str) -> Result<Option<Tenant>, Error> {
        let query = diesel::sql_query("SELECT * FROM list_tenants() WHERE slug = $1");
        let query = query.bind::<diesel::sql_types::Text, _>(slug.to_owned());
        let row: Option<Row> =
            self.0.run(move |connection| async move { Ok(query.get_result(connection).await.optional()?) }.boxed()).await?;
        Ok(row.map(Tenant::from))
    }
}

/// One tenant.
pub(crate) async fn find(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Option<Tenant>, Error> {
    let row: Option<Row> = tenants::table.find(tenant).select(Row::as_select()).first(connection).await.optional()?;
    Ok(row.map(Tenant::from))
}

/// Gives one another name.
pub(crate) async fn rename(connection: &mut AsyncPgConnection, tenant: Uuid, name: String) -> Result<Option<Tenant>, Error> {
    let update = diesel::update(tenants::table.find(tenant)).set(tenants::name.eq(name));
    let row: Option<Row> = update.returning(Row::as_returning()).get_result(connection).await.optional()?;
    Ok(row.map(Tenant::from))
}
