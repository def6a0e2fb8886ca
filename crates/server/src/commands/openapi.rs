//! `pinfold openapi`: prints the OpenAPI document of all operations.

use std::process::ExitCode;

use crate::{openapi, print};

/// Prints the document.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn run() -> anyhow::Result<ExitCode> {
    print::line(openapi::document().to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}
