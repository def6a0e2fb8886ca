//! `pinfold key revoke`: from a few seconds later on, nobody gets in with the key any more.

use std::process::ExitCode;

use anyhow::bail;
use pinfold_core::id::ApiKeyId;

use crate::operator::{Operator, tenant};
use crate::print;

/// Arguments of `key revoke`.
#[derive(clap::Args)]
pub struct Args {
    /// The slug of the tenant.
    #[arg(long)]
    tenant: String,
    /// The id of the key; `pinfold key list` shows it.
    #[arg(long)]
    id: ApiKeyId,
}

/// Ends an API key for good, and prints its id.
///
/// # Errors
/// When there is no such tenant or key.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let database = operator.database()?;
    let tenant = tenant(&database, &args.tenant).await?;
    if database.tenant(tenant.id).api_keys().revoke(args.id).await?.is_none() {
        bail!("the tenant {} has no key {} that could be revoked", tenant.slug, args.id);
    }
    print::line(format_args!("Revoked the key {}.", args.id));
    Ok(ExitCode::SUCCESS)
}
