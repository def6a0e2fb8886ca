//! `pinfold fraud replay`: runs rules over a tenant's recorded verifications.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use pinfold_core::fraud::Rules;
use pinfold_http::clock::now_ms;
use pinfold_postgres::Snapshots;

use crate::operator::{Operator, tenant};
use crate::print;

/// Arguments of `fraud replay`.
#[derive(clap::Args)]
pub struct Args {
    /// The tenant's slug.
    #[arg(long)]
    tenant: String,
    /// How far back, in hours.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=168))]
    hours: u32,
    /// A file with rules as `PUT /v1/fraud/rules` takes them; without, the tenant's own.
    #[arg(long)]
    rules: Option<PathBuf>,
}

/// Prints what the rules of a file, or those in force, would have refused within the last hours, by rule.
///
/// # Errors
/// When a store cannot be asked, there is no such tenant, or the rules are none.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let (database, hot) = (operator.database()?, operator.hot()?);
    // Tenants are found by the owner; everything else is read as the service, as that tenant.
    let tenant = tenant(&operator.owned_database()?, &args.tenant).await?;
    let snapshots = Snapshots::new(database.clone(), Arc::new(operator.master()?), &operator.settings.postgres);
    let snapshot = snapshots.tenant(tenant.id).await?.context("the tenant's configuration cannot be read")?;
    let rules = match &args.rules {
        Some(path) => read(path)?,
        None => snapshot.fraud_rules.clone().unwrap_or_else(|| operator.settings.fraud.rules()),
    };
    let from_ms = now_ms().saturating_sub(u64::from(args.hours) * 3_600_000);
    let (found, left_out) = pinfold_config_service::replay_since(&database, &hot, &snapshot, &rules, from_ms)
        .await
        .map_err(|problem| anyhow!("{}", problem.text().to_owned()))?;
    print::line(format_args!("{} sends, {} of them verified, {left_out} left out.", found.sends, found.verified));
    print::line(format_args!("{} would have been refused; {} of those were verified.", found.refused, found.refused_verified));
    for rule in found.rules {
        let first = rule.first;
        let figures = match (first.sends, first.verified, first.threshold) {
            (Some(sends), Some(verified), Some(threshold)) => {
                format!(" (first at {sends} sends, {verified} verified, threshold {threshold})")
            }
            _ => String::new(),
        };
        let (refused, verified) = (rule.refused, rule.verified);
        print::line(format_args!("  {} of {}: {refused}, {verified} verified{figures}", first.rule.name(), first.about));
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &PathBuf) -> anyhow::Result<Rules> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let rules: Rules = serde_json::from_str(&text).with_context(|| format!("{} holds no rules", path.display()))?;
    if let Err(faults) = rules.check() {
        let faults: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.field, fault.must)).collect();
        bail!("{}: {}", path.display(), faults.join("; "));
    }
    Ok(rules)
}
