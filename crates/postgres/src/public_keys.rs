//! The public keys by which a tenant's applications sign their own tokens, one each.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::access::{ApiKey, Environment, Scope};
use pinfold_core::id::{ApiKeyId, ApplicationId};
use pinfold_core::public_key::PublicKey;
use uuid::Uuid;

use crate::schema::public_keys;
use crate::time::{Timestamp, millis};
use crate::{Error, TenantScope};

/// The public keys of a tenant's applications.
#[derive(Debug, Clone, Copy)]
pub struct PublicKeys<'a>(pub(crate) TenantScope<'a>);

/// An application's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPublicKey {
    /// The application.
    pub application: ApplicationId,
    /// The key.
    pub key: PublicKey,
    /// What the messages of its tokens are.
    pub environment: Environment,
    /// When it was stored, in milliseconds since 1970.
    pub created_ms: u64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = public_keys)]
struct Row {
    application_id: Uuid,
    key: Vec<u8>,
    environment: String,
    created_at: Timestamp,
}

impl TryFrom<Row> for StoredPublicKey {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("public_keys", column, row.application_id);
        let environment = [Environment::Live, Environment::Sandbox].into_iter().find(|one| one.name() == row.environment);
        Ok(Self {
            application: row.application_id.into(),
            key: PublicKey::from_der(&row.key).map_err(|_| corrupt("key"))?,
            environment: environment.ok_or_else(|| corrupt("environment"))?,
            created_ms: millis(row.created_at),
        })
    }
}

impl PublicKeys<'_> {
    /// An application's key.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, application: ApplicationId) -> Result<Option<StoredPublicKey>, Error> {
        let row: Option<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = public_keys::table.find((tenant, Uuid::from(application))).select(Row::as_select());
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(StoredPublicKey::try_from).transpose()
    }

    /// Gives an application a key, in the place of the one it had. `hash` finds it: the keyed hash of
    /// [`pinfold_core::application_token::credential`].
    ///
    /// # Errors
    /// [`Error::Refused`] when the tenant has no such application, and see [`Error`].
    pub async fn set(
        self,
        application: ApplicationId,
        key: &PublicKey,
        environment: Environment,
        hash: [u8; 32],
    ) -> Result<StoredPublicKey, Error> {
        let der = key.der().to_vec();
        let row: Row = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let change = (
                        public_keys::hash.eq(hash.to_vec()),
                        public_keys::key.eq(der),
                        public_keys::environment.eq(environment.name()),
                        public_keys::created_at.eq(diesel::dsl::now),
                    );
                    let whose = (public_keys::tenant_id.eq(tenant), public_keys::application_id.eq(Uuid::from(application)));
                    let insert = diesel::insert_into(public_keys::table).values((whose, change.clone()));
                    let upsert =
                        insert.on_conflict((public_keys::tenant_id, public_keys::application_id)).do_update().set(change);
                    Ok(upsert.returning(Row::as_returning()).get_result(connection).await?)
                }
                .boxed()
            })
            .await?;
        row.try_into()
    }

    /// Takes an application's key away; `None` when it has none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, application: ApplicationId) -> Result<Option<()>, Error> {
        let gone = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = public_keys::table.find((tenant, Uuid::from(application)));
                    Ok(diesel::delete(target).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((gone > 0).then_some(()))
    }
}

/// A tenant's public keys with the hashes that find them, each by itself: one corrupt row spoils no other.
pub(crate) async fn load(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<([u8; 32], StoredPublicKey), Error>>, Error> {
    let of_tenant = public_keys::table.filter(public_keys::tenant_id.eq(tenant));
    let rows: Vec<(Vec<u8>, Row)> = of_tenant.select((public_keys::hash, Row::as_select())).load(connection).await?;
    let parse = |(hash, row): (Vec<u8>, Row)| {
        let hash = hash.try_into().map_err(|_| Error::corrupt("public_keys", "hash", row.application_id))?;
        Ok((hash, StoredPublicKey::try_from(row)?))
    };
    Ok(rows.into_iter().map(parse).collect())
}

/// What an application may do that signs its own tokens: send and verify, as itself.
pub(crate) fn rights(key: &StoredPublicKey) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_bytes(*key.application.as_bytes()),
        name: "application".to_owned(),
        scopes: [Scope::PinSend, Scope::PinVerify].into_iter().collect(),
        environment: key.environment,
        default_application: Some(key.application),
        networks: Vec::new(),
        valid_from_ms: None,
        valid_to_ms: None,
        is_enabled: true,
    }
}
