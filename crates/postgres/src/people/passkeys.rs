//! The passkeys by which people sign in. What is stored of one is no secret; its counter is kept current.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::{PasskeyId, PersonId};
use serde_json::Value;
use uuid::Uuid;

use super::schema::passkeys;
use crate::Error;
use crate::database::{Access, Database};
use crate::time::{Timestamp, millis};

/// How many a person has.
const MOST: i64 = 20;

/// The passkeys.
#[derive(Debug, Clone, Copy)]
pub struct Passkeys<'a>(pub(super) &'a Database);

/// A passkey.
#[derive(Debug, Clone, PartialEq)]
pub struct Passkey {
    /// Its id here.
    pub id: PasskeyId,
    /// Whose.
    pub person: PersonId,
    /// Its name.
    pub name: String,
    /// The credential, as the library writes it.
    pub credential: Value,
    /// When it was enrolled, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was used last.
    pub used_ms: Option<u64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = passkeys)]
struct Row {
    id: Uuid,
    person_id: Uuid,
    name: String,
    credential: Value,
    created_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl From<Row> for Passkey {
    fn from(row: Row) -> Self {
        let Row { id, person_id, name, credential, created_at, used_at } = row;
        Self {
            id: id.into(),
            person: person_id.into(),
            name,
            credential,
            created_ms: millis(created_at),
            used_ms: used_at.map(millis),
        }
    }
}

impl Passkeys<'_> {
    /// A person's, the oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, person: PersonId) -> Result<Vec<Passkey>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = passkeys::table.filter(passkeys::person_id.eq(Uuid::from(person))).order(passkeys::created_at);
                Ok(query.select(Row::as_select()).load(connection).await?)
            }
            .boxed()
        });
        let rows: Vec<Row> = work.await?;
        Ok(rows.into_iter().map(Passkey::from).collect())
    }

    /// The one with this credential id.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find(self, credential_id: Vec<u8>) -> Result<Option<Passkey>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = passkeys::table.filter(passkeys::credential_id.eq(credential_id)).select(Row::as_select());
                Ok(query.first(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(Passkey::from))
    }

    /// Adds one; `None` when the person has as many as one may, or somebody has this one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(
        self,
        person: PersonId,
        credential_id: Vec<u8>,
        name: String,
        credential: Value,
    ) -> Result<Option<Passkey>, Error> {
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let of_person = passkeys::table.filter(passkeys::person_id.eq(Uuid::from(person)));
                if of_person.count().get_result::<i64>(connection).await? >= MOST {
                    return Ok(None);
                }
                let values = (
                    passkeys::id.eq(Uuid::from(PasskeyId::random())),
                    passkeys::person_id.eq(Uuid::from(person)),
                    passkeys::credential_id.eq(credential_id),
                    passkeys::name.eq(name),
                    passkeys::credential.eq(credential),
                );
                let insert = diesel::insert_into(passkeys::table).values(values).on_conflict_do_nothing();
                Ok(insert.returning(Row::as_returning()).get_result(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(Passkey::from))
    }

    /// Notes a use, with what the credential is after it. `false` when another use came in between: the counter must not go back.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn used(self, id: PasskeyId, before: Value, after: Value) -> Result<bool, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let target = passkeys::table.find(Uuid::from(id)).filter(passkeys::credential.eq(before));
                let changes = (passkeys::credential.eq(after), passkeys::used_at.eq(diesel::dsl::now));
                Ok(diesel::update(target).set(changes).execute(connection).await? == 1)
            }
            .boxed()
        });
        work.await
    }

    /// Takes one of a person's away; `None` when there is not one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, person: PersonId, id: PasskeyId) -> Result<Option<()>, Error> {
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let target = passkeys::table.find(Uuid::from(id)).filter(passkeys::person_id.eq(Uuid::from(person)));
                Ok(diesel::delete(target).execute(connection).await?)
            }
            .boxed()
        });
        Ok((work.await? > 0).then_some(()))
    }
}
