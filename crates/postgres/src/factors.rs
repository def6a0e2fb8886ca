//! The authenticator apps of a person. An app's secret is sealed with the tenant's keys, bound to its factor. A guess is
//! judged while its row is locked, so that of any number of equal ones at most one is right.

use std::sync::Arc;

use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::{ApplicationId, EntityId, FactorId, TenantId};
use pinfold_core::keys::TenantKeys;
use pinfold_core::totp::{Guesses, Judged, Totp, TotpSecret};
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::schema::factors;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, Snapshot, TenantScope};

/// The apps of a person.
#[derive(Debug, Clone, Copy)]
pub struct Factors<'a> {
    pub(crate) scope: TenantScope<'a>,
    pub(crate) application: ApplicationId,
    pub(crate) entity: EntityId,
}

/// An app to enroll.
#[derive(Debug, Clone)]
pub struct NewFactor {
    /// What the person calls it.
    pub friendly_name: String,
    /// How it makes its codes.
    pub totp: Totp,
    /// What the tenant wants to be kept with it.
    pub metadata: Option<Value>,
    /// What it shares with us.
    pub secret: TotpSecret,
}

/// A change of an app.
#[derive(Debug, Clone, Default)]
pub struct FactorChange {
    /// What the person calls it.
    pub friendly_name: Option<String>,
    /// How it makes its codes.
    pub totp: Option<Totp>,
}

/// An app.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// What the person calls it.
    pub friendly_name: String,
    /// Whether the person proved once to have it.
    pub is_verified: bool,
    /// How it makes its codes.
    pub totp: Totp,
    /// What the tenant wants to be kept with it.
    pub metadata: Option<Value>,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was last changed.
    pub updated_ms: u64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = factors)]
struct Row {
    id: Uuid,
    friendly_name: String,
    is_verified: bool,
    totp: Value,
    metadata: Option<Value>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<Row> for Factor {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id.into(),
            friendly_name: row.friendly_name,
            is_verified: row.is_verified,
            totp: parse(row.id, row.totp)?,
            metadata: row.metadata,
            created_ms: millis(row.created_at),
            updated_ms: millis(row.updated_at),
        })
    }
}

fn parse(id: Uuid, totp: Value) -> Result<Totp, Error> {
    serde_json::from_value(totp).map_err(|_| Error::corrupt("factors", "totp", id))
}

/// A factor's place among all: application, entity, id.
pub(crate) type Place = (Uuid, Uuid, Uuid);

/// What a factor's secret is sealed for.
pub(crate) fn seal_place(tenant: TenantId, place: Place) -> Vec<u8> {
    let (application, entity, id) = place;
    [b"factor".as_slice(), tenant.as_bytes(), application.as_bytes(), entity.as_bytes(), id.as_bytes()].concat()
}

