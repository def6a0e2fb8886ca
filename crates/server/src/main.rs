#![doc = include_str!("../README.md")]

mod audit;
mod background;
mod commands;
mod env_file;
mod health;
mod http_server;
mod issued_keys;
mod key_uses;
mod lifecycle;
mod lockdown;
mod metrics;
mod openapi;
mod operator;
mod operator_pages;
mod partitions;
mod parts;
mod print;
mod process_metrics;
mod processes;
mod request_span;
mod roles;
mod safety;
mod settings;
mod signing_keys;
mod state;
mod telemetry;
mod traffic;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::commands::Command;

/// Requests are many small allocations; this saves a tenth of their cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One-time PINs, self-hosted: gateway, configuration, verification and delivery in one executable.
#[derive(Parser)]
#[command(name = "pinfold", version)]
struct Cli {
    /// A settings file; may be given several times, and later ones win.
    #[arg(long, global = true, env = "PINFOLD_CONFIG", value_delimiter = ',', value_name = "FILE")]
    config: Vec<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    lockdown::apply();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if is_help { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    };
    commands::run(cli.command, &cli.config).unwrap_or_else(|error| {
        print::complaint(&error);
        ExitCode::FAILURE
    })
}
