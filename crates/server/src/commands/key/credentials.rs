//! `pinfold key credentials`: the entry of the master key that hashes API keys when version 1 is gone. As secret as the key itself.

use std::process::ExitCode;

use crate::operator::Operator;
use crate::print;

/// Prints the master key as a line of a credentials file.
///
/// # Errors
/// When there is no master key.
pub fn run(operator: &Operator) -> anyhow::Result<ExitCode> {
    print::line(operator.master()?.credentials_entry().as_str());
    Ok(ExitCode::SUCCESS)
}
