//! `pinfold settings show`: the settings in force and where each comes from. Secrets are not shown.

use std::process::ExitCode;

use crate::print;
use crate::settings::{Layers, shown};

/// Arguments of `settings show`.
#[derive(clap::Args)]
pub struct Args {
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Prints name, value and source of every setting as a table, or as JSON when asked to.
///
/// # Errors
/// When the settings cannot be read.
pub fn run(layers: &Layers, args: &Args) -> anyhow::Result<ExitCode> {
    let settings = shown(layers)?;
    if args.json {
        print::json(&serde_json::to_value(settings)?);
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<[String; 3]> = settings
        .into_iter()
        .map(|setting| {
            let value = setting.value.unwrap_or_else(|| "-".to_owned());
            [setting.name, value, setting.from.unwrap_or_else(|| "default".to_owned())]
        })
        .collect();
    print::table(["SETTING", "VALUE", "FROM"], &rows);
    Ok(ExitCode::SUCCESS)
}
