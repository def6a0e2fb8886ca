//! `pinfold key rewrap`: seals data keys and signing keys again with the newest master key, and tenants' secrets with their newest
//! data key. Serves meanwhile; interrupted, the next run does the rest.

use std::process::ExitCode;

use crate::operator::Operator;
use crate::print;

/// Seals everything again.
///
/// # Errors
/// When something does not open with any key: then nothing of it was changed.
pub async fn run(operator: &Operator) -> anyhow::Result<ExitCode> {
    let (owned, master) = (operator.owned_database()?, operator.master()?);
    let (ring, current) = (owned.key_ring(), master.current());
    let signing = ring.rewrap_signing_keys(&master).await?;
    let people = ring.rewrap_people(&master).await?;
    print::line(format_args!("signing keys: {signing} sealed again; people's secrets: {people}"));
    let tenants = owned.tenants().list().await?;
    for (at, tenant) in tenants.iter().enumerate() {
        let done = ring.rewrap(tenant.id, &master).await?;
        let (at, of) = (at + 1, tenants.len());
        print::line(format_args!("{at}/{of} {}: {} data keys and {} secrets sealed again", tenant.slug, done.keys, done.secrets));
    }
    let left = ring.left(current).await?;
    print::line(format_args!("{left} keys are left that an older version of the master key seals."));
    let older: Vec<String> = master.older().iter().map(ToString::to_string).collect();
    if left == 0 && !older.is_empty() {
        let older = older.join(", ");
        print::line(format_args!("Version {older} of the master key may go, once every process runs with version {current}."));
        if !master.has_own_credentials() {
            print::line("Before, add the entry that `pinfold key credentials` prints: API keys are hashed with it.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
