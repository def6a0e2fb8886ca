//! `pinfold settings check`: everything that is wrong with them, without asking any server.

use std::process::ExitCode;

use crate::print;
use crate::roles::Roles;
use crate::settings::{Layers, load};

/// Arguments of `settings check`.
#[derive(clap::Args)]
pub struct Args {
    /// The roles that shall run with them.
    #[arg(long, default_value = "all")]
    role: Roles,
}

/// Prints that the settings are sound for these roles.
///
/// # Errors
/// Every fault, a line each.
pub fn run(layers: &Layers, args: &Args) -> anyhow::Result<ExitCode> {
    load(layers)?.check(&args.role)?;
    print::line(format_args!("The settings are sound for {}.", args.role));
    Ok(ExitCode::SUCCESS)
}
