//! A tenant's API keys. The secret itself is nowhere: a key is known by its keyed hash.

mod filter;
mod row;
mod uses;

use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::access::ApiKey;
use pinfold_core::id::ApiKeyId;
use uuid::Uuid;

pub use self::filter::{KeyFilter, KeyOrder};
use self::row::{Fixed, Row};
pub use self::row::{IssuedKey, NewKey};
use crate::schema::api_keys;
use crate::time::timestamp;
use crate::{Error, Page, TenantScope};

/// A tenant's API keys.
#[derive(Debug, Clone, Copy)]
pub struct ApiKeys<'a>(pub(crate) TenantScope<'a>);

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

    /// Puts a new key beside one that ends at `ends_ms`; `None` when there is not one that still lives.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rotate(self, id: ApiKeyId, new: NewKey, ends_ms: u64) -> Result<Option<IssuedKey>, Error> {
        let row = Row::new(new.key, new.permissions, new.platform, new.scope_guids);
        let stored: Option<(Row, Fixed)> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = api_keys::table.find((tenant, Uuid::from(id))).filter(api_keys::revoked_at.is_null());
                    let ended = diesel::update(target).set(api_keys::valid_to.eq(Some(timestamp(ends_ms))));
                    if ended.execute(connection).await? == 0 {
                        return Ok(None);
                    }
                    let fixed =
                        (api_keys::tenant_id.eq(tenant), api_keys::hash.eq(new.hash.to_vec()), api_keys::prefix.eq(new.prefix));
                    let query = diesel::insert_into(api_keys::table).values((fixed, row));
                    Ok(Some(query.returning((Row::as_select(), Fixed::as_select())).get_result(connection).await?))
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
