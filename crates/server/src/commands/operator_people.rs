//! `pinfold operator`: the people who run the platform.

mod create;

use std::process::ExitCode;

use crate::operator::Operator;

/// What to do with operators.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a person an operator, with an account of their own when they have none.
    Create(create::Args),
}

/// Runs one of them with these settings, and gives its exit code.
///
/// # Errors
/// What stopped the command, in words for the operator.
pub fn run(command: Command, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| match command {
        Command::Create(args) => create::run(operator, &args).await,
    })
}
