//! `pinfold fraud`: tries rules of the fraud guard on what was recorded.

mod replay;

use std::process::ExitCode;

use crate::operator::Operator;

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Say what rules would have refused, and how much of it was verified later. Nothing changes.
    Replay(replay::Args),
}

/// Runs one of them with these settings, and gives its exit code.
///
/// # Errors
/// What stopped the command, in words for the operator.
pub fn run(command: Command, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| match command {
        Command::Replay(args) => replay::run(operator, &args).await,
    })
}
