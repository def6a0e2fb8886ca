//! An API key as it stands in the table, and as its owner sees it.

use diesel::prelude::*;
use pinfold_core::access::{ApiKey, Environment};
use uuid::Uuid;

use crate::Error;
use crate::schema::api_keys;
use crate::time::{Timestamp, millis, timestamp};

/// An API key with what only its owner's lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedKey {
    /// What the hot path knows of it. A revoked key is not enabled.
    pub key: ApiKey,
    /// The beginning of the secret, by which people recognise it.
    pub prefix: String,
    /// Infobip's `permissions`, as the client set them.
    pub permissions: Vec<String>,
    /// Infobip's `platform`, as the client set it.
    pub platform: Vec<String>,
    /// Infobip's `scopeGuids`, as the client set them.
    pub scope_guids: Vec<String>,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it was revoked.
    pub revoked_ms: Option<u64>,
}

/// A key to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What the hot path will know of it.
    pub key: ApiKey,
    /// The keyed hash of its secret.
    pub hash: [u8; 32],
    /// The beginning of its secret, at most 32 characters.
    pub prefix: String,
    /// Infobip's `permissions`.
    pub permissions: Vec<String>,
    /// Infobip's `platform`.
    pub platform: Vec<String>,
    /// Infobip's `scopeGuids`.
    pub scope_guids: Vec<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = api_keys)]
#[diesel(treat_none_as_null = true)]
pub(super) struct Row {
    pub(super) id: Uuid,
    name: String,
    scopes: Vec<String>,
    environment: String,
    default_application_id: Option<Uuid>,
    networks: Vec<String>,
    permissions: Vec<String>,
    platform: Vec<String>,
    scope_guids: Vec<String>,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    is_enabled: bool,
}

/// The columns that no update touches.
#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub(super) struct Fixed {
    pub(super) hash: Vec<u8>,
    prefix: String,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl Row {
    pub(super) fn new(key: ApiKey, permissions: Vec<String>, platform: Vec<String>, scope_guids: Vec<String>) -> Self {
        Self {
            id: key.id.into(),
            name: key.name,
            scopes: key.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            environment: key.environment.name().to_owned(),
            default_application_id: key.default_application.map(Uuid::from),
            networks: key.networks.iter().map(ToString::to_string).collect(),
            permissions,
            platform,
            scope_guids,
            valid_from: key.valid_from_ms.map(timestamp),
            valid_to: key.valid_to_ms.map(timestamp),
            is_enabled: key.is_enabled,
        }
    }
}

impl TryFrom<(Row, Fixed)> for IssuedKey {
    type Error = Error;

    fn try_from((row, fixed): (Row, Fixed)) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("api_keys", column, row.id);
        let environment = [Environment::Live, Environment::Sandbox].into_iter().find(|one| one.name() == row.environment);
        Ok(Self {
            key: ApiKey {
                id: row.id.into(),
                scopes: row.scopes.iter().map(|scope| scope.parse()).collect::<Result<_, _>>().map_err(|_| corrupt("scopes"))?,
                environment: environment.ok_or_else(|| corrupt("environment"))?,
                default_application: row.default_application_id.map(Into::into),
                networks: row
                    .networks
                    .iter()
                    .map(|one| one.parse())
                    .collect::<Result<_, _>>()
                    .map_err(|_| corrupt("networks"))?,
                valid_from_ms: row.valid_from.map(millis),
                valid_to_ms: row.valid_to.map(millis),
                is_enabled: row.is_enabled && fixed.revoked_at.is_none(),
                name: row.name,
            },
            prefix: fixed.prefix,
            permissions: row.permissions,
            platform: row.platform,
            scope_guids: row.scope_guids,
            created_ms: millis(fixed.created_at),
            revoked_ms: fixed.revoked_at.map(millis),
        })
    }
}
