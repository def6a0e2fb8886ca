//! `pinfold audit export`: the log of a tenant, newest first, as lines of JSON or as CSV.

use std::process::ExitCode;

use pinfold_core::csv;
use pinfold_http::clock::rfc3339;
use pinfold_postgres::{AuditEntry, AuditFilter};
use serde_json::json;

use super::chain;
use crate::operator::Operator;
use crate::print;

/// Entries that are read at once.
const PAGE: u32 = 1_000;

/// Arguments of `audit export`.
#[derive(clap::Args)]
pub struct Args {
    /// The slug of the tenant; `_platform` for the platform's own log.
    #[arg(long)]
    tenant: String,
    /// As comma-separated values.
    #[arg(long)]
    csv: bool,
}

/// Prints all entries of one chain, newest first, a line each.
///
/// # Errors
/// When there is no such tenant, or the record cannot be read.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let database = operator.database()?;
    let tenant = chain(&database, &args.tenant).await?;
    if args.csv {
        print::line(record(AuditEntry::COLUMNS));
    }
    let mut before = None;
    loop {
        let filter = AuditFilter { before, size: PAGE, ..AuditFilter::default() };
        let page = database.tenant(tenant).audit().list(filter).await?;
        for entry in &page {
            print::line(if args.csv { record(entry.cells(rfc3339).each_ref().map(String::as_str)) } else { line(entry) });
        }
        before = page.last().map(|entry| entry.sequence);
        if page.len() < PAGE as usize {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn record<const N: usize>(cells: [&str; N]) -> String {
    let mut text = String::new();
    csv::push_record(&mut text, cells);
    text.trim_end().to_owned()
}

fn line(entry: &AuditEntry) -> String {
    let json = json!({
        "sequence": entry.sequence, "at": rfc3339(entry.at_ms), "actor": entry.actor, "address": entry.address,
        "request_id": entry.request_id, "operation": entry.operation, "action": entry.action, "object": entry.object,
        "object_id": entry.object_id, "before": entry.before, "after": entry.after, "detail": entry.detail,
    });
    json.to_string()
}
