//! `pinfold key`: API keys of a tenant, the keys that its data is sealed with, and the key that signs session tokens.

mod create;
mod credentials;
mod destroy;
mod list;
mod revoke;
mod rewrap;
mod rotate;
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
    /// Seal a tenant's new PINs and secrets with a new data key.
    Rotate(rotate::Args),
    /// Seal everything again with the newest keys; can be interrupted and repeated.
    Rewrap,
    /// Print the master key's entry that hashes API keys, for when version 1 goes.
    Credentials,
    /// Destroy a tenant's data keys: nothing sealed with them can be read again.
    Destroy(destroy::Args),
}

/// Runs one of them with these settings, and gives its exit code.
///
/// # Errors
/// What stopped the command, in words for the operator.
pub fn run(command: Command, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| match command {
        Command::Create(args) => create::run(operator, args).await,
        Command::List(args) => list::run(operator, &args).await,
        Command::Revoke(args) => revoke::run(operator, &args).await,
        Command::RotateSigning => rotate_signing::run(operator).await,
        Command::Rotate(args) => rotate::run(operator, args).await,
        Command::Rewrap => rewrap::run(operator).await,
        Command::Credentials => credentials::run(operator),
        Command::Destroy(args) => destroy::run(operator, args).await,
    })
}
