//! `pinfold tenant list`: all tenants, by slug.

use std::process::ExitCode;

use pinfold_http::clock::rfc3339;
use serde_json::json;

use crate::operator::Operator;
use crate::print;

/// Arguments of `tenant list`.
#[derive(clap::Args)]
pub struct Args {
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Prints all tenants as a table, or as JSON when asked to.
///
/// # Errors
/// When the record cannot be read.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    let tenants = operator.database()?.tenants().list().await?;
    if args.json {
        let view = |tenant: &pinfold_postgres::Tenant| {
            json!({
                "id": tenant.id.to_string(),
                "slug": tenant.slug,
                "name": tenant.name,
                "enabled": tenant.is_enabled,
                "created_at": rfc3339(tenant.created_ms),
            })
        };
        print::json(&tenants.iter().map(view).collect());
        return Ok(ExitCode::SUCCESS);
    }
    let row = |tenant: pinfold_postgres::Tenant| {
        let state = if tenant.is_enabled { "enabled" } else { "disabled" };
        [tenant.slug, tenant.name, tenant.id.to_string(), state.to_owned(), rfc3339(tenant.created_ms)]
    };
    let rows: Vec<[String; 5]> = tenants.into_iter().map(row).collect();
    print::table(["SLUG", "NAME", "ID", "STATE", "CREATED"], &rows);
    Ok(ExitCode::SUCCESS)
}
