//! The commands, one file each.

mod audit;
mod dead_letters;
mod doctor;
mod fraud;
mod health;
mod import;
mod key;
mod migrate;
mod openapi;
mod operator_people;
mod serve;
mod settings;
mod tenant;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::operator::Operator;
use crate::settings::Layers;
use crate::telemetry;

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Serve one or several roles.
    Serve(serve::Args),
    /// Bring the database to this version.
    Migrate(migrate::Args),
    /// Look at settings and servers, and say what to do.
    Doctor(doctor::Args),
    /// Ask the process on this machine whether it is ready.
    Health(health::Args),
    /// Check, show or explain the settings.
    #[command(subcommand)]
    Settings(settings::Command),
    /// Print the OpenAPI document.
    Openapi,
    /// Create and list tenants.
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// Name the people who run the platform.
    #[command(subcommand)]
    Operator(operator_people::Command),
    /// Create, list and revoke API keys; rotate the key that signs session tokens.
    #[command(subcommand)]
    Key(key::Command),
    /// Make here again what is configured at a vendor. Again and again is once.
    #[command(subcommand)]
    Import(import::Command),
    /// Verify and print the log of what was changed, seen and refused.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Try rules of the fraud guard on what was recorded.
    #[command(subcommand)]
    Fraud(fraud::Command),
    /// Show, repeat and remove messages that were given up.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
}

/// Runs a command.
///
/// # Errors
/// Why it failed, one fault per line.
pub fn run(command: Command, files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let layers = || Layers::of_process(files.to_vec());
    let quiet_layers = || {
        telemetry::start_for_command();
        layers()
    };
    let operator = || Operator::new(&quiet_layers()?);
    match command {
        Command::Serve(args) => serve::run(args, &layers()?),
        // It knows this Pinfold from outside only, and may run anywhere.
        Command::Import(command) => import::run(command),
        Command::Openapi => openapi::run(),
        Command::Migrate(args) => migrate::run(&operator()?, &args),
        Command::Doctor(args) => doctor::run(&quiet_layers()?, &args),
        Command::Health(args) => health::run(&operator()?, &args),
        Command::Settings(command) => settings::run(&command, &quiet_layers()?),
        Command::Tenant(command) => tenant::run(command, &operator()?),
        Command::Operator(command) => operator_people::run(command, &operator()?),
        Command::Key(command) => key::run(command, &operator()?),
        Command::Audit(command) => audit::run(command, &operator()?),
        Command::Fraud(command) => fraud::run(command, &operator()?),
        Command::DeadLetters(command) => dead_letters::run(command, &operator()?),
    }
}
