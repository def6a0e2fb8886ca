//! The test numbers of applications. Number and code are sealed together with the tenant's keys, bound to tenant, application
//! and the number's keyed hash: moved to another row they do not open.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::{ApplicationId, IdMap, TenantId};
use pinfold_core::keys::TenantKeys;
use pinfold_core::test_number::{TestNumber, TestNumbers};
use uuid::Uuid;

use crate::schema::{applications, test_numbers};
use crate::{Error, Snapshot, TenantScope};

/// The keyed hash of a number in an application.
type Hash = [u8; 16];

/// The test numbers of one application.
#[derive(Debug, Clone, Copy)]
pub struct ApplicationTestNumbers<'a>(pub(crate) TenantScope<'a>, pub(crate) ApplicationId);

/// A test number as it stands in the table.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = test_numbers)]
pub(crate) struct Row {
    application_id: Uuid,
    hash: Vec<u8>,
    place: i16,
    masked: String,
    sealed: Vec<u8>,
}

/// The place a number and its code are sealed for.
pub(crate) fn test_number_place(tenant: TenantId, application: ApplicationId, hash: &[u8]) -> Vec<u8> {
    [b"test-number".as_slice(), tenant.as_bytes(), application.as_bytes(), hash].concat()
}

impl Row {
    fn seal(keys: &TenantKeys, application: ApplicationId, place: i16, number: &TestNumber) -> Self {
        let digits = number.phone.digits().as_bytes();
        let hash: Hash = keys.keyed_hash("test number", &[application.as_bytes(), digits]);
        let sealed = keys.seal_secret(&number.encode(), &test_number_place(keys.tenant(), application, &hash));
        Self { application_id: application.into(), hash: hash.to_vec(), place, masked: number.masked(), sealed }
    }

    /// The number with its code, and its application.
    pub(crate) fn open(&self, keys: &TenantKeys) -> Result<(ApplicationId, TestNumber), Error> {
        let application = ApplicationId::from(self.application_id);
        let corrupt = || Error::corrupt("test_numbers", "sealed", application);
        let place = test_number_place(keys.tenant(), application, &self.hash);
        let plain = keys.open_secret(&self.sealed, &place).map_err(|_| corrupt())?;
        Ok((application, TestNumber::decode(&plain).ok_or_else(corrupt)?))
    }
}

impl ApplicationTestNumbers<'_> {
    /// All of them, in their order.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, keys: &TenantKeys) -> Result<TestNumbers, Error> {
        let application = Uuid::from(self.1);
        let rows = self.0.run(move |connection, tenant| load_of(connection, tenant, application).boxed()).await?;
        rows.iter().map(|row| row.open(keys).map(|(_, number)| number)).collect()
    }

    /// Puts these in the place of those before; `None` when there is no such application. What stays as it was is not written.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set(self, numbers: TestNumbers, snapshot: Arc<Snapshot>) -> Result<Option<()>, Error> {
        let id = self.1;
        self.0
            .run(move |connection, tenant| {
                async move {
                    let application = Uuid::from(id);
                    // Whoever else sets them waits, so that two lists never mix.
                    let target = applications::table.find((tenant, application)).select(applications::id);
                    let locked: Option<Uuid> = target.for_no_key_update().first(connection).await.optional()?;
                    if locked.is_none() {
                        return Ok(None);
                    }
                    let stored = load_of(connection, tenant, application).await?;
                    let rows: Vec<Row> =
                        (0_i16..).zip(numbers.iter()).map(|(place, it)| Row::seal(&snapshot.keys, id, place, it)).collect();
                    for gone in stored.iter().filter(|before| rows.iter().all(|row| row.hash != before.hash)) {
                        let target = test_numbers::table.find((tenant, application, &gone.hash));
                        diesel::delete(target).execute(connection).await?;
                    }
                    for (row, number) in rows.iter().zip(numbers.iter()) {
                        let before = stored.iter().find(|before| before.hash == row.hash);
                        let is_same = |before: &&Row| before.open(&snapshot.keys).is_ok_and(|(_, opened)| opened == *number);
                        match before.filter(is_same) {
                            Some(before) if before.place == row.place => {}
                            Some(_) => {
                                let target = test_numbers::table.find((tenant, application, &row.hash));
                                diesel::update(target).set(test_numbers::place.eq(row.place)).execute(connection).await?;
                            }
                            None => {
                                let key = (test_numbers::tenant_id, test_numbers::application_id, test_numbers::hash);
                                let insert = diesel::insert_into(test_numbers::table);
                                let insert = insert.values((test_numbers::tenant_id.eq(tenant), row));
                                insert.on_conflict(key).do_update().set(row).execute(connection).await?;
                            }
                        }
                    }
                    Ok(Some(()))
                }
                .boxed()
            })
            .await
    }
}

/// The rows of one application, in their order.
async fn load_of(connection: &mut AsyncPgConnection, tenant: Uuid, application: Uuid) -> Result<Vec<Row>, Error> {
    let of_application = test_numbers::table
        .filter(test_numbers::tenant_id.eq(tenant).and(test_numbers::application_id.eq(application)))
        .order(test_numbers::place);
    Ok(of_application.select(Row::as_select()).load(connection).await?)
}

/// A tenant's rows, in their order.
pub(crate) async fn load(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<Row>, Error> {
    let of_tenant = test_numbers::table.filter(test_numbers::tenant_id.eq(tenant)).order(test_numbers::place);
    Ok(of_tenant.select(Row::as_select()).load(connection).await?)
}

/// Opened numbers by their applications.
pub(crate) fn by_application(numbers: impl Iterator<Item = (ApplicationId, TestNumber)>) -> IdMap<ApplicationId, TestNumbers> {
    let mut found: IdMap<ApplicationId, Vec<TestNumber>> = IdMap::default();
    for (application, number) in numbers {
        found.entry(application).or_default().push(number);
    }
    found.into_iter().map(|(application, numbers)| (application, numbers.into_iter().collect())).collect()
}
