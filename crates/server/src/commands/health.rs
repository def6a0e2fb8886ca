//! `pinfold health`: asks the process on this machine, for health checks where there is no shell and no curl.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use crate::operator::Operator;
use crate::print;
use crate::settings::reachable;

/// Arguments of `health`.
#[derive(clap::Args)]
pub struct Args {
    /// Ask only whether the process lives.
    #[arg(long)]
    live: bool,
}

/// Asks, and prints the answer.
///
/// # Errors
/// When nobody answers.
pub fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let http = &operator.settings.http;
    let host = reachable(&http.host);
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let page = if args.live { "live" } else { "ready" };
    let url = format!("http://{host}:{}/health/{page}", http.port);
    let client = reqwest::blocking::Client::builder().timeout(Duration::from_secs(3)).no_proxy().build()?;
    let answer = client.get(&url).send().with_context(|| format!("nobody answers at {url}"))?;
    let is_well = answer.status().is_success();
    print::line(answer.text()?);
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
