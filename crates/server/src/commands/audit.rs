//! `pinfold audit`: the log of what was changed, seen and refused.

mod checkpoint;
mod export;
mod verify;

use std::process::ExitCode;

use pinfold_core::id::TenantId;
use pinfold_postgres::{Database, PLATFORM};

use crate::operator::{self, Operator};

/// What to do with the audit log.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Check that the log is what was written; the first entry that is not is named.
    Verify(verify::Args),
    /// Print the log of a tenant, or the platform's.
    Export(export::Args),
    /// Take a checkpoint now, and print it.
    Checkpoint,
}

/// Runs one of them with these settings, and gives its exit code.
///
/// # Errors
/// What stopped the command, in words for the operator.
pub fn run(command: Command, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| match command {
        Command::Verify(args) => verify::run(operator, &args).await,
        Command::Export(args) => export::run(operator, &args).await,
        Command::Checkpoint => checkpoint::run(operator).await,
    })
}

/// How the platform's own chain is called where tenants are named by their slugs; no slug has an underscore.
const OWN: &str = "_platform";

/// Whose chain is meant.
async fn chain(database: &Database, name: &str) -> anyhow::Result<TenantId> {
    if name == OWN { Ok(PLATFORM) } else { Ok(operator::tenant(database, name).await?.id) }
}
