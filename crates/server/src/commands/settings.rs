//! `pinfold settings`: checks, shows or explains them.

mod check;
mod docs;
mod show;

use std::process::ExitCode;

use crate::settings::Layers;

/// What to do with the settings.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Say everything that is wrong with them.
    Check(check::Args),
    /// Show them as they are in force, without secrets.
    Show(show::Args),
    /// Print the reference of all settings.
    Docs,
}

/// Runs one of them on these layers of settings, and gives its exit code.
///
/// # Errors
/// The faults of the settings, a line each.
pub fn run(command: &Command, layers: &Layers) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(args) => check::run(layers, args),
        Command::Show(args) => show::run(layers, args),
        Command::Docs => docs::run(),
    }
}
