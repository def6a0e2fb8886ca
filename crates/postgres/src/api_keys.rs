//! A tenant's API keys. The secret itself is nowhere: a key is known by its keyed hash.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::access::{ApiKey, Environment};
use pinfold_core::id::ApiKeyId;
use uuid::Uuid;

use crate::schema::api_keys;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, Page, TenantScope};

/// A tenant's API keys.
#[derive(Debug, Clone, Copy)]
pub struct ApiKeys<'a>(pub(crate) TenantScope<'a>);

/// An API key with what only its owner's lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedKey {
    /// What the hot path knows of it. A revoked key is not enabled.
    pub key: ApiKey,
    /// The beginning of the secret, by which people recognise it.
    pub prefix: String,
    /// Infobip's `permissions`, as the client set them.
    pub permissions: Vec<String>,
    /// Infobip's `platform`, as the client set it.
    pub platform: Vec<String>,
    /// Infobip's `scopeGuids`, as the client set them.
    pub scope_guids: Vec<String>,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was revoked.
    pub revoked_ms: Option<u64>,
}

/// A key to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What the hot path will know of it.
    pub key: ApiKey,
    /// The keyed hash of its secret.
    pub hash: [u8; 32],
    /// The beginning of its secret, at most 32 characters.
    pub prefix: String,
    /// Infobip's `permissions`.
    pub permissions: Vec<String>,
    /// Infobip's `platform`.
    pub platform: Vec<String>,
    /// Infobip's `scopeGuids`.
    pub scope_guids: Vec<String>,
}

/// Which keys a list shows, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Those whose name contains this, whatever the case.
    pub name: Option<String>,
    /// Those that are switched on, or those that are not.
    pub is_enabled: Option<bool>,
    /// The one with this hash.
    pub hash: Option<[u8; 32]>,
    /// What they are ordered by.
    pub order: KeyOrder,
    /// Whether the order is turned round.
    pub is_descending: bool,
    /// The page, from 0.
    pub page: u32,
    /// Keys on a page.
    pub size: u32,
}

/// What a list of keys is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyOrder {
    /// When it was created.
    #[default]
    Created,
    /// Its name.
    Name,
    /// When it starts to work.
    ValidFrom,
    /// When it stops to work.
    ValidTo,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = api_keys)]
#[diesel(treat_none_as_null = true)]
struct Row {
    id: Uuid,
    name: String,
    scopes: Vec<String>,
    environment: String,
    default_application_id: Option<Uuid>,
    networks: Vec<String>,
    permissions: Vec<String>,
    platform: Vec<String>,
    scope_guids: Vec<String>,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    is_enabled: bool,
}

/// The columns that no update touches.
#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Fixed {
    hash: Vec<u8>,
    prefix: String,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl Row {
    fn new(key: ApiKey, permissions: Vec<String>, platform: Vec<String>, scope_guids: Vec<String>) -> Self {
        Self {
            id: key.id.into(),
            name: key.name,
            scopes: key.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            environment: key.environment.name().to_owned(),
            default_application_id: key.default_application.map(Uuid::from),
            networks: key.networks.iter().map(ToString::to_string).collect(),
            permissions,
            platform,
            scope_guids,
            valid_from: key.valid_from_ms.map(timestamp),
            valid_to: key.valid_to_ms.map(timestamp),
            is_enabled: key.is_enabled,
        }
    }
}

impl TryFrom<(Row, Fixed)> for IssuedKey {
    type Error = Error;

    fn try_from((row, fixed): (Row, Fixed)) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("api_keys", column, row.id);
        let environment = [Environment::Live, Environment::Sandbox].into_iter().find(|one| one.name() == row.environment);
        Ok(Self {
            key: ApiKey {
                id: row.id.into(),
                scopes: row.scopes.iter().map(|scope| scope.parse()).collect::<Result<_, _>>().map_err(|_| corrupt("scopes"))?,
                environment: environment.ok_or_else(|| corrupt("environment"))?,
                default_application: row.default_application_id.map(Into::into),
                networks: row
                    .networks
                    .iter()
                    .map(|one| one.parse())
                    .collect::<Result<_, _>>()
                    .map_err(|_| corrupt("networks"))?,
                valid_from_ms: row.valid_from.map(millis),
                valid_to_ms: row.valid_to.map(millis),
                is_enabled: row.is_enabled && fixed.revoked_at.is_none(),
                name: row.name,
            },
            prefix: fixed.prefix,
            permissions: row.permissions,
            platform: row.platform,
            scope_guids: row.scope_guids,
            created_ms: millis(fixed.created_at),
            revoked_ms: fixed.revoked_at.map(millis),
        })
    }
}

type Chosen = api_keys::BoxedQuery<'static, diesel::pg::Pg>;

impl KeyFilter {
    fn chosen(&self, tenant: Uuid) -> Chosen {
        let mut query = api_keys::table.filter(api_keys::tenant_id.eq(tenant)).into_boxed();
        if let Some(name) = &self.name {
            let contains = sql::<Bool>("position(lower(").bind::<Text, _>(name.clone()).sql(") IN lower(api_keys.name)) > 0");
            query = query.filter(contains);
        }
        if let Some(is_enabled) = self.is_enabled {
            query = query.filter(api_keys::is_enabled.and(api_keys::revoked_at.is_null()).eq(is_enabled));
        }
        if let Some(hash) = self.hash {
            query = query.filter(api_keys::hash.eq(hash.to_vec()));
        }
        query
    }

