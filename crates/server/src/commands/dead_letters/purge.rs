//! `pinfold dead-letters purge`: removes what was given up, for good.

use std::process::ExitCode;

use crate::operator::Operator;
use crate::print;

/// Removes the dead letters of all partitions, and prints how many those were.
///
/// # Errors
/// When Redis cannot be asked.
pub async fn run(operator: &Operator) -> anyhow::Result<ExitCode> {
    let hot = operator.hot()?;
    let mut removed = 0;
    for partition in hot.partitions() {
        removed += hot.purge_dead_letters(partition).await?;
    }
    print::line(format_args!("Removed {removed}."));
    Ok(ExitCode::SUCCESS)
}
