//! Numbers that a tenant called safe, kept as keyed hashes.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;

use crate::schema::safe_numbers;
use crate::{Error, TenantScope};

/// A tenant's safe numbers.
#[derive(Debug, Clone, Copy)]
pub struct SafeNumbers<'a>(pub(crate) TenantScope<'a>);

impl SafeNumbers<'_> {
    /// Whether a number is one of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn has(self, hash: [u8; 16]) -> Result<Option<()>, Error> {
        let found: Option<Vec<u8>> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = safe_numbers::table.find((tenant, hash.to_vec())).select(safe_numbers::hash);
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        Ok(found.map(|_| ()))
    }

    /// Adds a number, unless there are `most`; `None` then. One that is there stays.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add(self, hash: [u8; 16], most: i64) -> Result<Option<()>, Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let mine = safe_numbers::table.filter(safe_numbers::tenant_id.eq(tenant));
                    let count: i64 = mine.count().get_result(connection).await?;
                    if count >= most {
                        return Ok(None);
                    }
                    let values = (safe_numbers::tenant_id.eq(tenant), safe_numbers::hash.eq(hash.to_vec()));
                    let insert = diesel::insert_into(safe_numbers::table).values(values).on_conflict_do_nothing();
                    insert.execute(connection).await?;
                    Ok(Some(()))
                }
                .boxed()
            })
            .await
    }

    /// Removes a number; `None` when it is none of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn remove(self, hash: [u8; 16]) -> Result<Option<()>, Error> {
        let removed = self.0.run(move |connection, tenant| {
            async move { Ok(diesel::delete(safe_numbers::table.find((tenant, hash.to_vec()))).execute(connection).await?) }
                .boxed()
        });
        Ok((removed.await? > 0).then_some(()))
    }
}
