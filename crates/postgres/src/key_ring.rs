//! Tenants' data keys and what is sealed with them, for the operator's commands, as the owner. Everything can be interrupted and
//! repeated: what is done is done, and a value is replaced only while it still is the one that was read.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::entropy;
use pinfold_core::id::{ApplicationId, ConnectionId, TenantId, WebhookEndpointId};
use pinfold_core::keys::{KeyVersion, MasterKey, TenantKeys, data_key_place};
use pinfold_core::webhook::{SecretSlot, WebhookSecret};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::connections::connection_place;
use crate::database::{Access, Conn, Database};
use crate::factors::seal_place;
use crate::people::schema::{login_totps, person_mails, single_sign_ons};
use crate::schema::{connections, factors, signing_keys, tenant_keys, tenants, test_numbers, webhook_endpoints};
use crate::snapshots::open_keys;
use crate::test_numbers::test_number_place;
use crate::{Error, people, signing_keys as signing};

/// The keys of the platform and of its tenants.
#[derive(Debug, Clone, Copy)]
pub struct KeyRing<'a>(&'a Database);

/// What one pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that the newest master key seals now.
    pub keys: usize,
    /// Secrets that the tenant's newest data key seals now.
    pub secrets: usize,
}

/// A sealed value, and where it was read.
type Sealed = (Place, Vec<u8>);

#[derive(Debug, Clone, Copy)]
enum Place {
    Connection(Uuid),
    Webhook(Uuid, SecretSlot),
    Factor(Uuid, Uuid, Uuid),
    SingleSignOn,
    TestNumber(Uuid, [u8; 16]),
}

impl<'a> KeyRing<'a> {
    pub(crate) fn new(database: &'a Database) -> Self {
        Self(database)
    }

