//! Migrations: embedded in the binary, applied by the owner, compared by whoever serves.

use std::collections::BTreeSet;

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures::FutureExt;
use secrecy::ExposeSecret;

use crate::connect::Connector;
use crate::{Database, Error, Settings};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Applies the migrations that are not applied yet, as `settings.admin_url`. Returns their names.
///
/// Each is one transaction: stopped in the middle, the next call goes on. Two callers wait for each other.
///
/// # Errors
/// See [`Error`].
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, Error> {
    if settings.admin_url.expose_secret().is_empty() {
        return Err(Error::Setting { setting: "admin_url", source: "it is not set".into() });
    }
    let mut connection = Connector::new(&settings.as_admin())?.patient().connect().await?;
    // The lock goes with the connection, however this ends. Waiting for another migration is no reason to give up.
    connection
        .batch_execute("SET lock_timeout = 0; SELECT pg_advisory_lock(hashtext('pinfold migrations')); SET lock_timeout = '1s'")
        .await?;
    let apply = move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let applied = harness.run_pending_migrations(MIGRATIONS);
        applied.map(|versions| versions.iter().map(ToString::to_string).collect::<Vec<_>>()).map_err(Error::Migration)
    };
    let versions: BTreeSet<String> =
        tokio::task::spawn_blocking(apply).await.map_err(|_| Error::Interrupted)??.into_iter().collect();
    let applied = all()?.into_iter().filter(|(version, _)| versions.contains(version));
    Ok(applied.map(|(_, name)| name).collect())
}

/// Version and name of every embedded migration.
fn all() -> Result<Vec<(String, String)>, Error> {
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(Error::Migration)?;
    Ok(migrations.iter().map(|migration| (migration.name().version().to_string(), migration.name().to_string())).collect())
}

impl Database {
    /// The names of the migrations that are not applied yet, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Error> {
        let applied: BTreeSet<String> = self
            .run(|connection| {
                async {
                    // Before the first migration there is not even the table that lists them.
                    let exists =
                        diesel::sql_query("SELECT to_regclass('public.__diesel_schema_migrations') IS NOT NULL AS holds");
                    if !exists.get_result::<Holds>(connection).await?.holds {
                        return Ok(BTreeSet::new());
                    }
                    let query = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
                    Ok(query.load(connection).await?.into_iter().collect())
                }
                .boxed()
            })
            .await?;
        Ok(all()?.into_iter().filter(|(version, _)| !applied.contains(version)).map(|(_, name)| name).collect())
    }
}

#[derive(QueryableByName)]
struct Holds {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    holds: bool,
}
