//! `pinfold key`: API keys of a tenant, and the key that signs session tokens.

mod create;
mod list;
mod revoke;
mod rotate_signing;

use std::process::ExitCode;

use crate::operator::Operator;

/// What to do with keys.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Create an API key and print it, this once.
    Create(create::Args),
    /// List a tenant's API keys.
    List(list::Args),
    /// Revoke an API key for good.
    Revoke(revoke::Args),
    /// Sign session tokens with a new key from now on.
    RotateSigning,
}

/// Runs it.
///
/// # Errors
/// Its own.
pub fn run(command: Command, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| match command {
        Command::Create(args) => create::run(operator, args).await,
        Command::List(args) => list::run(operator, &args).await,
        Command::Revoke(args) => revoke::run(operator, &args).await,
        Command::RotateSigning => rotate_signing::run(operator).await,
    })
}
