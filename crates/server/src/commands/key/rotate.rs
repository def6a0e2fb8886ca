//! `pinfold key rotate`: a new data key for a tenant, or for all. First every process gets to know it, for reading; then new PINs and
//! secrets are sealed with it. PINs that live keep theirs. Interrupted in between, the next run goes on with the same key.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use pinfold_core::keys::KeyVersion;
use pinfold_postgres::Tenant;

use crate::operator::{Operator, tenant};
use crate::print;

/// How long a process may take to know a change, and some more.
const SPREAD: Duration = Duration::from_secs(10);

/// Arguments of `key rotate`.
#[derive(clap::Args)]
pub struct Args {
    /// The slug of the tenant.
    #[arg(long, required_unless_present = "all", conflicts_with = "all")]
    tenant: Option<String>,
    /// Every tenant.
    #[arg(long)]
    all: bool,
}

/// Gives one tenant or all a new data key, waits until every process knows them, and prints a line for each.
///
/// # Errors
/// When there is no such tenant, or its keys were destroyed.
pub async fn run(operator: &Operator, args: Args) -> anyhow::Result<ExitCode> {
    let (owned, master) = (operator.owned_database()?, operator.master()?);
    let tenants = match &args.tenant {
        Some(slug) => vec![tenant(&owned, slug).await?],
        None => owned.tenants().list().await?,
    };
    let mut added: Vec<(&Tenant, KeyVersion)> = Vec::new();
    for tenant in &tenants {
        match owned.key_ring().add(tenant.id, &master).await {
            Ok(version) => added.push((tenant, version)),
            Err(error) if args.tenant.is_some() => {
                bail!(anyhow::Error::from(error).context(format!("the tenant {} gets no new key", tenant.slug)))
            }
            Err(_) => print::line(format_args!("{}: no key to follow; its keys were destroyed", tenant.slug)),
        }
    }
    print::line(format_args!("{} new keys; waiting {} s until every process knows them.", added.len(), SPREAD.as_secs()));
    tokio::time::sleep(SPREAD).await;
    for (tenant, version) in added {
        owned.key_ring().turn_to(tenant.id, version).await?;
        print::line(format_args!("{}: version {version} seals from now on", tenant.slug));
    }
    print::line("`pinfold key rewrap` seals secrets with the new keys that are sealed with older ones.");
    Ok(ExitCode::SUCCESS)
}
