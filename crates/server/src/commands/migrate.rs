//! `pinfold migrate`: brings the database to this version, as its owner; twice is once. With `--check` only says what is
//! pending.

use std::process::ExitCode;

use crate::operator::Operator;
use crate::print;

/// Arguments of `migrate`.
#[derive(clap::Args)]
pub struct Args {
    /// Change nothing; exit with 1 when migrations are pending.
    #[arg(long)]
    check: bool,
}

/// Applies what is missing, and prints each; with `check` prints what is pending, with exit code 1 if anything is.
///
/// # Errors
/// When the database refuses.
pub fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    operator.run(async |operator| if args.check { check(operator).await } else { migrate(operator).await })
}

async fn migrate(operator: &Operator) -> anyhow::Result<ExitCode> {
    let applied = pinfold_postgres::migrate(&operator.settings.postgres).await?;
    for name in &applied {
        print::line(format_args!("applied {name}"));
    }
    if applied.is_empty() {
        print::line("The database is at this version.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(operator: &Operator) -> anyhow::Result<ExitCode> {
    let pending = operator.database()?.pending_migrations().await?;
    for name in &pending {
        print::line(format_args!("pending {name}"));
    }
    if pending.is_empty() {
        print::line("The database is at this version.");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
