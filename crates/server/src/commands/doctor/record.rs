//! PostgreSQL: reachable, migrated, logged in to as somebody harmless, and sealed with our master key.

use std::sync::Arc;

use pinfold_postgres::{Database, Error, Snapshots};

use super::findings::Findings;
use crate::operator::Operator;

const ABOUT: &str = "postgres";

/// Looks at the record.
pub async fn look(operator: &Operator, findings: &mut Findings) {
    let database = match operator.database() {
        Ok(database) => database,
        Err(error) => return findings.fault(ABOUT, &format!("{error:#}"), "set it"),
    };
    if let Err(error) = database.ping().await {
        let advice = "start PostgreSQL, and check host, port, database, user and password in postgres.url";
        return findings.fault(ABOUT, &chain(error), advice);
    }
    findings.fine(ABOUT, "answers");
    if let Err(error) = look_inside(operator, &database, findings).await {
        findings.fault(ABOUT, &chain(error), "see what PostgreSQL logs");
    }
}

async fn look_inside(operator: &Operator, database: &Database, findings: &mut Findings) -> Result<(), Error> {
    let pending = database.pending_migrations().await?;
    let is_production = operator.settings.is_production();
    for fault in database.role_faults().await? {
        let advice = "log in as a member of pinfold_app that owns nothing; deploy/postgres has the statements";
        findings.unsafe_setting(is_production, "role", &fault.to_string(), advice);
    }
    if !pending.is_empty() {
        let found = format!("{} are pending, the first is {}", pending.len(), pending[0]);
        findings.fault("migrations", &found, "run `pinfold migrate`");
        return Ok(());
    }
    findings.fine("migrations", "all are applied");
    look_at_key(operator, database, findings).await
}

/// Whether the master key opens what is sealed in the record: a wrong one locks every tenant out.
async fn look_at_key(operator: &Operator, database: &Database, findings: &mut Findings) -> Result<(), Error> {
    let Ok(master) = operator.master() else { return Ok(()) };
    let tenants = database.tenants().list().await?;
    let Some(tenant) = tenants.first() else {
        findings.warning("tenants", "there is none", "create one with `pinfold tenant create --name …`");
        return Ok(());
    };
    let snapshots = Snapshots::new(database.clone(), Arc::new(master), &operator.settings.postgres);
    match snapshots.tenant(tenant.id).await {
        Ok(_) => findings.fine("tenants", &format!("{}, and the master key opens their keys", tenants.len())),
        Err(error) => {
            let found = format!("the keys of the tenant {} do not open: {}", tenant.slug, error.0);
            findings.fault("tenants", &found, "set security.master_key to the one this database was made with");
        }
    }
    Ok(())
}

fn chain(error: Error) -> String {
    format!("{:#}", anyhow::Error::from(error))
}
