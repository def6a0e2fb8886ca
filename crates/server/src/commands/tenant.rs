//! `pinfold tenant`: the platform's customers.

mod create;
mod demo;
mod list;

use std::process::ExitCode;

use crate::operator::Operator;

/// What to do with tenants.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Create a tenant.
    Create(create::Args),
    /// List all tenants.
    List(list::Args),
    /// Prepare a tenant to try things with; again and again is once.
    Demo(demo::Args),
}

/// Runs one of them with these settings, and gives its exit code.
///
/// # Errors
/// What stopped the command, in words for the operator.
pub fn run(command: Command, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| match command {
        Command::Create(args) => create::run(operator, &args).await,
        Command::List(args) => list::run(operator, &args).await,
        Command::Demo(args) => demo::run(operator, &args).await,
    })
}