    /// Adds a data key that nothing is sealed with yet; one that was added before and never used is given again.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add(self, tenant: TenantId, master: &MasterKey) -> Result<KeyVersion, Error> {
        let (id, data_key) = (Uuid::from(tenant), Zeroizing::new(entropy::bytes::<32>()));
        let known: Vec<(i32, bool)> = self
            .0
            .transaction(Some(tenant), Access::Write, move |connection| {
                async move {
                    let query = tenant_keys::table.filter(tenant_keys::tenant_id.eq(id)).order(tenant_keys::version);
                    Ok(query.select((tenant_keys::version, tenant_keys::seals)).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        let corrupt = || Error::corrupt("tenant_keys", "version", tenant);
        let newest = known.last().copied().ok_or_else(corrupt)?;
        if let (version, false) = newest {
            return KeyVersion::try_from(version).map_err(|_| corrupt());
        }
        let version = KeyVersion::try_from(newest.0 + 1).map_err(|_| corrupt())?;
        let sealed = master.seal(data_key.as_slice(), &data_key_place(tenant, version));
        let master_version = i32::from(master.current());
        self.0
            .transaction(Some(tenant), Access::Write, move |connection| {
                async move {
                    let values = (
                        tenant_keys::tenant_id.eq(id),
                        tenant_keys::version.eq(i32::from(version)),
                        tenant_keys::sealed.eq(sealed),
                        tenant_keys::master_version.eq(master_version),
                        tenant_keys::seals.eq(false),
                    );
                    diesel::insert_into(tenant_keys::table).values(values).execute(connection).await?;
                    Ok(version)
                }
                .boxed()
            })
            .await
    }

    /// Lets a data key seal from now on: for when every process knows it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn turn_to(self, tenant: TenantId, version: KeyVersion) -> Result<(), Error> {
        let key = (Uuid::from(tenant), i32::from(version));
        self.0
            .transaction(Some(tenant), Access::Write, move |connection| {
                async move {
                    let update = diesel::update(tenant_keys::table.find(key)).set(tenant_keys::seals.eq(true));
                    update.execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Seals the platform's signing keys again with the newest master key; gives how many.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one does not open with any version, and see [`Error`].
    pub async fn rewrap_signing_keys(self, master: &MasterKey) -> Result<usize, Error> {
        let rows: Vec<(String, Vec<u8>)> = self
            .0
            .run(|connection| {
                let query = signing_keys::table.select((signing_keys::kid, signing_keys::sealed_private));
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        let (mut count, master_version) = (0, i32::from(master.current()));
        for (kid, sealed) in rows {
            let again = master.reseal(&sealed, &signing::place(&kid));
            let again = again.map_err(|_| Error::corrupt("signing_keys", "sealed_private", &kid))?;
            // Whoever sealed it may not have noted with which version.
            let (is_new, again) = (again.is_none(), again.unwrap_or_else(|| sealed.clone()));
            let changed = self
                .0
                .run(move |connection| {
                    async move {
                        let row = signing_keys::table.find(kid).filter(signing_keys::sealed_private.eq(sealed));
                        let row = row
                            .filter(signing_keys::sealed_private.ne(&again).or(signing_keys::master_version.ne(master_version)));
                        let values = (signing_keys::sealed_private.eq(&again), signing_keys::master_version.eq(master_version));
                        Ok(diesel::update(row).set(values).execute(connection).await?)
                    }
                    .boxed()
                })
                .await?;
            count += if is_new { 0 } else { changed };
        }
        Ok(count)
    }

    /// Seals what the master key seals of people again with its newest version: secrets of their authenticator apps, and mails that are
    /// on their way. Gives how many.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a secret does not open with any version, and see [`Error`].
    pub async fn rewrap_people(self, master: &MasterKey) -> Result<usize, Error> {
        type Rows = Vec<(Uuid, Vec<u8>)>;
        let (apps, mails): (Rows, Rows) = self
            .0
            .run(|connection| {
                async move {
                    let apps = login_totps::table.select((login_totps::person_id, login_totps::sealed)).load(connection).await?;
                    let mails = person_mails::table.select((person_mails::id, person_mails::sealed)).load(connection).await?;
                    Ok((apps, mails))
                }
                .boxed()
            })
            .await?;
        let (mut count, master_version) = (0, i32::from(master.current()));
        for (person, sealed) in apps {
            let again = master.reseal(&sealed, &people::totp_place(person));
            let Some(again) = again.map_err(|_| Error::corrupt("login_totps", "sealed", person))? else { continue };
            let update = self.0.run(move |connection| {
                async move {
                    let row = login_totps::table.find(person).filter(login_totps::sealed.eq(sealed));
                    let values = (login_totps::sealed.eq(again), login_totps::master_version.eq(master_version));
                    Ok(diesel::update(row).set(values).execute(connection).await?)
                }
                .boxed()
            });
            count += update.await?;
        }
        for (id, sealed) in mails {
            // A mail that does not open is given up by whoever sends it.
            let Ok(Some(again)) = master.reseal(&sealed, &people::mail_place(id)) else { continue };
            let update = self.0.run(move |connection| {
                async move {
                    let row = person_mails::table.find(id).filter(person_mails::sealed.eq(sealed));
                    Ok(diesel::update(row).set(person_mails::sealed.eq(again)).execute(connection).await?)
                }
                .boxed()
            });
            count += update.await?;
        }
        Ok(count)
    }

    /// Seals one tenant's data keys again with the newest master key, and its secrets with the data key that seals now.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when something does not open, and see [`Error`].
    pub async fn rewrap(self, tenant: TenantId, master: &MasterKey) -> Result<Rewrapped, Error> {
        let (id, master_version) = (Uuid::from(tenant), i32::from(master.current()));
        let rows: Vec<(i32, Vec<u8>, bool)> = self
            .0
            .transaction(Some(tenant), Access::Write, move |connection| {
                async move {
                    let query = tenant_keys::table.filter(tenant_keys::tenant_id.eq(id));
                    let columns = (tenant_keys::version, tenant_keys::sealed, tenant_keys::seals);
                    Ok(query.select(columns).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        let mut done = Rewrapped::default();
        if rows.is_empty() {
            // Destroyed: there is nothing that could be opened.
            return Ok(done);
        }
        let keys = open_keys(&rows, master, tenant)?;
        for (version, sealed, _) in rows {
            let corrupt = || Error::corrupt("tenant_keys", "sealed", tenant);
            let place = data_key_place(tenant, KeyVersion::try_from(version).map_err(|_| corrupt())?);
            let again = master.reseal(&sealed, &place).map_err(|_| corrupt())?;
            // Whoever sealed it may not have noted with which version.
            let (is_new, again) = (again.is_none(), again.unwrap_or_else(|| sealed.clone()));
            let changed = self
                .0
                .transaction(Some(tenant), Access::Write, move |connection| {
                    async move {
                        let row = tenant_keys::table.find((id, version)).filter(tenant_keys::sealed.eq(sealed));
                        let row = row.filter(tenant_keys::sealed.ne(&again).or(tenant_keys::master_version.ne(master_version)));
                        let values = (tenant_keys::sealed.eq(&again), tenant_keys::master_version.eq(master_version));
                        Ok(diesel::update(row).set(values).execute(connection).await?)
                    }
                    .boxed()
                })
                .await?;
            done.keys += if is_new { 0 } else { changed };
        }
        let sealed: Vec<Sealed> =
            self.0.transaction(Some(tenant), Access::ReadOneMoment, move |connection| read(connection, id).boxed()).await?;
        for (place, value) in sealed {
            let Some(again) = reseal(&keys, tenant, place, &value)? else { continue };
            done.secrets += self
                .0
                .transaction(Some(tenant), Access::Write, move |connection| replace(connection, id, place, value, again).boxed())
                .await?;
        }
        Ok(done)
    }

    /// How many keys an older version than this of the master key seals.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn left(self, current: KeyVersion) -> Result<u64, Error> {
        let current = i32::from(current);
        let count: i64 = self
            .0
            .run(move |connection| {
                async move {
                    let tenants = tenant_keys::table.filter(tenant_keys::master_version.ne(current));
                    let signing = signing_keys::table.filter(signing_keys::master_version.ne(current));
                    let tenants: i64 = tenants.count().get_result(connection).await?;
                    let signing: i64 = signing.count().get_result(connection).await?;
                    let login = login_totps::table.filter(login_totps::master_version.ne(current));
                    let login: i64 = login.count().get_result(connection).await?;
                    Ok(tenants + signing + login)
                }
                .boxed()
            })
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Destroys a tenant's data keys and switches the tenant off: nothing that was sealed or derived with them can be read again,
    /// by anybody, in any copy of the record. Gives how many there were.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn destroy(self, tenant: TenantId) -> Result<usize, Error> {
        let id = Uuid::from(tenant);
        self.0
            .transaction(Some(tenant), Access::Write, move |connection| {
                async move {
                    diesel::update(tenants::table.find(id)).set(tenants::is_enabled.eq(false)).execute(connection).await?;
                    let keys = diesel::delete(tenant_keys::table.filter(tenant_keys::tenant_id.eq(id)));
                    Ok(keys.execute(connection).await?)
                }
                .boxed()
            })
            .await
    }
}

async fn read(connection: &mut Conn, tenant: Uuid) -> Result<Vec<Sealed>, Error> {
    let mut found = Vec::new();
    let query = connections::table.filter(connections::tenant_id.eq(tenant)).select((connections::id, connections::sealed));
    let rows: Vec<(Uuid, Vec<u8>)> = query.load(connection).await?;
    found.extend(rows.into_iter().map(|(id, sealed)| (Place::Connection(id), sealed)));
    let columns = (webhook_endpoints::id, webhook_endpoints::sealed, webhook_endpoints::sealed_previous);
    let query = webhook_endpoints::table.filter(webhook_endpoints::tenant_id.eq(tenant)).select(columns);
    let rows: Vec<(Uuid, Vec<u8>, Option<Vec<u8>>)> = query.load(connection).await?;
    for (id, sealed, previous) in rows {
        found.push((Place::Webhook(id, SecretSlot::Current), sealed));
        found.extend(previous.map(|previous| (Place::Webhook(id, SecretSlot::Previous), previous)));
    }
    let columns = (factors::application_id, factors::entity_id, factors::id, factors::sealed);
    let query = factors::table.filter(factors::tenant_id.eq(tenant)).select(columns);
    let rows: Vec<(Uuid, Uuid, Uuid, Vec<u8>)> = query.load(connection).await?;
    let factor = |(application, entity, id, sealed)| (Place::Factor(application, entity, id), sealed);
    found.extend(rows.into_iter().map(factor));
    let query = single_sign_ons::table.find(tenant).select(single_sign_ons::sealed_secret);
    let secret: Option<Vec<u8>> = query.first(connection).await.optional()?;
    found.extend(secret.map(|secret| (Place::SingleSignOn, secret)));
    let columns = (test_numbers::application_id, test_numbers::hash, test_numbers::sealed);
    let query = test_numbers::table.filter(test_numbers::tenant_id.eq(tenant)).select(columns);
    let rows: Vec<(Uuid, Vec<u8>, Vec<u8>)> = query.load(connection).await?;
    for (application, hash, sealed) in rows {
        let hash = hash.try_into().map_err(|_| Error::corrupt("test_numbers", "hash", application))?;
        found.push((Place::TestNumber(application, hash), sealed));
    }
    Ok(found)
}

fn reseal(keys: &TenantKeys, tenant: TenantId, place: Place, sealed: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let (table, id, bound) = match place {
        Place::Connection(id) => ("connections", id, connection_place(tenant, ConnectionId::from(id))),
        Place::Webhook(id, slot) => ("webhook_endpoints", id, WebhookSecret::place(tenant, WebhookEndpointId::from(id), slot)),
        Place::Factor(application, entity, id) => ("factors", id, seal_place(tenant, (application, entity, id))),
        Place::SingleSignOn => ("single_sign_ons", tenant.into(), people::single_sign_on_place(tenant)),
        Place::TestNumber(application, hash) => {
            ("test_numbers", application, test_number_place(tenant, ApplicationId::from(application), &hash))
        }
    };
    keys.reseal_secret(sealed, &bound).map_err(|_| Error::corrupt(table, "sealed", id))
}

/// Replaces a value unless somebody else did.
async fn replace(connection: &mut Conn, tenant: Uuid, place: Place, old: Vec<u8>, new: Vec<u8>) -> Result<usize, Error> {
    Ok(match place {
        Place::Connection(id) => {
            let row = connections::table.find((tenant, id)).filter(connections::sealed.eq(old));
            diesel::update(row).set(connections::sealed.eq(new)).execute(connection).await?
        }
        Place::Webhook(id, SecretSlot::Current) => {
            let row = webhook_endpoints::table.find((tenant, id)).filter(webhook_endpoints::sealed.eq(old));
            diesel::update(row).set(webhook_endpoints::sealed.eq(new)).execute(connection).await?
        }
        Place::Webhook(id, SecretSlot::Previous) => {
            let row = webhook_endpoints::table.find((tenant, id)).filter(webhook_endpoints::sealed_previous.eq(old));
            diesel::update(row).set(webhook_endpoints::sealed_previous.eq(new)).execute(connection).await?
        }
        Place::Factor(application, entity, id) => {
            let row = factors::table.find((tenant, application, entity, id)).filter(factors::sealed.eq(old));
            diesel::update(row).set(factors::sealed.eq(new)).execute(connection).await?
        }
        Place::SingleSignOn => {
            let row = single_sign_ons::table.find(tenant).filter(single_sign_ons::sealed_secret.eq(old));
            diesel::update(row).set(single_sign_ons::sealed_secret.eq(new)).execute(connection).await?
        }
        Place::TestNumber(application, hash) => {
            let row = test_numbers::table.find((tenant, application, hash.to_vec())).filter(test_numbers::sealed.eq(old));
            diesel::update(row).set(test_numbers::sealed.eq(new)).execute(connection).await?
        }
    })
}
