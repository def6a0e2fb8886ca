//! `pinfold key list`: a tenant's API keys, without their secrets.

use std::process::ExitCode;

use pinfold_core::access::Scope;
use pinfold_http::clock::{now_ms, rfc3339};
use pinfold_postgres::{IssuedKey, KeyFilter};
use serde_json::json;

use crate::operator::{Operator, tenant};
use crate::print;

/// Keys that are read at once.
const PAGE: u32 = 500;

/// Arguments of `key list`.
#[derive(clap::Args)]
pub struct Args {
    /// The slug of the tenant.
    #[arg(long)]
    tenant: String,
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Prints a tenant's API keys as a table, or as JSON when asked to.
///
/// # Errors
/// When there is no such tenant.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let database = operator.database()?;
    let tenant = tenant(&database, &args.tenant).await?;
    let mut keys: Vec<IssuedKey> = Vec::new();
    for page in 0.. {
        let filter = KeyFilter { page, size: PAGE, ..KeyFilter::default() };
        let found = database.tenant(tenant.id).api_keys().list(filter).await?.items;
        let is_last = found.len() < PAGE as usize;
        keys.extend(found);
        if is_last {
            break;
        }
    }
    if args.json {
        print::json(&keys.iter().map(view).collect());
        return Ok(ExitCode::SUCCESS);
    }
    let row = |issued: &IssuedKey| {
        let scopes: Vec<&str> = issued.key.scopes.iter().map(Scope::name).collect();
        [
            issued.key.id.to_string(),
            issued.key.name.clone(),
            format!("{}…", issued.prefix),
            issued.key.environment.name().to_owned(),
            state(issued).to_owned(),
            scopes.join(","),
            rfc3339(issued.created_ms),
        ]
    };
    let rows: Vec<[String; 7]> = keys.iter().map(row).collect();
    print::table(["ID", "NAME", "KEY", "ENVIRONMENT", "STATE", "SCOPES", "CREATED"], &rows);
    Ok(ExitCode::SUCCESS)
}

fn state(issued: &IssuedKey) -> &'static str {
    match (issued.revoked_ms, issued.key.is_enabled, issued.key.is_valid_at(now_ms())) {
        (Some(_), _, _) => "revoked",
        (None, false, _) => "disabled",
        (None, true, false) => "out of date",
        (None, true, true) => "works",
    }
}

fn view(issued: &IssuedKey) -> serde_json::Value {
    let scopes: Vec<&str> = issued.key.scopes.iter().map(Scope::name).collect();
    json!({
        "id": issued.key.id.to_string(),
        "name": issued.key.name,
        "prefix": issued.prefix,
        "environment": issued.key.environment.name(),
        "state": state(issued),
        "scopes": scopes,
        "created_at": rfc3339(issued.created_ms),
        "revoked_at": issued.revoked_ms.map(rfc3339),
    })
}
