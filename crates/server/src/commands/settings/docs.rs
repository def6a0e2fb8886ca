//! `pinfold settings docs`: the reference of all settings, as Markdown.

use std::process::ExitCode;

use crate::print;
use crate::settings::markdown;

/// Prints the reference.
///
/// # Errors
/// None.
pub fn run() -> anyhow::Result<ExitCode> {
    print::line(markdown().trim_end());
    Ok(ExitCode::SUCCESS)
}