impl Factors<'_> {
    fn place(self, id: FactorId) -> Place {
        (self.application.into(), self.entity.into(), id.into())
    }

    /// All of them, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<Factor>, Error> {
        let (application, entity) = (Uuid::from(self.application), Uuid::from(self.entity));
        let rows: Vec<Row> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let mine = factors::tenant_id
                        .eq(tenant)
                        .and(factors::application_id.eq(application))
                        .and(factors::entity_id.eq(entity));
                    let query = factors::table.filter(mine).order((factors::created_at, factors::id));
                    Ok(query.select(Row::as_select()).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        rows.into_iter().map(Factor::try_from).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: FactorId) -> Result<Option<Factor>, Error> {
        let place = self.place(id);
        let row = self.scope.run(move |connection, tenant| find(connection, tenant, place).boxed());
        row.await?.map(Factor::try_from).transpose()
    }

    /// Enrolls one, unless there are `most`; `None` then.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, new: NewFactor, keys: &TenantKeys, most: usize) -> Result<Option<Factor>, Error> {
        if self.list().await?.len() >= most {
            return Ok(None);
        }
        let place = self.place(FactorId::random());
        let sealed = keys.seal_secret(new.secret.as_bytes(), &seal_place(self.scope.id(), place));
        let totp = serde_json::to_value(new.totp).expect("numbers and words serialise");
        let row: Row = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let values = (
                        factors::tenant_id.eq(tenant),
                        factors::application_id.eq(place.0),
                        factors::entity_id.eq(place.1),
                        factors::id.eq(place.2),
                        factors::friendly_name.eq(new.friendly_name),
                        factors::totp.eq(totp),
                        factors::metadata.eq(new.metadata),
                        factors::sealed.eq(sealed),
                    );
                    let insert = diesel::insert_into(factors::table).values(values).returning(Row::as_returning());
                    Ok(insert.get_result(connection).await?)
                }
                .boxed()
            })
            .await?;
        Factor::try_from(row).map(Some)
    }

    /// Changes one; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn change(self, id: FactorId, change: FactorChange) -> Result<Option<Factor>, Error> {
        let place = self.place(id);
        let totp = change.totp.map(|totp| serde_json::to_value(totp).expect("numbers and words serialise"));
        let row: Option<Row> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let target = factors::table.find((tenant, place.0, place.1, place.2));
                    let name = change.friendly_name.map(|name| factors::friendly_name.eq(name));
                    let changes = (name, totp.map(|totp| factors::totp.eq(totp)), factors::updated_at.eq(now));
                    let update = diesel::update(target).set(changes).returning(Row::as_returning());
                    Ok(update.get_result(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(Factor::try_from).transpose()
    }

    /// Judges the code by which a person proves to have the app; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prove(
        self,
        id: FactorId,
        code: Zeroizing<String>,
        snapshot: Arc<Snapshot>,
        now_ms: u64,
    ) -> Result<Option<Judged>, Error> {
        let place = self.place(id);
        let work = self.scope.run(move |connection, tenant| {
            async move {
                let judged = judge(connection, tenant, place, &code, &snapshot.keys, now_ms).await?;
                if judged == Some(Judged::Right) {
                    let target = factors::table.find((tenant, place.0, place.1, place.2));
                    diesel::update(target).set(factors::is_verified.eq(true)).execute(connection).await?;
                }
                Ok(judged)
            }
            .boxed()
        });
        work.await
    }

    /// Removes one; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, id: FactorId) -> Result<Option<()>, Error> {
        let place = self.place(id);
        let deleted = self.scope.run(move |connection, tenant| {
            async move {
                let target = factors::table.find((tenant, place.0, place.1, place.2));
                Ok(diesel::delete(target).execute(connection).await?)
            }
            .boxed()
        });
        Ok((deleted.await? > 0).then_some(()))
    }
}

async fn find(connection: &mut AsyncPgConnection, tenant: Uuid, place: Place) -> Result<Option<Row>, Error> {
    let query = factors::table.find((tenant, place.0, place.1, place.2)).select(Row::as_select());
    Ok(query.first(connection).await.optional()?)
}

type Remembered = (Value, Vec<u8>, Option<i64>, i16, i16, Option<Timestamp>);

/// Judges a guess and remembers it; others at the same factor wait for this transaction.
pub(crate) async fn judge(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
    place: Place,
    code: &str,
    keys: &TenantKeys,
    now_ms: u64,
) -> Result<Option<Judged>, Error> {
    let target = || factors::table.find((tenant, place.0, place.1, place.2));
    let columns = (factors::totp, factors::sealed, factors::last_used, factors::failures, factors::locks, factors::locked_until);
    let found: Option<Remembered> = target().select(columns).for_update().first(connection).await.optional()?;
    let Some((totp, sealed, last_used, failures, locks, locked_until)) = found else { return Ok(None) };
    let totp = parse(place.2, totp)?;
    let corrupt = || Error::corrupt("factors", "sealed", place.2);
    let secret = keys.open_secret(&sealed, &seal_place(tenant.into(), place)).map_err(|_| corrupt())?;
    let secret = TotpSecret::from_bytes(secret).ok_or_else(corrupt)?;
    let mut guesses = Guesses {
        last_used: last_used.and_then(|step| u64::try_from(step).ok()),
        failures: failures.try_into().unwrap_or(u8::MAX),
        locks: locks.try_into().unwrap_or(u8::MAX),
        locked_until_ms: locked_until.map(millis).unwrap_or_default(),
    };
    let judged = guesses.judge(&totp, &secret, code, now_ms);
    if !matches!(judged, Judged::Locked { .. }) {
        let changes = (
            factors::last_used.eq(guesses.last_used.map(u64::cast_signed)),
            factors::failures.eq(i16::from(guesses.failures)),
            factors::locks.eq(i16::from(guesses.locks)),
            factors::locked_until.eq((guesses.locked_until_ms > 0).then(|| timestamp(guesses.locked_until_ms))),
        );
        diesel::update(target()).set(changes).execute(connection).await?;
    }
    Ok(Some(judged))
}
