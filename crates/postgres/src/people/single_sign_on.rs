//! How a tenant's people sign in at its own OpenID provider. The client secret is sealed with the tenant's keys, bound to the tenant.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::access::Role;
use pinfold_core::id::TenantId;
use pinfold_core::keys::TenantKeys;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::schema::single_sign_ons;
use super::{role, sessions};
use crate::{Error, TenantScope};

/// A tenant's single sign-on.
#[derive(Debug, Clone, Copy)]
pub struct SingleSignOns<'a>(pub(crate) TenantScope<'a>);

/// How a tenant's people sign in at its own provider.
#[derive(Clone)]
pub struct SingleSignOn {
    /// The provider, as it names itself.
    pub issuer: String,
    /// What this installation is to the provider.
    pub client_id: String,
    /// What this installation proves that with.
    pub client_secret: Zeroizing<String>,
    /// What somebody new becomes; nobody new comes in without it.
    pub new_members_role: Option<Role>,
    /// The domains that addresses may be of, in lower case; all when there are none.
    pub allowed_domains: Vec<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = single_sign_ons, treat_none_as_null = true)]
struct Row {
    tenant_id: Uuid,
    issuer: String,
    client_id: String,
    sealed_secret: Vec<u8>,
    new_members_role: Option<String>,
    allowed_domains: Vec<String>,
}

/// The place a tenant's client secret is sealed for.
pub(crate) fn place(tenant: TenantId) -> Vec<u8> {
    [b"single-sign-on".as_slice(), tenant.as_bytes()].concat()
}

impl SingleSignOns<'_> {
    /// How people sign in; nothing when they do not.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, keys: &TenantKeys) -> Result<Option<SingleSignOn>, Error> {
        let row: Option<Row> = self
            .0
            .run(|connection, tenant| {
                let query = single_sign_ons::table.find(tenant).select(Row::as_select());
                async move { Ok(query.first(connection).await.optional()?) }.boxed()
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        let corrupt = || Error::corrupt("single_sign_ons", "sealed_secret", row.tenant_id);
        let secret = keys.open_secret(&row.sealed_secret, &place(self.0.id())).map_err(|_| corrupt())?;
        Ok(Some(SingleSignOn {
            client_secret: String::from_utf8(secret).map_err(|_| corrupt())?.into(),
            new_members_role: match &row.new_members_role {
                Some(name) => Some(role(name, "single_sign_ons", row.tenant_id)?),
                None => None,
            },
            issuer: row.issuer,
            client_id: row.client_id,
            allowed_domains: row.allowed_domains,
        }))
    }

    /// Has people sign in so from now on. Sessions that another provider vouched for end.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set(self, sign_on: &SingleSignOn, keys: &TenantKeys) -> Result<(), Error> {
        let row = Row {
            tenant_id: self.0.id().into(),
            issuer: sign_on.issuer.clone(),
            client_id: sign_on.client_id.clone(),
            sealed_secret: keys.seal_secret(sign_on.client_secret.as_bytes(), &place(self.0.id())),
            new_members_role: sign_on.new_members_role.map(|role| role.name().to_owned()),
            allowed_domains: sign_on.allowed_domains.clone(),
        };
        self.0
            .run(move |connection, tenant| {
                async move {
                    let query = single_sign_ons::table.find(tenant).select(single_sign_ons::issuer).for_update();
                    let before: Option<String> = query.first(connection).await.optional()?;
                    if before.is_some_and(|before| before != row.issuer) {
                        sessions::end_managed(connection, tenant).await?;
                    }
                    let insert = diesel::insert_into(single_sign_ons::table).values(&row);
                    insert.on_conflict(single_sign_ons::tenant_id).do_update().set(&row).execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Has nobody sign in so any more, and ends the sessions of all who did; `None` when nobody could.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self) -> Result<Option<()>, Error> {
        let deleted = self
            .0
            .run(|connection, tenant| {
                async move {
                    sessions::end_managed(connection, tenant).await?;
                    Ok(diesel::delete(single_sign_ons::table.find(tenant)).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((deleted > 0).then_some(()))
    }
}
