//! When keys were last used. Noted in batches, for all tenants at once.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::{ApiKeyId, TenantId};
use uuid::Uuid;

use super::ApiKeys;
use crate::schema::api_key_uses;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Database, Error};

impl ApiKeys<'_> {
    /// When each of these keys was last used, in milliseconds since 1970; keys that never were are left out.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn last_uses(self, keys: Vec<ApiKeyId>) -> Result<BTreeMap<ApiKeyId, u64>, Error> {
        let keys: Vec<Uuid> = keys.into_iter().map(Uuid::from).collect();
        let rows: Vec<(Uuid, Timestamp)> = self
            .0
            .read(move |connection, tenant| {
                async move {
                    let query = api_key_uses::table
                        .filter(api_key_uses::tenant_id.eq(tenant).and(api_key_uses::api_key_id.eq_any(keys)))
                        .select((api_key_uses::api_key_id, api_key_uses::used_at));
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(|(key, at)| (key.into(), millis(at))).collect())
    }
}

impl Database {
    /// Notes when keys were used, in milliseconds since 1970.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn note_key_uses(&self, uses: Vec<(TenantId, ApiKeyId, u64)>) -> Result<(), Error> {
        let owners: Vec<Uuid> = uses.iter().map(|(tenant, ..)| (*tenant).into()).collect();
        let keys: Vec<Uuid> = uses.iter().map(|(_, key, _)| (*key).into()).collect();
        let times: Vec<Timestamp> = uses.iter().map(|(.., at)| timestamp(*at)).collect();
        let query = diesel::sql_query("SELECT note_key_uses($1, $2, $3)")
            .bind::<Array<SqlUuid>, _>(owners)
            .bind::<Array<SqlUuid>, _>(keys)
            .bind::<Array<Timestamptz>, _>(times);
        self.run(move |connection| async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()).await
    }
}
