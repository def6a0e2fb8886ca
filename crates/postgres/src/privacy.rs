//! How long a tenant keeps what leads to people, and what makes it forget them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Timestamptz};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::keys::Digest;

use crate::schema::retentions;
use crate::time::timestamp;
use crate::{Database, Error, TenantScope};

/// Days for which a recipient's hash is kept where a tenant has not said otherwise.
pub const RECIPIENT_DAYS: u16 = 30;

/// How long a tenant keeps what leads to people.
#[derive(Debug, Clone, Copy)]
pub struct Privacy<'a>(pub(crate) TenantScope<'a>);

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Privacy<'_> {
    /// Days for which recipients are kept.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn recipient_days(self) -> Result<u16, Error> {
        let days: Option<i32> = self
            .0
            .run(|connection, tenant| {
                async move {
                    let query = retentions::table.find(tenant).select(retentions::recipient_days);
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        Ok(days.and_then(|days| u16::try_from(days).ok()).unwrap_or(RECIPIENT_DAYS))
    }

    /// Keeps recipients for so many days.
    ///
    /// # Errors
    /// [`Error::Refused`] outside of 1 to 3650, and see [`Error`].
    pub async fn keep_recipients(self, days: u16) -> Result<(), Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let days = retentions::recipient_days.eq(i32::from(days));
                    let insert = diesel::insert_into(retentions::table).values((retentions::tenant_id.eq(tenant), days));
                    insert.on_conflict(retentions::tenant_id).do_update().set(days).execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Forgets who the recipients with these hashes are: their verifications stay as figures. Gives how many those are.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn redact(self, subjects: Vec<Digest>) -> Result<u64, Error> {
        let subjects: Vec<Vec<u8>> = subjects.into_iter().map(|subject| subject.to_vec()).collect();
        let query = diesel::sql_query("SELECT redact_subjects($1) AS count").bind::<Array<Binary>, _>(subjects);
        let counted: Counted =
            self.0.run(move |connection, _| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(u64::try_from(counted.count).unwrap_or(0))
    }
}

impl Database {
    /// Forgets recipients that are older than their tenants keep them, at most `most`. Gives how many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn purge_recipients(&self, now_ms: u64, most: u32) -> Result<u64, Error> {
        let query = diesel::sql_query("SELECT purge_subjects($1, $2, $3) AS count")
            .bind::<Timestamptz, _>(timestamp(now_ms))
            .bind::<Integer, _>(i32::from(RECIPIENT_DAYS))
            .bind::<Integer, _>(i32::try_from(most).unwrap_or(i32::MAX));
        let counted: Counted = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(u64::try_from(counted.count).unwrap_or(0))
    }
}
