//! `pinfold audit checkpoint`: takes a checkpoint, to be kept where the database's owner cannot change it.

use std::process::ExitCode;

use crate::operator::Operator;
use crate::{audit, print};

/// Takes it.
///
/// # Errors
/// When the record cannot be read.
pub async fn run(operator: &Operator) -> anyhow::Result<ExitCode> {
    print::line(audit::take(&operator.database()?, &operator.master()?).await?);
    Ok(ExitCode::SUCCESS)
}