    fn ordered(&self, query: Chosen) -> Chosen {
        let query = match (self.order, self.is_descending) {
            (KeyOrder::Created, false) => query.order(api_keys::created_at.asc()),
            (KeyOrder::Created, true) => query.order(api_keys::created_at.desc()),
            (KeyOrder::Name, false) => query.order(api_keys::name.asc()),
            (KeyOrder::Name, true) => query.order(api_keys::name.desc()),
            (KeyOrder::ValidFrom, false) => query.order(api_keys::valid_from.asc().nulls_first()),
            (KeyOrder::ValidFrom, true) => query.order(api_keys::valid_from.desc().nulls_last()),
            (KeyOrder::ValidTo, false) => query.order(api_keys::valid_to.asc().nulls_last()),
            (KeyOrder::ValidTo, true) => query.order(api_keys::valid_to.desc().nulls_first()),
        };
        // The id makes the order total, so that pages neither repeat nor miss a key.
        query.then_order_by(api_keys::id).limit(self.size.into()).offset(i64::from(self.page) * i64::from(self.size))
    }
}

impl ApiKeys<'_> {
    /// Adds a key.
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant has no such default application, and see [`Error`].
    pub async fn create(self, new: NewKey) -> Result<IssuedKey, Error> {
        let row = Row::new(new.key, new.permissions, new.platform, new.scope_guids);
        self.0
            .run(move |connection, tenant| {
                async move {
                    let fixed =
                        (api_keys::tenant_id.eq(tenant), api_keys::hash.eq(new.hash.to_vec()), api_keys::prefix.eq(new.prefix));
                    let query = diesel::insert_into(api_keys::table).values((fixed, row));
                    let stored: (Row, Fixed) =
                        query.returning((Row::as_select(), Fixed::as_select())).get_result(connection).await?;
                    stored.try_into()
                }
                .boxed()
            })
            .await
    }

    /// One of them, revoked or not.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: ApiKeyId) -> Result<Option<IssuedKey>, Error> {
        let row: Option<(Row, Fixed)> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = api_keys::table.find((tenant, Uuid::from(id))).select((Row::as_select(), Fixed::as_select()));
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(IssuedKey::try_from).transpose()
    }

    /// A page of them, revoked ones included.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, filter: KeyFilter) -> Result<Page<IssuedKey>, Error> {
        let (rows, total): (Vec<(Row, Fixed)>, i64) = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let total = filter.chosen(tenant).count().get_result(connection).await?;
                    let page = filter.ordered(filter.chosen(tenant)).select((Row::as_select(), Fixed::as_select()));
                    Ok((page.load(connection).await?, total))
                }
                .boxed()
            })
            .await?;
        let items = rows.into_iter().map(IssuedKey::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, total: u64::try_from(total).unwrap_or(0) })
    }

    /// How many were created at `from_ms` or later.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn created_since(self, from_ms: u64) -> Result<u64, Error> {
        let count: i64 = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query =
                        api_keys::table.filter(api_keys::tenant_id.eq(tenant).and(api_keys::created_at.ge(timestamp(from_ms))));
                    Ok(query.count().get_result(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Replaces what may change of the key with the same id; `None` when there is not one or it is revoked.
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant has no such default application, and see [`Error`].
    pub async fn update(self, changed: IssuedKey) -> Result<Option<IssuedKey>, Error> {
        let row = Row::new(changed.key, changed.permissions, changed.platform, changed.scope_guids);
        let stored: Option<(Row, Fixed)> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = api_keys::table.find((tenant, row.id)).filter(api_keys::revoked_at.is_null());
                    let query = diesel::update(target).set(row).returning((Row::as_select(), Fixed::as_select()));
                    Ok(query.get_result(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        stored.map(IssuedKey::try_from).transpose()
    }

    /// Ends a key for good; `None` when there is not one that still lives.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn revoke(self, id: ApiKeyId) -> Result<Option<()>, Error> {
        let revoked = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = api_keys::table.find((tenant, Uuid::from(id))).filter(api_keys::revoked_at.is_null());
                    let now = diesel::dsl::now.into_sql::<Timestamptz>().nullable();
                    Ok(diesel::update(target).set(api_keys::revoked_at.eq(now)).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((revoked > 0).then_some(()))
    }
}

/// The tenant's keys that are not revoked, each by itself, with their hashes.
pub(crate) async fn load(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<([u8; 32], ApiKey), Error>>, Error> {
    let rows: Vec<(Row, Fixed)> = api_keys::table
        .filter(api_keys::tenant_id.eq(tenant).and(api_keys::revoked_at.is_null()))
        .select((Row::as_select(), Fixed::as_select()))
        .load(connection)
        .await?;
    let key = |(row, mut fixed): (Row, Fixed)| {
        let hash = std::mem::take(&mut fixed.hash);
        let hash = hash.try_into().map_err(|_| Error::corrupt("api_keys", "hash", row.id))?;
        Ok((hash, IssuedKey::try_from((row, fixed))?.key))
    };
    Ok(rows.into_iter().map(key).collect())
}
