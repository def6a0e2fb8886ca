//! `pinfold doctor`: looks at settings and servers as a start would, and says for each fault what to do.

mod findings;
mod hot_state;
mod other_roles;
mod record;

use std::process::ExitCode;

use serde_json::json;

use self::findings::Findings;
use crate::operator::Operator;
use crate::print;
use crate::roles::Roles;
use crate::settings::Layers;

/// Arguments of `doctor`.
#[derive(clap::Args)]
pub struct Args {
    /// The roles that shall run with these settings.
    #[arg(long, default_value = "all")]
    role: Roles,
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Looks. Exits with 1 when anything would keep the roles from working.
///
/// # Errors
/// None of its own: what cannot be looked at is a finding.
pub fn run(layers: &Layers, args: &Args) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    match Operator::new(layers) {
        Err(error) => findings.fault("settings", &format!("{error:#}"), "correct them; `pinfold settings docs` lists all"),
        Ok(operator) => {
            match operator.settings.check(&args.role) {
                Ok(()) => findings.fine("settings", &format!("sound for {}", args.role)),
                Err(faults) => faults.0.iter().for_each(|fault| findings.fault("settings", fault, "correct it")),
            }
            operator.run(async |operator| {
                record::look(operator, &mut findings).await;
                if args.role.need_redis() {
                    hot_state::look(operator, &mut findings).await;
                }
                Ok(())
            })?;
            other_roles::look(&operator.settings, &args.role, &mut findings);
        }
    }
    findings::look_at_limits(&mut findings);
    if args.json {
        print::json(&json!({ "healthy": findings.is_healthy(), "findings": findings.list() }));
    } else {
        findings.print();
    }
    Ok(if findings.is_healthy() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
