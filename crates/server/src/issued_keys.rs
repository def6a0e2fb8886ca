//! API keys made by command. The secret is known here for a moment, and then to whoever reads it.

use pinfold_core::access::{ApiKey, Environment, Scopes};
use pinfold_core::credential::{Credential, beginning};
use pinfold_core::id::{ApiKeyId, ApplicationId};
use pinfold_core::keys::MasterKey;
use pinfold_postgres::{Error, IssuedKey, KeyFilter, NewKey, TenantScope};
use secrecy::{ExposeSecret, SecretString};

/// What a key shall be.
pub struct Wish {
    pub name: String,
    pub scopes: Scopes,
    pub environment: Environment,
    pub default_application: Option<ApplicationId>,
}

/// Makes a key.
///
/// # Errors
/// When the record refuses.
pub async fn issue(tenant: TenantScope<'_>, master: &MasterKey, wish: Wish) -> Result<(SecretString, IssuedKey), Error> {
    let Wish { name, scopes, environment, default_application } = wish;
    let secret = Credential::Key(environment).generate();
    let key = ApiKey {
        id: ApiKeyId::random(),
        name,
        scopes,
        environment,
        default_application,
        networks: Vec::new(),
        valid_from_ms: None,
        valid_to_ms: None,
        is_enabled: true,
    };
    let new = NewKey {
        key,
        hash: master.credential_hash(secret.expose_secret()),
        prefix: beginning(secret.expose_secret()).to_owned(),
        permissions: Vec::new(),
        platform: Vec::new(),
        scope_guids: Vec::new(),
    };
    let issued = tenant.api_keys().create(new).await?;
    Ok((secret, issued))
}

/// Whether `secret` is a key of this tenant that works.
///
/// # Errors
/// When the record cannot be read.
pub async fn works(tenant: TenantScope<'_>, master: &MasterKey, secret: &str, environment: Environment) -> Result<bool, Error> {
    if Credential::of(secret).is_none() {
        return Ok(false);
    }
    let filter = KeyFilter { hash: Some(master.credential_hash(secret)), size: 1, ..KeyFilter::default() };
    let found = tenant.api_keys().list(filter).await?.items;
    Ok(found.iter().any(|issued| issued.key.is_enabled && issued.key.environment == environment))
}
