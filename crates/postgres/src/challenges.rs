//! Questions for a code of a person's app. One is open until it expires or the right code came.

use std::sync::Arc;

use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::{ApplicationId, ChallengeId, EntityId, FactorId};
use pinfold_core::totp::Judged;
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::factors::judge;
use crate::schema::challenges;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, Snapshot, TenantScope};

/// The questions to a person.
#[derive(Debug, Clone, Copy)]
pub struct Challenges<'a> {
    pub(crate) scope: TenantScope<'a>,
    pub(crate) application: ApplicationId,
    pub(crate) entity: EntityId,
}

/// A question to be.
#[derive(Debug, Clone)]
pub struct NewChallenge {
    /// The app whose code is wanted.
    pub factor: FactorId,
    /// What the person is shown.
    pub details: Option<Value>,
    /// What the person is not shown.
    pub hidden_details: Option<Value>,
    /// When it expires, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// The app whose code is wanted.
    pub factor: FactorId,
    /// What the person is shown.
    pub details: Option<Value>,
    /// What the person is not shown.
    pub hidden_details: Option<Value>,
    /// What the tenant wants to be kept with it.
    pub metadata: Option<Value>,
    /// When it expires, in milliseconds since 1970.
    pub expires_ms: u64,
    /// When the right code came.
    pub approved_ms: Option<u64>,
    /// When it was created.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeStanding {
    /// Open.
    Pending,
    /// The right code came.
    Approved,
    /// Nobody gave the right code in time.
    Expired,
}

impl Challenge {
    /// Where it stands at `now_ms`.
    #[must_use]
    pub fn standing(&self, now_ms: u64) -> ChallengeStanding {
        match self.approved_ms {
            Some(_) => ChallengeStanding::Approved,
            None if self.expires_ms <= now_ms => ChallengeStanding::Expired,
            None => ChallengeStanding::Pending,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = challenges)]
struct Row {
    id: Uuid,
    factor_id: Uuid,
    details: Option<Value>,
    hidden_details: Option<Value>,
    metadata: Option<Value>,
    expires_at: Timestamp,
    approved_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Challenge {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            factor: row.factor_id.into(),
            details: row.details,
            hidden_details: row.hidden_details,
            metadata: row.metadata,
            expires_ms: millis(row.expires_at),
            approved_ms: row.approved_at.map(millis),
            created_ms: millis(row.created_at),
            updated_ms: millis(row.updated_at),
        }
    }
}

impl Challenges<'_> {
    /// The newest of them, at most `size` after `skip` others: all, or those for one app.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn page(self, factor: Option<FactorId>, skip: u32, size: u32) -> Result<Vec<Challenge>, Error> {
        let (application, entity) = (Uuid::from(self.application), Uuid::from(self.entity));
        let rows: Vec<Row> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let mine = challenges::tenant_id
                        .eq(tenant)
                        .and(challenges::application_id.eq(application))
                        .and(challenges::entity_id.eq(entity));
                    let mut query = challenges::table.filter(mine).into_boxed();
                    if let Some(factor) = factor {
                        query = query.filter(challenges::factor_id.eq(Uuid::from(factor)));
                    }
                    let query = query.order((challenges::created_at.desc(), challenges::id));
                    Ok(query.offset(skip.into()).limit(size.into()).select(Row::as_select()).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(rows.into_iter().map(Challenge::from).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: ChallengeId) -> Result<Option<Challenge>, Error> {
        let place = (Uuid::from(self.application), Uuid::from(self.entity), Uuid::from(id));
        let row = self.scope.run(move |connection, tenant| find(connection, tenant, place).boxed());
        Ok(row.await?.map(Challenge::from))
    }

    /// Keeps a new challenge of this entity, and gives it as it was stored.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, new: NewChallenge) -> Result<Challenge, Error> {
        let (application, entity) = (Uuid::from(self.application), Uuid::from(self.entity));
        let row: Row = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let values = (
                        challenges::tenant_id.eq(tenant),
                        challenges::application_id.eq(application),
                        challenges::entity_id.eq(entity),
                        challenges::factor_id.eq(Uuid::from(new.factor)),
                        challenges::id.eq(Uuid::from(ChallengeId::random())),
                        challenges::details.eq(new.details),
                        challenges::hidden_details.eq(new.hidden_details),
                        challenges::expires_at.eq(timestamp(new.expires_ms)),
                    );
                    let insert = diesel::insert_into(challenges::table).values(values).returning(Row::as_returning());
                    Ok(insert.get_result(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok(row.into())
    }

    /// Keeps what the tenant says of one; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn describe(self, id: ChallengeId, metadata: Value) -> Result<Option<Challenge>, Error> {
        let place = (Uuid::from(self.application), Uuid::from(self.entity), Uuid::from(id));
        let row: Option<Row> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let update = diesel::update(challenges::table.find((tenant, place.0, place.1, place.2)))
                        .set((challenges::metadata.eq(metadata), challenges::updated_at.eq(now)))
                        .returning(Row::as_returning());
                    Ok(update.get_result(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        Ok(row.map(Challenge::from))
    }

    /// Judges a code; `None` when the question is not there or not open.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn answer(
        self,
        id: ChallengeId,
        code: Zeroizing<String>,
        snapshot: Arc<Snapshot>,
        now_ms: u64,
    ) -> Result<Option<Judged>, Error> {
        let place = (Uuid::from(self.application), Uuid::from(self.entity), Uuid::from(id));
        let work = self.scope.run(move |connection, tenant| {
            async move {
                let target = || challenges::table.find((tenant, place.0, place.1, place.2));
                let row: Option<Row> = target().select(Row::as_select()).for_update().first(connection).await.optional()?;
                let Some(challenge) = row.map(Challenge::from) else { return Ok(None) };
                if challenge.standing(now_ms) != ChallengeStanding::Pending {
                    return Ok(None);
                }
                let factor = (place.0, place.1, Uuid::from(challenge.factor));
                let judged = judge(connection, tenant, factor, &code, &snapshot.keys, now_ms).await?;
                if judged == Some(Judged::Right) {
                    let changes = (challenges::approved_at.eq(timestamp(now_ms)), challenges::updated_at.eq(now));
                    diesel::update(target()).set(changes).execute(connection).await?;
                }
                Ok(judged)
            }
            .boxed()
        });
        work.await
    }
}

async fn find(connection: &mut AsyncPgConnection, tenant: Uuid, place: (Uuid, Uuid, Uuid)) -> Result<Option<Row>, Error> {
    let query = challenges::table.find((tenant, place.0, place.1, place.2)).select(Row::as_select());
    Ok(query.first(connection).await.optional()?)
}
