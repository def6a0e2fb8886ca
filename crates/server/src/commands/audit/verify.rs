//! `pinfold audit verify`: reads every entry and computes its hash again. With checkpoints that were kept elsewhere it finds
//! a log that was written anew, too. The first bad entry is named.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use pinfold_core::audit::Checkpoint;
use pinfold_core::id::TenantId;
use pinfold_core::keys::MasterKey;
use pinfold_postgres::{AuditFault, AuditFilter, ChainHead, Database, PLATFORM};

use super::{OWN, chain};
use crate::operator::Operator;
use crate::print;

/// Arguments of `audit verify`.
#[derive(clap::Args)]
pub struct Args {
    /// The slug of a tenant, or `_platform`; all when it is left out.
    #[arg(long)]
    tenant: Option<String>,
    /// A file of checkpoints, one on each line; other lines are passed over. May be given several times.
    #[arg(long)]
    checkpoint: Vec<PathBuf>,
}

/// The ends that chains once had, the oldest first.
type Ends = BTreeMap<TenantId, Vec<ChainHead>>;

/// Verifies the chains of one tenant or of all, and prints a line for each: how many entries, or the first bad one.
///
/// # Errors
/// When the record or a file cannot be read. A log that is not what was written is an answer: exit code 1.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let (database, master) = (operator.database()?, operator.master()?);
    let mut ends = Ends::new();
    for path in &args.checkpoint {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        read(&text, &master, &mut ends).with_context(|| path.display().to_string())?;
    }
    ends.values_mut().for_each(|ends| ends.sort_by_key(|end| end.sequence));
    let names: BTreeMap<TenantId, String> = database
        .tenants()
        .list()
        .await?
        .into_iter()
        .map(|tenant| (tenant.id, tenant.slug))
        .chain([(PLATFORM, OWN.to_owned())])
        .collect();
    let chains: Vec<TenantId> = match &args.tenant {
        Some(name) => vec![chain(&database, name).await?],
        None => {
            let mut all: Vec<_> = names.keys().copied().chain(ends.keys().copied()).collect();
            all.sort();
            all.dedup();
            all
        }
    };
    let mut is_fine = true;
    for tenant in chains {
        let name = names.get(&tenant).cloned().unwrap_or_else(|| tenant.to_string());
        if !names.contains_key(&tenant) && was_ended(&database, tenant).await? {
            print::line(format_args!("{name}: the tenant was ended, and its log with it"));
            continue;
        }
        match database.tenant(tenant).audit().verify(ends.get(&tenant).map_or(&[], Vec::as_slice)).await {
            Ok(verified) => print::line(format_args!("{name}: {} entries, all as they were written", verified.head.sequence)),
            Err(AuditFault::Unreadable(error)) => return Err(error.into()),
            Err(fault) => {
                is_fine = false;
                print::line(format_args!("{name}: {fault}"));
            }
        }
    }
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A log of a process's output holds other lines, too. A line that looks like a checkpoint has to be one.
fn read(text: &str, master: &MasterKey, ends: &mut Ends) -> anyhow::Result<()> {
    let lines = text.lines().enumerate().filter(|(_, line)| line.starts_with("{\"checkpoint\":"));
    for (nth, line) in lines {
        let checkpoint = Checkpoint::read(line, master).with_context(|| format!("line {}", nth + 1))?;
        for end in checkpoint.chains {
            let malformed = || format!("line {}: a chain's end", nth + 1);
            let tenant: TenantId = end.tenant.parse().with_context(malformed)?;
            let mut hash = [0; 32];
            hex::decode_to_slice(&end.hash, &mut hash).with_context(malformed)?;
            if end.sequence > 0 {
                ends.entry(tenant).or_default().push(ChainHead { tenant, sequence: end.sequence, hash });
            }
        }
    }
    Ok(())
}

/// Whether the platform's log tells that a tenant was ended: then its chain is rightly gone.
async fn was_ended(database: &Database, tenant: TenantId) -> anyhow::Result<bool> {
    let filter = AuditFilter {
        action: Some("deleted".into()),
        object: Some("tenant".into()),
        object_id: Some(tenant.to_string()),
        size: 1,
        ..AuditFilter::default()
    };
    Ok(!database.platform_audit().list(filter).await?.is_empty())
}
