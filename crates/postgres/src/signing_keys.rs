//! The platform's keys for session tokens. The private halves are sealed by the master key, each bound to its id.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::keys::MasterKey;
use secrecy::SecretSlice;

use crate::Error;
use crate::database::{Access, Database};
use crate::schema::signing_keys;
use crate::time::{Timestamp, millis, timestamp};

/// The platform's signing keys.
#[derive(Debug, Clone, Copy)]
pub struct SigningKeys<'a>(&'a Database);

/// A signing key, opened.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// Its id in tokens.
    pub kid: String,
    /// The private half, as it was given.
    pub private: SecretSlice<u8>,
    /// The public half as a JSON Web Key.
    pub public_jwk: serde_json::Value,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// From when on nobody signs with it.
    pub retires_ms: Option<u64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = signing_keys)]
struct Row {
    kid: String,
    sealed_private: Vec<u8>,
    public_jwk: serde_json::Value,
    created_at: Timestamp,
    retires_at: Option<Timestamp>,
}

pub(crate) fn place(kid: &str) -> Vec<u8> {
    [b"signing-key", kid.as_bytes()].concat()
}

impl<'a> SigningKeys<'a> {
    pub(crate) fn new(database: &'a Database) -> Self {
        Self(database)
    }

    /// Adds a key.
    ///
    /// # Errors
    /// [`Error::Refused`] when the id is taken, and see [`Error`].
    pub async fn insert(self, kid: &str, private: &[u8], public_jwk: serde_json::Value, master: &MasterKey) -> Result<(), Error> {
        let (kid, sealed) = (kid.to_owned(), master.seal(private, &place(kid)));
        let master_version = i32::from(master.current());
        self.0
            .transaction(None, Access::Write, move |connection| {
                async move {
                    diesel::insert_into(signing_keys::table)
                        .values((
                            signing_keys::kid.eq(kid),
                            signing_keys::sealed_private.eq(sealed),
                            signing_keys::public_jwk.eq(public_jwk),
                            signing_keys::master_version.eq(master_version),
                        ))
                        .execute(connection)
                        .await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// All of them, newest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one does not open, and see [`Error`].
    pub async fn list(self, master: &MasterKey) -> Result<Vec<SigningKey>, Error> {
        let query = signing_keys::table.order((signing_keys::created_at.desc(), signing_keys::kid)).select(Row::as_select());
        let rows: Vec<Row> = self.0.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        let open = |row: Row| {
            let private = master
                .open(&row.sealed_private, &place(&row.kid))
                .map_err(|_| Error::corrupt("signing_keys", "sealed_private", &row.kid))?;
            Ok(SigningKey {
                kid: row.kid,
                private: private.into(),
                public_jwk: row.public_jwk,
                created_ms: millis(row.created_at),
                retires_ms: row.retires_at.map(millis),
            })
        };
        rows.into_iter().map(open).collect()
    }

    /// Lets nobody sign with a key from `at_ms` on; `None` when there is no such key.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn retire(self, kid: &str, at_ms: u64) -> Result<Option<()>, Error> {
        let kid = kid.to_owned();
        let retired = self
            .0
            .transaction(None, Access::Write, move |connection| {
                async move {
                    let change = signing_keys::retires_at.eq(Some(timestamp(at_ms)));
                    Ok(diesel::update(signing_keys::table.find(kid)).set(change).execute(connection).await?)
                }
                .boxed()
            })
            .await?;
        Ok((retired > 0).then_some(()))
    }
}
